"""Tests: every case through the live suite, as `make demo CASE=...` plays it."""

from pathlib import Path

import pytest
from tests.conformance.conftest import FILES, Tell
from tests.conftest import Played
from tests.recorder import Recorder
from tests.running import RunningSuite

from deploy.demo.cases.case_file import read_case
from deploy.demo.play.any_case import play_case
from deploy.demo.play.connections import open_run
from deploy.demo.print.one_line import expected_in_one_line, got_in_one_line
from deploy.demo.print.printer import Printer

TOLD_AS_A_WHOLE = "project-apollo"


@pytest.mark.parametrize("file", [file for file in FILES if file.stem != TOLD_AS_A_WHOLE], ids=lambda file: file.stem)
def test_what_is_expected_comes_out_of_the_live_suite(suite: RunningSuite, tell: Tell, file: Path) -> None:
    case = read_case(file)
    with open_run(case, suite.gateway, suite.issuer, Recorder().connect) as run:
        played = play_case(run, Printer(silent=True))
    got = got_in_one_line(case.expected, played.statements, played.refusal)
    tell(f"{case.id}, live", expected_in_one_line(case.expected), got)
    assert played.differences == ()
    assert len(played.lines()) >= 1


def test_the_case_that_is_told_as_a_whole_comes_out_too(played: Played, tell: Tell) -> None:
    expected = played.run.case.expected
    got = got_in_one_line(expected, [played.result.statement])
    tell(f"{TOLD_AS_A_WHOLE}, live", expected_in_one_line(expected), got)
    assert played.result.as_expected
