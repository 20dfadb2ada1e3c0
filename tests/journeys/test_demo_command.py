"""Tests: `python -m deploy.demo` as people and scripts run it, also from two terminals at once."""

import json
import os
import subprocess
import sys

from tests.conftest import Played
from tests.running import RunningSuite

LONGEST_SECONDS = 240


def started(suite: RunningSuite, *options: str) -> "subprocess.Popen[str]":
    """A demo at work against the suite."""
    environment = {**os.environ, "ENZYM_GATEWAY_URL": suite.gateway, "ENZYM_ISSUER_URL": suite.issuer}
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.demo", *options],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_terminals_at_once_end_with_the_same_lines(suite: RunningSuite, played: Played) -> None:
    with started(suite) as run, started(suite, "--json") as other:
        told, faults = run.communicate(timeout=LONGEST_SECONDS)
        document, more_faults = other.communicate(timeout=LONGEST_SECONDS)
    assert (run.returncode, other.returncode) == (0, 0), faults + more_faults
    assert told.splitlines()[-2:] == list(played.result.lines())
    assert "848,540.00" in told
    assert "synthetic" in told
    result = json.loads(document)
    assert result["asPublished"]
    assert result["unchangedWhenSentAgain"]
    hashes = [statement["contentSha256"] for statement in result["statements"]]
    assert hashes == [played.result.statement["contentSha256"], played.result.correction["contentSha256"]]


def test_help_names_every_option() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.demo", "--help"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0
    for option in ("--case", "--case-file", "--gateway", "--issuer", "--json", "--quiet"):
        assert option in done.stdout
