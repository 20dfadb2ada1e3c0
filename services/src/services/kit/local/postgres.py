"""Kit: an embedded PostgreSQL 18 from a wheel, as durable as any other: for `make run` and for tests."""

import contextlib
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
from sqlalchemy.engine import URL

from services.kit.local.child import tied_to_us
from services.kit.local.postgres_home import ELSEWHERE, SOCKET, Home, PostgresNotStarted, give_to, settle, socket_folder

ADMINISTRATOR = "postgres"
READY_SECONDS = 60
LEAVING_SECONDS = 30
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
}
"""Terse, because the details of an error repeat the row."""
STILL_THERE = "pre-existing shared memory block"
"""What the server says while the processes of one that was killed have not left yet."""


class Postgres:
    """A server that keeps its files in `folder`, listens on a unix socket only, and ends when we do. Started again
    after whatever end, it has what was committed. `settings` come on top of SETTINGS."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder.absolute()
        self._settings = {**SETTINGS, **settings}
        self._home: Home | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def files(self) -> Path:
        """Where the files really are: `folder`, unless the system user could not reach it (see `settle`)."""
        return self._settled().files

    @property
    def log(self) -> Path:
        """What the server said, when `start` started it."""
        return self.folder.with_name(f"{self.folder.name}.log")

    @property
    def pid(self) -> int | None:
        """The process that `start` started."""
        return self._process.pid if self._process else None

    def url(self, database: str, role: str = ADMINISTRATOR) -> str:
        """How SQLAlchemy reaches a database as a role."""
        host = str(socket_folder(self._settled()))
        return URL.create("postgresql+asyncpg", role, database=database, query={"host": host}).render_as_string()

    def prepare(self) -> list[str]:
        """Makes the files if there are none, clears what a crash left, waits for a server that is just leaving;
        returns the command that serves in the foreground until SIGINT. Errors: `PostgresNotStarted`."""
        home = self._settled()
        if not (home.files / "PG_VERSION").exists():
            self._initialise(home)
        self._wait_until_nobody_serves(home)
        options = {**self._settings, "unix_socket_directories": str(socket_folder(home))}
        command = [str(home.programs / "postgres"), "-D", str(home.files)]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return tied_to_us(command, on_our_death=signal.SIGINT, user=home.user)

    def is_ready(self, pid: int) -> bool:
        """Whether the server with this process id takes connections."""
        lines = _pid_file_of(self._settled())
        return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"

    def start(self) -> None:
        """Starts the server and returns when it takes connections. Called from a thread that lives as long as the
        server shall. Errors: `PostgresNotStarted`."""
        self._reap()
        deadline = time.monotonic() + READY_SECONDS
        while not self._started(deadline):
            time.sleep(0.5)

    def stop(self) -> None:
        """Ends the server in order (fast shutdown); insists after 30 seconds. The files stay."""
        process, self._process = self._process, None
        if process is None:
            return
        for wish, patience in ((signal.SIGINT, LEAVING_SECONDS), (signal.SIGQUIT, 5)):
            process.send_signal(wish)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=patience)
                break
        else:
            process.kill()
            process.wait()
        self.tidy()

    def tidy(self) -> None:
        """Removes the folder of the socket when it stands outside the files."""
        home = self._settled()
        place = socket_folder(home)
        if place != home.files:
            shutil.rmtree(place, ignore_errors=True)

    def remove(self) -> None:
        """Stops the server and deletes its files."""
        self.stop()
        if self.folder.is_symlink():
            elsewhere = self.folder.readlink().parent
            if elsewhere.parent == ELSEWHERE:
                shutil.rmtree(elsewhere, ignore_errors=True)
            self.folder.unlink()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.log.unlink(missing_ok=True)
        self._home = None

    def _settled(self) -> Home:
        if self._home is None:
            self._home = settle(self.folder)
        return self._home

    def _reap(self) -> None:
        """Sees off the server that we started before, which was killed."""
        if self._process is None:
            return
        try:
            self._process.wait(timeout=LEAVING_SECONDS)
        except subprocess.TimeoutExpired:
            raise PostgresNotStarted(f"This PostgreSQL (process {self._process.pid}) runs already.") from None

    def _started(self, deadline: float) -> bool:
        command = self.prepare()
        with self.log.open("ab") as log:
            before = log.tell()
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True
            )
        while not self.is_ready(self._process.pid):
            if time.monotonic() > deadline:
                self.stop()
                raise PostgresNotStarted(f"PostgreSQL was not ready within {READY_SECONDS} s; see {self.log}.")
            if self._process.poll() is not None:
                output = self.log.read_bytes()[before:].decode(errors="replace")
                if STILL_THERE in output and time.monotonic() < deadline:
                    return False
                raise PostgresNotStarted(f"PostgreSQL did not start; its last words:\n{_end_of(output)}")
            time.sleep(0.05)
        return True

    def _initialise(self, home: Home) -> None:
        """Beside its place first: a crash in the middle leaves nothing that looks whole."""
        unfinished = home.files.with_name(f"{home.files.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        give_to(home.user, unfinished)
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        trust = ["--auth-local=trust", "--auth-host=reject", f"--username={ADMINISTRATOR}"]
        command = [str(home.programs / "initdb"), *locale, *trust, "-D", str(unfinished)]
        done = subprocess.run(
            tied_to_us(command, user=home.user), stdin=subprocess.DEVNULL, capture_output=True, cwd="/", check=False
        )
        if done.returncode != 0:
            raise PostgresNotStarted(f"initdb failed:\n{_end_of((done.stdout + done.stderr).decode(errors='replace'))}")
        if home.files.exists():
            home.files.rmdir()
        unfinished.rename(home.files)

    def _wait_until_nobody_serves(self, home: Home) -> None:
        """Removes what says that a server runs when it does no more: its number may be another process' by now, and
        then PostgreSQL would refuse to start."""
        deadline = time.monotonic() + LEAVING_SECONDS
        while lines := _pid_file_of(home):
            if not _serves(lines[0], home.files):
                (socket_folder(home) / f"{SOCKET}.lock").unlink(missing_ok=True)
                (home.files / "postmaster.pid").unlink(missing_ok=True)
                return
            if time.monotonic() > deadline:
                raise PostgresNotStarted(f"A PostgreSQL (process {lines[0]}) serves {home.files} already.")
            time.sleep(0.2)


def _pid_file_of(home: Home) -> list[str]:
    try:
        return (home.files / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _serves(pid: str, files: Path) -> bool:
    try:
        process = psutil.Process(int(pid))
        return process.name() == "postgres" and str(files) in process.cmdline()
    except (psutil.Error, ValueError):
        return False


def _end_of(output: str) -> str:
    return "\n".join(output.splitlines()[-15:])
