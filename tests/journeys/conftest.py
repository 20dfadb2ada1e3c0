"""Tests: the main job, played once for all journeys that only look at what came of it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from tests.recorder import Recorder
from tests.running import RunningSuite

from deploy.demo.case import Case
from deploy.demo.cast import a_stage
from deploy.demo.client import Client
from deploy.demo.show import Show
from deploy.demo.stage import Stage
from deploy.demo.story import Told, play
from deploy.demo.tokens import Tokens


@dataclass(frozen=True)
class Played:
    """The main job when it is done: who took part, what came of it, and all that was sent and answered."""

    stage: Stage
    told: Told
    recorder: Recorder

    @property
    def contract(self) -> str:
        """The contract's address."""
        return f"/v1/contracts/{self.told.contract_id}"

    @property
    def settlement(self) -> str:
        """The first settlement's address."""
        return f"/v1/settlements/{self.told.statement['id']}"


@pytest.fixture(scope="session")
def played(suite: RunningSuite, apollo: Case) -> Iterator[Played]:
    """Project Apollo, from registration to the correcting settlement."""
    recorder = Recorder()
    with a_stage(apollo, suite.gateway, suite.issuer, recorder.connect) as stage:
        yield Played(stage, play(stage, Show(silent=True)), recorder)


@pytest.fixture(scope="session")
def outsider(suite: RunningSuite, played: Played) -> Iterator[Client]:
    """Another municipality: every permission, and no party to anything."""
    with ExitStack() as leaving:
        issuer = leaving.enter_context(Recorder().connect(suite.issuer))
        gateway = leaving.enter_context(played.recorder.connect(suite.gateway))
        yield Client(gateway, Tokens(issuer, "other-municipality"), f"outsider-{played.told.contract_id}")
