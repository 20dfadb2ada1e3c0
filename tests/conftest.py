"""Tests: one suite on real Kafka for all journeys and faults, and what every test asks of it."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from tests.invariants.answers import commands_hold, nothing_is_told_to_others, rows_hold
from tests.invariants.checker import check
from tests.invariants.money import approved_is_posted
from tests.invariants.reading import read_snapshot
from tests.invariants.snapshot import SERVICES, Snapshot
from tests.recorder import Recorder
from tests.running import RunningSuite, running_suite

from deploy.demo.cases.case import Case
from deploy.demo.cases.case_file import CASES, read_case
from deploy.demo.play.case_run import CaseRun
from deploy.demo.play.connections import open_run
from deploy.demo.play.walkthrough import WalkthroughResult, play_walkthrough
from deploy.demo.print.printer import Printer

QUIET_SECONDS = 60.0

CheckAll = Callable[[Recorder], Snapshot]


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSuite]:
    """All processes, on Kafka; shared: every test drafts contracts of its own, and leaves everything running."""
    with running_suite(tmp_path_factory.mktemp("suite")) as running:
        yield running


@pytest.fixture(scope="session")
def apollo() -> Case:
    """The published case."""
    return read_case(CASES / "project-apollo.json")


@dataclass(frozen=True)
class Played:
    """The main job when it is done: who took part, what came of it, and all that was sent and answered."""

    run: CaseRun
    result: WalkthroughResult
    recorder: Recorder

    @property
    def contract(self) -> str:
        """The contract's address."""
        return f"/v1/contracts/{self.result.contract_id}"

    @property
    def settlement(self) -> str:
        """The first settlement's address."""
        return f"/v1/settlements/{self.result.statement['id']}"


@pytest.fixture(scope="session")
def played(suite: RunningSuite, apollo: Case) -> Iterator[Played]:
    """Project Apollo, from registration to the correcting settlement."""
    recorder = Recorder()
    with open_run(apollo, suite.gateway, suite.issuer, recorder.connect) as run:
        yield Played(run, play_walkthrough(run, Printer(silent=True)), recorder)


@pytest.fixture(scope="session")
def check_all(suite: RunningSuite) -> CheckAll:
    """Waits until it is quiet, and fails with every invariant that does not hold: of all that is kept, and of what
    the clients of one recorder were answered."""

    def checked(recorder: Recorder) -> Snapshot:
        snapshot = _quiet_snapshot(suite)
        exchanges = recorder.exchanges()
        findings = check(snapshot)
        findings += commands_hold(snapshot, exchanges)
        findings += rows_hold(snapshot, exchanges)
        findings += nothing_is_told_to_others(exchanges, recorder.canaries, suite.logs())
        assert not findings, "\n" + "\n".join(findings[:50])
        return snapshot

    return checked


def _quiet_snapshot(suite: RunningSuite) -> Snapshot:
    """12: nothing waits to be sent or posted, and every service has heard all that was said, within 60 s."""
    deadline = time.monotonic() + QUIET_SECONDS
    told = suite.told()
    while True:
        snapshot = _in_a_thread(read_snapshot(told["databases"], told["bootstrap"]))
        if _is_quiet(snapshot) or time.monotonic() > deadline:
            return snapshot
        time.sleep(0.3)


def _in_a_thread(reading: Coroutine[Any, Any, Snapshot]) -> Snapshot:
    """Runs a coroutine on a loop of its own: pytest's is not ours to close."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, reading).result()


def _is_quiet(snapshot: Snapshot) -> bool:
    if any(snapshot.unpublished(service) for service in SERVICES) or any(approved_is_posted(snapshot)):
        return False
    published = {(fact.source, fact.aggregate, fact.sequence) for fact in snapshot.facts}
    for service, topics in (("outcomes", ("contracts",)), ("settlement", ("contracts", "outcomes"))):
        sources = {f"urn:enzym:{topic}-service" for topic in topics}
        heard = {(row.source, row.aggregate, row.sequence) for row in snapshot.heard(service)}
        if {key for key in published if key[0] in sources} - heard:
            return False
    return True
