"""Tests: processes killed with -9 in the middle of the main job: the same statement, and every invariant holds."""

import time
from collections.abc import Callable

import pytest
from tests.conftest import CheckAll, Played
from tests.recorder import Recorder
from tests.running import RunningSuite

from deploy.demo.cases.case import Case
from deploy.demo.play.connections import open_run
from deploy.demo.play.walkthrough import WalkthroughResult, play_walkthrough
from deploy.demo.print.printer import Printer

UPLOADS = {"participants": 60, "claims": 300, "verifications": 500}
"""So many lines of each upload have been sent when the axe falls."""
COMMITTED_AFTER_SECONDS = 0.5
"""What was sent by then has been written: the rest of the upload is cut off."""

WORKERS = {
    "contracts-service worker": ("activate", "claim"),
    "outcomes-service worker": ("claim", "settle"),
    "settlement-service worker": ("verify", "settle"),
}
"""Each worker, and the steps of the walkthrough before which it is killed."""


class Axe:
    """Kills processes of a suite, each once at a time, and sees to it that all are back in the end."""

    def __init__(self, suite: RunningSuite) -> None:
        self._suite = suite
        self.killed: list[tuple[str, int]] = []

    def kill(self, process: str) -> None:
        """Ends it at once."""
        self.killed.append((process, self._suite.kill(process)))

    def before(self, steps: dict[str, str]) -> Callable[[str], None]:
        """For the walkthrough: kills the process that stands at a step."""
        return lambda step: self.kill(steps[step]) if step in steps else None

    def wait_until_all_are_back(self) -> None:
        """Every process that was killed has been started again."""
        for process, pid in self.killed:
            self._suite.wait_for_another(process, pid)


def playing(suite: RunningSuite, case: Case, recorder: Recorder, on_step: Callable[[str], None]) -> WalkthroughResult:
    """The walkthrough on a fresh contract."""
    with open_run(case, suite.gateway, suite.issuer, recorder.connect) as run:
        return play_walkthrough(run, Printer(silent=True), on_step)


def assert_the_same(told: WalkthroughResult, played: Played) -> None:
    """What nobody disturbed and what was killed in the middle come out alike."""
    assert told.as_expected
    assert told.lines() == played.result.lines()


@pytest.mark.parametrize("process", WORKERS)
def test_a_worker_killed_in_the_middle_changes_nothing(
    suite: RunningSuite, apollo: Case, played: Played, check_all: CheckAll, process: str
) -> None:
    axe, recorder = Axe(suite), Recorder()
    told = playing(suite, apollo, recorder, axe.before(dict.fromkeys(WORKERS[process], process)))
    axe.wait_until_all_are_back()
    assert len(axe.killed) == len(WORKERS[process])
    assert_the_same(told, played)
    check_all(recorder)


def test_the_outcomes_app_killed_in_the_middle_of_each_upload_changes_nothing(
    suite: RunningSuite, apollo: Case, played: Played, check_all: CheckAll
) -> None:
    axe, recorder, struck = Axe(suite), Recorder(), set[str]()

    def watch(path: str, count: int) -> None:
        upload = path.rpartition("/")[2]
        if count == UPLOADS.get(upload) and upload not in struck:
            struck.add(upload)
            time.sleep(COMMITTED_AFTER_SECONDS)
            axe.kill("outcomes-service")

    recorder.watch = watch
    told = playing(suite, apollo, recorder, lambda _: None)
    axe.wait_until_all_are_back()
    assert struck == set(UPLOADS)
    uploads = [
        exchange
        for exchange in recorder.exchanges()
        if exchange.path.endswith(tuple(UPLOADS)) and exchange.method == "POST"
    ]
    assert len([upload for upload in uploads if not upload.done]) >= len(UPLOADS)
    assert_the_same(told, played)
    check_all(recorder)


def test_the_settlement_worker_killed_at_each_approval_posts_what_was_approved(
    suite: RunningSuite, apollo: Case, played: Played, check_all: CheckAll
) -> None:
    axe, recorder, struck = Axe(suite), Recorder(), set[str]()

    def watch(path: str, count: int) -> None:
        if path.endswith("/approvals") and path not in struck:
            struck.add(path)
            axe.kill("settlement-service worker")

    recorder.watch = watch
    told = playing(suite, apollo, recorder, lambda _: None)
    axe.wait_until_all_are_back()
    assert len(struck) == len(told.lines())
    assert_the_same(told, played)
    check_all(recorder)


def test_everything_killed_at_some_time_changes_nothing(
    suite: RunningSuite, apollo: Case, played: Played, check_all: CheckAll
) -> None:
    axe, recorder = Axe(suite), Recorder()
    steps = {
        "sign": "contracts-service",
        "enrol": "gateway",
        "claim": "kafka",
        "settle": "settlement-service",
        "again": "outcomes-service",
        "correct": "settlement-service worker",
    }
    told = playing(suite, apollo, recorder, axe.before(steps))
    axe.wait_until_all_are_back()
    assert_the_same(told, played)
    check_all(recorder)
