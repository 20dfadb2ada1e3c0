"""Deploy: opens a run of a case: a client with tokens of its own for each persona who takes part."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx

from deploy.demo.cases.case import Case
from deploy.demo.cases.parties import PARTIES, approver_of
from deploy.demo.play.case_run import CaseRun, Organisation
from deploy.demo.play.client import Client
from deploy.demo.play.tokens import Tokens
from services.kit.process import clock

TIMEOUT = httpx.Timeout(60.0, connect=5.0)

Connect = Callable[[str], httpx.Client]
"""Makes a client for one base address. A test gives one that also records the exchanges."""


def connect(address: str) -> httpx.Client:
    """A client with explicit timeouts, without proxies of the environment and without redirects."""
    return httpx.Client(base_url=address, timeout=TIMEOUT, trust_env=False, follow_redirects=False)


def personas_of(case: Case) -> dict[str, str]:
    """The persona who acts for each part of a case, and each payer's approver by `approver_of`."""
    personas = {part: PARTIES[part].persona for part in case.parts}
    approvers = {approver_of(part): approver for part in case.parts if (approver := PARTIES[part].approver)}
    return {**personas, **approvers}


@contextmanager
def open_run(case: Case, gateway: str, issuer: str, connecting: Connect = connect) -> Iterator[CaseRun]:
    """A new run of a case. Each persona has a connection and tokens of its own. The idempotency keys are those of this
    run alone."""
    run_id = f"demo-{clock.random_id()}"
    with ExitStack() as connections:
        identity = connections.enter_context(connect(issuer))
        clients = {
            name: Client(connections.enter_context(connecting(gateway)), Tokens(identity, persona), f"{run_id}-{name}")
            for name, persona in personas_of(case).items()
        }
        organisations = {part: Organisation(PARTIES[part].organisation, PARTIES[part].title) for part in case.parts}
        yield CaseRun(case, organisations, clients)
