"""Deploy: the second act of the demo: people are enrolled, outcomes claimed and verified, and all sent once more."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from deploy.demo.cases.claims import claims_of
from deploy.demo.cases.participants import enrolment_rows
from deploy.demo.play.case_run import Stage
from deploy.demo.play.client import Uploaded

REASON = "evidence_insufficient"
OnRow = Callable[[int], None]


class RowsNotTaken(Exception):
    """A row that must be taken was refused."""


def enrol(stage: Stage, contract: str, on_row: OnRow) -> None:
    """The provider enrols everyone in their cohorts."""
    rows = enrolment_rows(stage.case)
    if rows:
        _all_taken(stage.provider.upload(f"{contract}/participants", rows, on_row))


def claim(stage: Stage, contract: str, on_row: OnRow) -> Mapping[str, int]:
    """Each reporter sends what it claims in one upload. Returns how many rows had which result, in all."""
    rows = [one.row for one in claims_of(stage.case)]
    results: dict[str, int] = {}
    for part, own in _by_part(stage, "reportedBy", rows):
        sent = sum(results.values())
        uploaded = stage.clients[part].upload(f"{contract}/claims", own, _after(sent, on_row))
        for name, count in _all_taken(uploaded).summary.items():
            results[name] = results.get(name, 0) + count
    return results


def verify(stage: Stage, contract: str, on_row: OnRow) -> None:
    """Each verifier decides on every claim on its metrics, as the case says; what is undecided stays so."""
    decisions = {one.external_id: one.decision for one in claims_of(stage.case)}
    metrics = [{"metric": metric["code"]} for metric in stage.case.contract["outcomes"]["metrics"]]
    done = 0
    for part, own in _by_part(stage, "verifiedBy", metrics):
        codes = {metric["metric"] for metric in own}
        claims = [one for one in stage.clients[part].every(f"{contract}/claims") if one["metric"] in codes]
        rows = [_decision(one, decisions[one["externalId"]]) for one in claims]
        wanted = [row for row in rows if row["decision"] != "undecided"]
        if wanted:
            _all_taken(stage.clients[part].upload(f"{contract}/verifications", wanted, _after(done, on_row)))
        done += len(wanted)


def rejected_claims(stage: Stage, contract: str) -> list[Mapping[str, Any]]:
    """What was rejected, as the payer reads it."""
    return list(stage.payer.every(f"{contract}/claims?state=rejected"))


def _by_part(
    stage: Stage, does: Literal["reportedBy", "verifiedBy"], rows: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[str, Sequence[Mapping[str, Any]]]]:
    """Rows that name a metric, by the part that reports or verifies it, in their order."""
    parts: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        parts.setdefault(stage.case.part_for(row["metric"], does), []).append(row)
    yield from parts.items()


def _after(before: int, on_row: OnRow) -> OnRow:
    return lambda count: on_row(before + count)


def _decision(claim: Mapping[str, Any], decision: str) -> dict[str, Any]:
    row = {"claimId": claim["id"], "version": claim["revision"], "decision": decision}
    return {**row, "reason": REASON} if decision == "rejected" else row


def _all_taken(uploaded: Uploaded) -> Uploaded:
    if uploaded.not_taken:
        first = uploaded.not_taken[0]
        faults = "".join(f"\n  {one['pointer']}: {one['detail']}" for one in first.get("errors", ()))
        raise RowsNotTaken(
            f"{len(uploaded.not_taken)} rows were not taken; line {first.get('line')}: "
            f"{first.get('code')}: {first.get('detail')}{faults}"
        )
    return uploaded
