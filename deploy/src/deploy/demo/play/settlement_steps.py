"""Deploy: the steps of a settlement: prepare, approve by other persons, read the statement; and correct a claim."""

from collections.abc import Mapping
from typing import Any

from deploy.demo.cases.claims import claim_rows, correction_of, rejected_ids
from deploy.demo.compare.amounts import minor
from deploy.demo.play.case_run import CaseRun, wait_until

CALCULATED = ("calculated", "approved", "posted")
POSTED = ("posted", "partly_paid", "paid")


def settle(run: CaseRun, contract: str, body: Mapping[str, Any], number: int = 1) -> Mapping[str, Any]:
    """One person prepares the settlement. A second person of every payer approves what was calculated. Returns the
    posted statement as the payer pulls it. `body` has the kind and the period; `number` counts those of its kind."""
    step = body["kind"] if number == 1 else f"{body['kind']}-{number}"
    accepted = run.payer.post(f"{contract}/settlements", body, step=f"settle-{step}")
    path = accepted.headers["location"]
    wait_until(run.payer, path, lambda settlement: settlement["state"] in CALCULATED)
    for approver in run.approvers:
        answer = approver.get(path)
        content = {"contentSha256": answer.content["contentSha256"]}
        approver.post(f"{path}/approvals", content, step=f"approve-{step}", etag=answer.etag)
    posted = wait_until(run.payer, path, lambda settlement: settlement["state"] in POSTED)
    statement: Mapping[str, Any] = posted.content
    return statement


def explain_first_item(run: CaseRun, statement: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The explanation of the first item of the first line that pays something. When no line pays, it is that of the
    first line with an item. None when there is no item."""
    path = f"/v1/settlements/{statement['id']}"
    for line in sorted(statement["lines"], key=lambda line: minor(line["amount"]) == 0):
        items = f"{path}/lines/{line['number']}/items"
        for item in run.payer.get(f"{items}?limit=1").content["items"]:
            answer = run.payer.get(f"{items}/{item['subjectId']}/{item['occurrence']}/explanation")
            explanation: Mapping[str, Any] = answer.content
            return explanation
    return None


def position(run: CaseRun, contract: str) -> Mapping[str, Any]:
    """The position of the contract as a whole, as the payer reads it."""
    document: Mapping[str, Any] = run.payer.get(f"{contract}/position").content
    return document


def correct_claim(run: CaseRun, contract: str) -> Mapping[str, Any]:
    """The provider corrects the date of one paid claim. The correction takes the claim's place at once. It counts when
    it is verified; until then the paid amount is due back. Returns the claim as it was."""
    rejected = rejected_ids(run.case)
    row = next(row for row in claim_rows(run.case) if row["externalId"] not in rejected)
    claims = run.provider.every(f"{contract}/claims?metric={row['metric']}")
    claim: Mapping[str, Any] = next(claim for claim in claims if claim["externalId"] == row["externalId"])
    path = f"/v1/claims/{claim['id']}"
    answer = run.provider.get(path)
    run.provider.post(f"{path}/correction", correction_of(row), step="correct", etag=answer.etag)
    return claim
