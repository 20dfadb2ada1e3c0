"""Deploy: the first act of the demo: all parties register, agree on the terms, sign, and the contract is active."""

from deploy.demo.play.case_run import Stage
from deploy.demo.play.client import Client, Refused


def register(stage: Stage) -> None:
    """Each organisation registers itself; one that is registered already stays as it is."""
    for part, organisation in stage.organisations.items():
        try:
            body = {"id": organisation.id, "name": organisation.name}
            stage.clients[part].post("/v1/organisations", body, step="register")
        except Refused as refusal:
            if refusal.status != 409:
                raise


def draft(stage: Stage) -> str:
    """The first payer drafts the contract; returns its id."""
    contract = stage.payer.post("/v1/contracts", stage.case.contract_between(stage.ids), step="draft").content
    return str(contract["id"])


def propose(stage: Stage, contract: str) -> None:
    """The first payer offers the terms to every party."""
    stage.payer.post(f"{contract}/proposal", {}, step="propose", etag=stage.payer.get(contract).etag)


def sign(stage: Stage, contract: str) -> str:
    """Every party reads the terms it may read, and signs their root; returns the root."""
    root = ""
    for part in stage.case.parties:
        client = stage.clients[part]
        shown = client.get(contract)
        root = _root(client, contract, shown.content["version"])
        body = {"version": shown.content["version"], "root": root}
        client.post(f"{contract}/signatures", body, step="sign", etag=shown.etag)
    return root


def _root(client: Client, contract: str, version: int) -> str:
    return str(client.get(f"{contract}/terms/{version}").content["root"])


def activate(stage: Stage, contract: str) -> None:
    """The first payer puts the signed contract into force."""
    stage.payer.post(f"{contract}/activation", {}, step="activate", etag=stage.payer.get(contract).etag)
