"""Deploy: the third act of the demo: a settlement is prepared, calculated, approved by other persons, and posted."""

from collections.abc import Mapping
from typing import Any

from deploy.demo.cases.claims import claim_rows, correction_of, rejected_ids
from deploy.demo.play.case_run import Stage, wait_until
from deploy.demo.print.printer import minor

CALCULATED = ("calculated", "approved", "posted")
POSTED = ("posted", "partly_paid", "paid")


def settle(stage: Stage, contract: str, body: Mapping[str, Any], number: int = 1) -> Mapping[str, Any]:
    """One person prepares, of every payer another one approves what was calculated; returns the posted statement as
    the payer pulls it. `body` says kind and period, `number` which one of its kind it is."""
    step = body["kind"] if number == 1 else f"{body['kind']}-{number}"
    started = stage.payer.post(f"{contract}/settlements", body, step=f"settle-{step}")
    path = started.headers["location"]
    wait_until(stage.payer, path, lambda shown: shown["state"] in CALCULATED)
    for approver in stage.approvers:
        seen = approver.get(path)
        content = {"contentSha256": seen.content["contentSha256"]}
        approver.post(f"{path}/approvals", content, step=f"approve-{step}", etag=seen.etag)
    statement: Mapping[str, Any] = wait_until(stage.payer, path, lambda shown: shown["state"] in POSTED).content
    return statement


def explain_one(stage: Stage, statement: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Why the first item of the first line that pays something is what it is, and who decided it; when nothing is
    paid, of the first line that has one; None when there is none."""
    path = f"/v1/settlements/{statement['id']}"
    for line in sorted(statement["lines"], key=lambda one: minor(one["amount"]) == 0):
        of_line = f"{path}/lines/{line['number']}/items"
        for item in stage.payer.get(f"{of_line}?limit=1").content["items"]:
            own = f"{of_line}/{item['subjectId']}/{item['occurrence']}/explanation"
            explanation: Mapping[str, Any] = stage.payer.get(own).content
            return explanation
    return None


def position(stage: Stage, contract: str) -> Mapping[str, Any]:
    """What the payer is shown of the contract as a whole."""
    shown: Mapping[str, Any] = stage.payer.get(f"{contract}/position").content
    return shown


def correct_one(stage: Stage, contract: str) -> Mapping[str, Any]:
    """The provider corrects the date of one paid claim. The correction takes the claim's place at once, and counts
    when it is verified: until then the paid amount is due back. Returns the claim as corrected."""
    rejected = rejected_ids(stage.case)
    row = next(row for row in claim_rows(stage.case) if row["externalId"] not in rejected)
    claims = stage.provider.every(f"{contract}/claims?metric={row['metric']}")
    claim: Mapping[str, Any] = next(one for one in claims if one["externalId"] == row["externalId"])
    path = f"/v1/claims/{claim['id']}"
    shown = stage.provider.get(path)
    stage.provider.post(f"{path}/correction", correction_of(row), step="correct", etag=shown.etag)
    return claim
