"""Deploy: the made-up persons of the token issuer for development take the parts of a case."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx

from deploy.demo.cases.case import Case
from deploy.demo.cases.parties import PARTS, approver_of
from deploy.demo.play.case_run import Organisation, Stage
from deploy.demo.play.client import Client
from deploy.demo.play.tokens import Tokens
from services.kit.process import clock

TIMEOUT = httpx.Timeout(60.0, connect=5.0)

Connect = Callable[[str], httpx.Client]
"""A client for one base address; a test gives one that also writes down what is said."""


def connect(address: str) -> httpx.Client:
    """Explicit timeouts, no proxies of the environment, no redirects."""
    return httpx.Client(base_url=address, timeout=TIMEOUT, trust_env=False, follow_redirects=False)


def personas_of(case: Case) -> dict[str, str]:
    """Who speaks for each part of a case, and for each payer who approves."""
    speaking = {part: PARTS[part].persona for part in case.parts}
    approving = {approver_of(part): approver for part in case.parts if (approver := PARTS[part].approver)}
    return {**speaking, **approving}


@contextmanager
def a_stage(case: Case, gateway: str, issuer: str, connecting: Connect = connect) -> Iterator[Stage]:
    """Everybody with a connection and tokens of their own, for one run: its idempotency keys are new."""
    run = f"demo-{clock.random_id()}"
    with ExitStack() as leaving:
        identity = leaving.enter_context(connect(issuer))
        clients = {
            name: Client(leaving.enter_context(connecting(gateway)), Tokens(identity, persona), f"{run}-{name}")
            for name, persona in personas_of(case).items()
        }
        organisations = {part: Organisation(PARTS[part].organisation, PARTS[part].title) for part in case.parts}
        yield Stage(case, organisations, clients)
