"""Deploy: the people of a case and what is claimed for them: synthetic, and the same on every machine."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from deploy.demo.case import Case

LAST_ENROLMENT = 640
"""Days after the start: late enough that enrolments are spread, early enough for the longest row of outcomes."""
STEP_DAYS = 90


@dataclass(frozen=True, slots=True)
class Participant:
    """One person who does not exist: number from 1, opaque key (64 hex digits), first day in the cohort."""

    number: int
    key: str
    enrolled_on: date


def _seed(*parts: object) -> bytes:
    return hashlib.sha256(":".join(["enzym synthetic", *map(str, parts)]).encode()).digest()


def _dice(sides: int, *parts: object) -> int:
    return int.from_bytes(_seed(*parts)[:8], "big") % sides


def participants_of(case: Case) -> list[Participant]:
    """Everyone in the case's cohort. In real life the payer makes the keys, outside Enzym, from what never
    reaches it; here they are made from the case's id and the number."""
    return [
        Participant(
            number=number,
            key=_seed(case.id, "key", number).hex(),
            enrolled_on=case.starts_on + timedelta(days=_dice(LAST_ENROLMENT, case.id, "enrolled", number)),
        )
        for number in range(1, case.participants + 1)
    ]


def enrolment_rows(case: Case) -> list[dict[str, Any]]:
    """The rows of POST /v1/contracts/{id}/participants."""
    return [
        {"participantKey": one.key, "cohort": case.cohort, "enrolledOn": one.enrolled_on.isoformat()}
        for one in participants_of(case)
    ]


def claim_rows(case: Case) -> list[dict[str, Any]]:
    """The rows of POST /v1/contracts/{id}/claims, metric by metric: as many people as were published for each.
    Of a row of outcomes that follow each other, who has the later has the earlier."""
    people = participants_of(case)
    steps = {metric: step for row in case.one_after_another for step, metric in enumerate(row)}
    first = {metric: row[0] for row in case.one_after_another for metric in row}
    return [
        _claim(case, metric, steps.get(metric, 0), one)
        for metric, count in case.claimed.items()
        for one in _ranked(case, people, first.get(metric, metric))[:count]
    ]


def _ranked(case: Case, people: list[Participant], by: str) -> list[Participant]:
    return sorted(people, key=lambda one: _seed(case.id, by, one.number))


def rejected_ids(case: Case) -> frozenset[str]:
    """The external ids of the claims that the verifier rejects: of each metric the last ones, who go no farther."""
    rows = claim_rows(case)
    chosen: set[str] = set()
    for metric, count in case.rejected.items():
        of_metric = [row["externalId"] for row in rows if row["metric"] == metric]
        chosen.update(of_metric[len(of_metric) - count :])
    return frozenset(chosen)


def _claim(case: Case, metric: str, step: int, one: Participant) -> dict[str, Any]:
    external_id = f"{case.id}-{one.number:03d}-{metric}"
    days = 30 + step * STEP_DAYS + _dice(STEP_DAYS, case.id, "days", metric, one.number)
    return {
        "externalId": external_id,
        "metric": metric,
        "participantKey": one.key,
        "achievedOn": (one.enrolled_on + timedelta(days=days)).isoformat(),
        "evidence": [_evidence(case, external_id)],
    }


def _evidence(case: Case, external_id: str) -> Mapping[str, str]:
    """A reference into the provider's own files, and a keyed hash of a document that never leaves them."""
    return {"reference": f"case-file-{external_id}", "hmacSha256": _seed(case.id, "evidence", external_id).hex()}


def correction_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The same outcome told again with another date, under an external id of its own."""
    earlier = date.fromisoformat(row["achievedOn"]) - timedelta(days=1)
    return {**row, "externalId": f"{row['externalId']}-corrected", "achievedOn": earlier.isoformat()}
