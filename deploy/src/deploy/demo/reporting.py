"""Deploy: the second act of the demo: people are enrolled, outcomes claimed and verified, and all sent once more."""

from collections.abc import Callable, Mapping
from typing import Any

from deploy.demo.client import Uploaded
from deploy.demo.people import claim_rows, enrolment_rows, rejected_ids
from deploy.demo.stage import Stage

REASON = "evidence_insufficient"
OnRow = Callable[[int], None]


class RowsNotTaken(Exception):
    """A row that must be taken was refused."""


def enrol(stage: Stage, contract: str, on_row: OnRow) -> Uploaded:
    """The provider enrols everyone in the cohort."""
    return _all_taken(stage.provider.upload(f"{contract}/participants", enrolment_rows(stage.case), on_row))


def claim(stage: Stage, contract: str, on_row: OnRow) -> Uploaded:
    """The provider sends every claimed outcome in one upload."""
    return _all_taken(stage.provider.upload(f"{contract}/claims", claim_rows(stage.case), on_row))


def verify(stage: Stage, contract: str, on_row: OnRow) -> Uploaded:
    """The payer decides on every claim: verified, but those that the published payment shows were not paid."""
    rejected = rejected_ids(stage.case)
    rows = [_decision(claim, claim["externalId"] in rejected) for claim in stage.payer.every(f"{contract}/claims")]
    return _all_taken(stage.payer.upload(f"{contract}/verifications", rows, on_row))


def _decision(claim: Mapping[str, Any], rejected: bool) -> dict[str, Any]:
    row = {"claimId": claim["id"], "version": claim["revision"], "decision": "rejected" if rejected else "verified"}
    return {**row, "reason": REASON} if rejected else row


def rejected_claims(stage: Stage, contract: str) -> list[Mapping[str, Any]]:
    """What was rejected, as the payer reads it."""
    return list(stage.payer.every(f"{contract}/claims?state=rejected"))


def _all_taken(uploaded: Uploaded) -> Uploaded:
    if uploaded.not_taken:
        first = uploaded.not_taken[0]
        raise RowsNotTaken(
            f"{len(uploaded.not_taken)} rows were not taken; line {first.get('line')}: "
            f"{first.get('code')}: {first.get('detail')}"
        )
    return uploaded
