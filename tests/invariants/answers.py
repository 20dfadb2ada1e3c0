"""Tests: whether what clients were answered is what is kept, and nobody was told what is another's (10 and 11)."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .snapshot import SERVICES, Snapshot

CLAIMS = re.compile(r"/v1/contracts/([0-9a-f-]{36})/claims")
TAKEN = ("created", "replayed")
STANDS_OTHERWISE = ("external-id-taken",)
"""Refusals of a row whose external id is there, with other content."""
NOT_NOW = (429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Exchange:
    """One request of one client and what came back: `status` is None, and `answer` what had come, when it was cut.
    `correlation_id` is the client's own, so that what a lost answer did can be found."""

    organisation: str
    method: str
    path: str
    key: str
    correlation_id: str
    body: bytes
    status: int | None
    answer: bytes
    whole: bool
    may_be_sent_again: bool = False

    @property
    def done(self) -> bool:
        """Whether the client was told that it happened."""
        return self.whole and self.status is not None and 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether the client was told that it did not happen, and never will as it was sent."""
        definite = self.status is not None and 400 <= self.status < 500
        return definite and not self.may_be_sent_again and self.status not in NOT_NOW


def commands_hold(snapshot: Snapshot, exchanges: Iterable[Exchange]) -> Iterator[str]:
    """10: a command that was answered 2xx happened exactly once, one that was refused not at all, one whose answer
    was lost at most once; and every answer under one key is the same."""
    done_by: dict[str, int] = {}
    kept: set[tuple[str, str]] = set()
    for service in SERVICES:
        for row in snapshot.rows(service, "audit"):
            if row["outcome"] == "done":
                done_by[str(row["correlation_id"])] = done_by.get(str(row["correlation_id"]), 0) + 1
        kept |= {(row["organisation_id"], row["key"]) for row in snapshot.rows(service, "idempotency") if row["status"]}
    groups: dict[tuple[str, str], list[Exchange]] = {}
    for exchange in exchanges:
        if exchange.key and exchange.method != "GET":
            groups.setdefault((exchange.organisation, exchange.key), []).append(exchange)
    for (organisation, key), group in groups.items():
        times = sum(done_by.get(exchange.correlation_id, 0) for exchange in group)
        yield from _happened(f"{group[0].method} {group[0].path} ({key})", group, times, (organisation, key) in kept)


def _happened(what: str, group: Sequence[Exchange], times: int, is_kept: bool) -> Iterator[str]:
    answers = {(exchange.status, exchange.answer) for exchange in group if exchange.done}
    if len(answers) > 1:
        yield f"10: {what}: {len(answers)} different answers under one key"
    if answers and (times != 1 or not is_kept):
        yield f"10: {what}: was answered {group[-1].status} and happened {times} times"
    if all(exchange.refused for exchange in group) and (times or is_kept):
        yield f"10: {what}: was refused and happened all the same"
    if times > 1:
        yield f"10: {what}: happened {times} times"


def rows_hold(snapshot: Snapshot, exchanges: Iterable[Exchange]) -> Iterator[str]:
    """10, for claims sent as NDJSON: a row that was taken is there exactly once, one that was only refused is not."""
    told: dict[tuple[str, str, str], set[str]] = {}
    for exchange in exchanges:
        match = CLAIMS.fullmatch(exchange.path)
        if match and exchange.method == "POST" and not exchange.key:
            for external_id, result in _results(exchange):
                told.setdefault((match[1], exchange.organisation, external_id), set()).add(result)
    there: dict[tuple[str, str, str], int] = {}
    for row in snapshot.rows("outcomes", "claim"):
        place = (row["contract_id"], row["reported_by"], row["external_id"])
        there[place] = there.get(place, 0) + 1
    for place, results in told.items():
        count = there.get(place, 0)
        if results & {"taken"} and count != 1:
            yield f"10: claim {place} was taken and is there {count} times"
        if results == {"refused"} and count:
            yield f"10: claim {place} was refused and is there all the same"


def _results(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """(external id, `taken`, `refused` or `unknown`) of every row that was sent and can be read."""
    answered: dict[int, str] = {}
    for line in exchange.answer.splitlines() if exchange.status == 200 else ():
        document = _read(line)
        if document is not None and "line" in document:
            is_kept_already = document.get("code") in STANDS_OTHERWISE
            refused = "unknown" if is_kept_already or document["result"] != "refused" else "refused"
            answered[document["line"]] = "taken" if document["result"] in TAKEN else refused
    for number, line in enumerate(exchange.body.split(b"\n"), start=1):
        row = _read(line)
        if row is not None and isinstance(row.get("externalId"), str):
            yield row["externalId"], answered.get(number, "refused" if exchange.refused else "unknown")


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(line)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def nothing_is_told_to_others(
    exchanges: Iterable[Exchange], canaries: Mapping[str, Sequence[str]], logs: Mapping[str, bytes]
) -> Iterator[str]:
    """11: no canary (by the text, the organisations that may be told it) stands in an answer to anyone else, or in
    any log."""
    for canary, readers in canaries.items():
        raw = canary.encode()
        for exchange in exchanges:
            if exchange.organisation not in readers and raw in exchange.answer:
                what = f"{exchange.method} {exchange.path} ({exchange.correlation_id})"
                yield f"11: {what} told {exchange.organisation} what is another's"
        for name, text in logs.items():
            if raw in text:
                yield f"11: the log {name} holds a canary"
