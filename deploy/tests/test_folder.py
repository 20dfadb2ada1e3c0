"""Tests: the folder of a suite: one suite at a time, keys that stay and stay secret, one bus for ever."""

import json
import os
import stat
from pathlib import Path

import pytest

from deploy.launcher.folder import (
    REPOSITORY,
    AlreadyRunning,
    OtherBus,
    Suite,
    find_suite,
    folder_for,
    forget,
    held,
    is_running,
    read_suite,
)
from services.kit.doors.keys import Signer


def a_suite(folder: Path, bus: str = "embedded") -> Suite:
    return Suite(
        bus=bus,
        folder=str(folder),
        launcher=os.getpid(),
        gateway="http://127.0.0.1:8080",
        identity="http://127.0.0.1:8084",
        addresses={"gateway": "http://127.0.0.1:8080"},
        processes={"gateway": 1},
        databases={},
    )


def test_it_is_below_the_repository_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENZYM_DATA", raising=False)
    assert folder_for("kafka") == REPOSITORY / ".data" / "kafka"
    assert (REPOSITORY / "Makefile").exists()
    monkeypatch.setenv("ENZYM_DATA", "/elsewhere")
    assert folder_for("kafka") == Path("/elsewhere")


def test_a_second_suite_in_it_is_refused_and_told_where_the_first_is(tmp_path: Path) -> None:
    with held(tmp_path, "embedded") as folder:
        with pytest.raises(AlreadyRunning, match="just starting"), held(tmp_path, "embedded"):
            pass
        folder.write_suite(a_suite(tmp_path))
        told = rf"process {os.getpid()}.*http://127.0.0.1:8080"
        with pytest.raises(AlreadyRunning, match=told), held(tmp_path, "embedded"):
            pass
    with held(tmp_path, "embedded"):
        pass


def test_the_suite_is_found_while_it_runs_and_not_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENZYM_DATA", str(tmp_path))
    assert find_suite() is None
    with held(tmp_path, "embedded") as folder:
        assert find_suite() is None
        folder.write_suite(a_suite(tmp_path))
        assert find_suite() == a_suite(tmp_path)
        assert find_suite("embedded") == a_suite(tmp_path)
        assert find_suite("kafka") is None
    assert find_suite() is None
    (tmp_path / "suite.json").write_text(json.dumps({"bus": "embedded"}))
    assert read_suite(tmp_path) is None


def test_what_a_killed_launcher_left_counts_as_not_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENZYM_DATA", str(tmp_path))
    with held(tmp_path, "embedded") as folder:
        folder.write_suite(a_suite(tmp_path))
        left = (tmp_path / "suite.json").read_text()
    (tmp_path / "suite.json").write_text(left)
    assert not is_running(tmp_path)
    assert find_suite() is None


def test_keys_stay_the_same_and_are_read_by_nobody_else(tmp_path: Path) -> None:
    with held(tmp_path, "embedded") as folder:
        first = folder.key("gateway-1")
        secret = folder.order_key()
        before = (first.read_text(), secret.read_text())
    with held(tmp_path, "embedded") as folder:
        assert (folder.key("gateway-1").read_text(), folder.order_key().read_text()) == before
        assert folder.key("gateway-2").read_text() != before[0]
    assert Signer.from_file(first).public_key()["crv"] == "Ed25519"
    assert len(bytes.fromhex(before[1])) == 32
    for file in (first, secret):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_facts_of_one_bus_are_not_continued_on_another(tmp_path: Path) -> None:
    with held(tmp_path, "embedded"):
        pass
    with pytest.raises(OtherBus, match="ENZYM_DATA"), held(tmp_path, "kafka"):
        pass


def test_the_log_before_is_kept(tmp_path: Path) -> None:
    with held(tmp_path, "embedded") as folder:
        folder.fresh_log("gateway").write_text("first")
        assert not folder.fresh_log("gateway").exists()
        assert (tmp_path / "logs" / "gateway.log.1").read_text() == "first"


def test_what_runs_is_not_forgotten_and_what_stopped_is(tmp_path: Path) -> None:
    place = tmp_path / "suite"
    with held(place, "embedded"), pytest.raises(AlreadyRunning):
        forget(place)
    forget(place)
    assert not place.exists()
    forget(place)
