"""Deploy: who plays which role in the demo, by the made-up persons of the token issuer for development."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

import httpx

from deploy.demo.case import Case
from deploy.demo.client import Client
from deploy.demo.stage import APPROVER, ROLES, Organisation, Stage
from deploy.demo.tokens import Tokens
from deploy.identity.personas import PERSONAS
from services.kit import clock

PERSONA: Mapping[str, str] = {
    "payer": "municipality-preparer",
    APPROVER: "municipality-approver",
    "investor": "investor",
    "provider": "provider",
    "evaluator": "evaluator",
}
NAMES: Mapping[str, str] = {
    "payer": "Example Municipality",
    "investor": "Example Social Investment Fund",
    "provider": "Example Youth Services",
    "evaluator": "Example Evaluation Institute",
}
TIMEOUT = httpx.Timeout(60.0, connect=5.0)

Connect = Callable[[str], httpx.Client]
"""A client for one base address; a test gives one that also writes down what is said."""


def connect(address: str) -> httpx.Client:
    """Explicit timeouts, no proxies of the environment, no redirects."""
    return httpx.Client(base_url=address, timeout=TIMEOUT, trust_env=False, follow_redirects=False)


@contextmanager
def a_stage(case: Case, gateway: str, issuer: str, connecting: Connect = connect) -> Iterator[Stage]:
    """Everybody with a connection and tokens of their own, for one run: its idempotency keys are new."""
    run = f"demo-{clock.random_id()}"
    with ExitStack() as leaving:
        identity = leaving.enter_context(connect(issuer))
        clients = {
            role: Client(leaving.enter_context(connecting(gateway)), Tokens(identity, persona), f"{run}-{role}")
            for role, persona in PERSONA.items()
        }
        organisations = {role: Organisation(PERSONAS[PERSONA[role]].organisation, NAMES[role]) for role in ROLES}
        yield Stage(case, organisations, clients)
