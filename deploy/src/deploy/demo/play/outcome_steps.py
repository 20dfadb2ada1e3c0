"""Deploy: the steps to verified outcomes: enrol the participants, claim outcomes, verify the claims."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from deploy.demo.cases.claims import claim_rows, claims_of
from deploy.demo.cases.participants import enrolment_rows
from deploy.demo.play.case_run import CaseRun
from deploy.demo.play.client import Uploaded

REASON = "evidence_insufficient"
OnRow = Callable[[int], None]


class RowsNotTaken(Exception):
    """A row that must be taken was refused."""


def enrol(run: CaseRun, contract: str, on_row: OnRow) -> None:
    """The provider enrols every participant in its cohort."""
    rows = enrolment_rows(run.case)
    if rows:
        _all_taken(run.provider.upload(f"{contract}/participants", rows, on_row))


def claim(run: CaseRun, contract: str, on_row: OnRow) -> Mapping[str, int]:
    """Each reporter sends its claims in one upload. Returns the number of rows of all uploads, by result."""
    counts: Counter[str] = Counter()
    for part, rows in _by_part(run, "reportedBy", claim_rows(run.case)):
        uploaded = run.clients[part].upload(f"{contract}/claims", rows, _after(counts.total(), on_row))
        counts.update(_all_taken(uploaded).summary)
    return counts


def verify(run: CaseRun, contract: str, on_row: OnRow) -> None:
    """Each verifier decides the claims on its metrics as the case says. An undecided claim gets no decision."""
    decisions = {claim.external_id: claim.decision for claim in claims_of(run.case)}
    metrics = [{"metric": metric["code"]} for metric in run.case.contract["outcomes"]["metrics"]]
    done = 0
    for part, verified in _by_part(run, "verifiedBy", metrics):
        codes = {metric["metric"] for metric in verified}
        claims = (claim for claim in run.clients[part].every(f"{contract}/claims") if claim["metric"] in codes)
        rows = _decision_rows(claims, decisions)
        if rows:
            _all_taken(run.clients[part].upload(f"{contract}/verifications", rows, _after(done, on_row)))
        done += len(rows)


def rejected_claims(run: CaseRun, contract: str) -> list[Mapping[str, Any]]:
    """The rejected claims, as the payer reads them."""
    return list(run.payer.every(f"{contract}/claims?state=rejected"))


def _by_part(
    run: CaseRun, does: Literal["reportedBy", "verifiedBy"], rows: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[str, Sequence[Mapping[str, Any]]]]:
    """Rows that name a metric, by the part that reports or verifies it, in their order."""
    parts: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        parts.setdefault(run.case.part_for(row["metric"], does), []).append(row)
    yield from parts.items()


def _after(before: int, on_row: OnRow) -> OnRow:
    return lambda count: on_row(before + count)


def _decision_rows(claims: Iterable[Mapping[str, Any]], decisions: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """A row for each claim that is decided. `decisions` are by external id."""
    rows: list[Mapping[str, Any]] = []
    for claim in claims:
        decision = decisions[claim["externalId"]]
        row = {"claimId": claim["id"], "version": claim["revision"], "decision": decision}
        if decision == "rejected":
            row["reason"] = REASON
        if decision != "undecided":
            rows.append(row)
    return rows


def _all_taken(uploaded: Uploaded) -> Uploaded:
    if uploaded.not_taken:
        first = uploaded.not_taken[0]
        faults = "".join(f"\n  {error['pointer']}: {error['detail']}" for error in first.get("errors", ()))
        raise RowsNotTaken(
            f"{len(uploaded.not_taken)} rows were not taken; line {first.get('line')}: "
            f"{first.get('code')}: {first.get('detail')}{faults}"
        )
    return uploaded
