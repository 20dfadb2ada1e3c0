"""Deploy: the steps to a contract in force: register the parties, draft, propose, sign, activate."""

from deploy.demo.play.case_run import CaseRun
from deploy.demo.play.client import Client, Refused


def register(run: CaseRun) -> None:
    """Each organisation registers itself. One that is registered already stays as it is."""
    for part, organisation in run.organisations.items():
        try:
            body = {"id": organisation.id, "name": organisation.name}
            run.clients[part].post("/v1/organisations", body, step="register")
        except Refused as refusal:
            if refusal.status != 409:
                raise


def draft(run: CaseRun) -> str:
    """The first payer drafts the contract; returns its id."""
    contract = run.payer.post("/v1/contracts", run.case.contract_between(run.ids), step="draft").content
    return str(contract["id"])


def propose(run: CaseRun, contract: str) -> None:
    """The first payer offers the terms to every party."""
    run.payer.post(f"{contract}/proposal", {}, step="propose", etag=run.payer.get(contract).etag)


def sign(run: CaseRun, contract: str) -> str:
    """Every party reads the terms it may read, and signs their root; returns the root."""
    root = ""
    for part in run.case.parties:
        client = run.clients[part]
        answer = client.get(contract)
        root = _root(client, contract, answer.content["version"])
        body = {"version": answer.content["version"], "root": root}
        client.post(f"{contract}/signatures", body, step="sign", etag=answer.etag)
    return root


def _root(client: Client, contract: str, version: int) -> str:
    return str(client.get(f"{contract}/terms/{version}").content["root"])


def activate(run: CaseRun, contract: str) -> None:
    """The first payer puts the signed contract into force."""
    run.payer.post(f"{contract}/activation", {}, step="activate", etag=run.payer.get(contract).etag)
