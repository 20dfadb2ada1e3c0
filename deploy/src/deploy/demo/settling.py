"""Deploy: the third act of the demo: a settlement is prepared, calculated, approved by another person, and posted."""

from collections.abc import Mapping
from typing import Any

from deploy.demo.people import claim_rows, correction_of, rejected_ids
from deploy.demo.stage import Stage, wait_until

CALCULATED = ("calculated", "approved", "posted")
POSTED = ("posted", "partly_paid", "paid")


def settle(stage: Stage, contract: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """One person prepares, another approves what was calculated; returns the posted statement as the payer pulls
    it. `body` says kind and period."""
    kind = body["kind"]
    started = stage.payer.post(f"{contract}/settlements", body, step=f"settle-{kind}")
    path = started.headers["location"]
    calculated = wait_until(stage.payer, path, lambda shown: shown["state"] in CALCULATED)
    content = {"contentSha256": calculated.content["contentSha256"]}
    stage.approver.post(f"{path}/approvals", content, step=f"approve-{kind}", etag=calculated.etag)
    statement: Mapping[str, Any] = wait_until(stage.payer, path, lambda shown: shown["state"] in POSTED).content
    return statement


def explain_one(stage: Stage, statement: Mapping[str, Any]) -> Mapping[str, Any]:
    """Why the first item of the first paid line is what it is, and who decided it."""
    path = f"/v1/settlements/{statement['id']}"
    line = next(line for line in statement["lines"] if line["units"])
    item = stage.payer.get(f"{path}/lines/{line['number']}/items?limit=1").content["items"][0]
    explanation: Mapping[str, Any] = stage.payer.get(f"{path}/items/{item['number']}/explanation").content
    return explanation


def position(stage: Stage, contract: str) -> Mapping[str, Any]:
    """What the payer is shown of the contract as a whole."""
    shown: Mapping[str, Any] = stage.payer.get(f"{contract}/position").content
    return shown


def correct_one(stage: Stage, contract: str) -> Mapping[str, Any]:
    """The provider corrects the date of one paid claim. The correction takes the claim's place at once, and counts
    when it is verified: until then the paid amount is due back. Returns the claim as corrected."""
    row = next(row for row in claim_rows(stage.case) if row["externalId"] not in rejected_ids(stage.case))
    claims = stage.provider.every(f"{contract}/claims?metric={row['metric']}")
    claim: Mapping[str, Any] = next(one for one in claims if one["externalId"] == row["externalId"])
    path = f"/v1/claims/{claim['id']}"
    shown = stage.provider.get(path)
    stage.provider.post(f"{path}/correction", correction_of(row), step="correct", etag=shown.etag)
    return claim
