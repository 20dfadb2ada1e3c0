"""Tests: the embedded PostgreSQL: durable, private, found again after any end, gone when its owner is."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from services.kit.local.postgres import Postgres
from services.kit.local.postgres_home import ELSEWHERE, PostgresNotStarted

OWNER = """
import sys, time
from pathlib import Path
from services.kit.local.postgres import Postgres
server = Postgres(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
time.sleep(600)
"""


@contextmanager
def a_server(folder: Path) -> Iterator[Postgres]:
    server = Postgres(folder)
    try:
        yield server
    finally:
        server.remove()


async def ask(server: Postgres, statement: str) -> Any:
    connection = await asyncpg.connect(server.url("postgres").replace("+asyncpg", ""))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def until_reaped(pid: int) -> None:
    while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)


def until_gone(pid: int) -> None:
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=30)
    assert not psutil.pid_exists(pid)


async def test_what_was_committed_is_there_after_a_kill(tmp_path: Path) -> None:
    with a_server(tmp_path / "pg") as server:
        server.start()
        await ask(server, "create table kept as select 7 as n")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        server.start()
        assert await ask(server, "select n from kept") == 7
        server.stop()
        server.start()
        assert await ask(server, "select n from kept") == 7


async def test_it_is_a_durable_server_of_version_18_that_no_network_reaches(tmp_path: Path) -> None:
    with a_server(tmp_path / "pg") as server:
        server.start()
        assert await ask(server, "select current_setting('server_version_num')::int / 10000") == 18
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert await ask(server, f"show {setting}") == "on"
        assert await ask(server, "show listen_addresses") == ""


def test_its_socket_is_closed_to_other_users_of_the_machine(postgres: Postgres) -> None:
    assert postgres.files.stat().st_mode & 0o077 == 0
    assert (postgres.files / ".s.PGSQL.5432").stat().st_mode & 0o077 == 0


async def test_a_pid_file_whose_number_is_another_process_now_is_cleared(tmp_path: Path) -> None:
    with a_server(tmp_path / "pg") as server:
        server.start()
        assert server.pid is not None
        pid_file = server.files / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        os.kill(server.pid, signal.SIGKILL)
        until_reaped(server.pid)
        pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
        server.start()
        assert await ask(server, "select 1") == 1


def test_a_second_server_on_the_same_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.kit.local.postgres.LEAVING_SECONDS", 0.5)
    with a_server(tmp_path / "pg") as server:
        server.start()
        with pytest.raises(PostgresNotStarted, match="already"):
            Postgres(tmp_path / "pg").start()


def test_it_ends_when_its_owner_is_killed_and_is_found_again(tmp_path: Path) -> None:
    with a_server(tmp_path / "pg") as server:
        owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path / "pg")], stdout=subprocess.PIPE, text=True)
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        owner.kill()
        owner.wait()
        owner.stdout.close()
        server.start()
        assert server.pid != pid
        until_gone(pid)


def test_a_path_too_long_for_a_socket_gets_a_short_one_which_leaves_with_it(tmp_path: Path) -> None:
    with a_server(tmp_path / ("long" * 30) / "pg") as server:
        server.start()
        place = Path(server.url("postgres").partition("host=")[2].replace("%2F", "/"))
        if place != server.files:
            server.stop()
            assert not place.exists()


def test_a_start_that_broke_off_in_the_middle_is_begun_anew(tmp_path: Path) -> None:
    with a_server(tmp_path / "pg") as server:
        unfinished = server.files.with_name(f"{server.files.name}.unfinished")
        unfinished.mkdir()
        (unfinished / "PG_VERSION").write_text("18\n")
        server.start()
        assert not unfinished.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user run the server")
def test_root_keeps_elsewhere_what_the_system_user_cannot_reach(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with a_server(closed / "pg") as server:
        server.start()
        assert (closed / "pg").is_symlink()
        assert ELSEWHERE in server.files.parents
        assert psutil.Process(server.pid).uids().effective != 0
        files = server.files
    assert not files.exists()


def test_settings_it_does_not_know_are_told(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "pg", no_such_setting="1")
    with pytest.raises(PostgresNotStarted, match="no_such_setting"):
        server.start()
    server.remove()
