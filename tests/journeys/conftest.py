"""Tests: somebody from outside, for all journeys."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.conftest import Played
from tests.recorder import Recorder
from tests.running import RunningSuite

from deploy.demo.play.client import Client
from deploy.demo.play.tokens import Tokens


@pytest.fixture(scope="session")
def outsider(suite: RunningSuite, played: Played) -> Iterator[Client]:
    """Another municipality: every permission, and no party to anything."""
    with ExitStack() as leaving:
        issuer = leaving.enter_context(Recorder().connect(suite.issuer))
        gateway = leaving.enter_context(played.recorder.connect(suite.gateway))
        yield Client(gateway, Tokens(issuer, "other-municipality"), f"outsider-{played.result.contract_id}")
