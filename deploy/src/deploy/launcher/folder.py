"""Deploy: the folder of a suite, with its lock, keys, logs and tokens, and the suite that runs in it."""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from services.kit.doors.keys import new_private_key
from services.kit.local.postgres import Postgres
from services.kit.process import clock

REPOSITORY = Path(__file__).parents[4]
VARIABLE = "ENZYM_DATA"


class AlreadyRunning(Exception):
    """A suite runs in this folder."""


class OtherBus(Exception):
    """The facts of this folder were sent over another bus, and would be missing on this one."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A running suite, as in `suite.json`. `addresses` and `processes` (ids) are by name of the process; `databases`
    (as the administrator) are by name of the database. `bootstrap` is Kafka's, or empty."""

    bus: str
    folder: str
    launcher: int
    gateway: str
    identity: str
    addresses: dict[str, str]
    processes: dict[str, int]
    databases: dict[str, str]
    bootstrap: str = ""


def folder_for(bus: str) -> Path:
    """ENZYM_DATA, or `.data/<bus>` in the repository."""
    folder = os.environ.get(VARIABLE)
    return Path(folder).absolute() if folder else REPOSITORY / ".data" / bus


def find_suite(bus: str | None = None) -> Suite | None:
    """The suite that runs and is ready: with this bus, or with any (embedded first)."""
    for kind in (bus,) if bus else ("embedded", "kafka"):
        folder = folder_for(kind)
        suite = read_suite(folder)
        if suite is not None and (bus is None or suite.bus == bus) and is_running(folder):
            return suite
    return None


def read_suite(folder: Path) -> Suite | None:
    """What stands in `suite.json`, whether it still runs or not."""
    try:
        return Suite(**json.loads((folder / "suite.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def is_running(folder: Path) -> bool:
    """Whether a launcher lives that holds this folder."""
    try:
        with (folder / "lock").open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


def forget(folder: Path) -> None:
    """Deletes all that a suite has kept. Errors: `AlreadyRunning`."""
    if is_running(folder):
        raise AlreadyRunning(_running_already(folder))
    if folder.exists():
        Postgres(folder / "postgres").remove()
        shutil.rmtree(folder)


@contextmanager
def held(folder: Path, bus: str) -> Iterator["Folder"]:
    """Makes the folder and holds it for this process. Errors: `AlreadyRunning`, `OtherBus`."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)  # PostgreSQL's own user passes through, and sees nothing
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(_running_already(folder)) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        with contextlib.suppress(FileNotFoundError):
            (folder / "suite.json").unlink()
        held_folder = Folder(folder)
        held_folder.keep_to_bus(bus)
        try:
            yield held_folder
        finally:
            (folder / "suite.json").unlink(missing_ok=True)


def _running_already(folder: Path) -> str:
    pid = (folder / "lock").read_text().strip() or "unknown"
    suite = read_suite(folder)
    where = f"the gateway is at {suite.gateway}" if suite else "it is just starting or stopping"
    return f"Enzym is running already in {folder} (process {pid}); {where}."


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that this process holds."""

    path: Path

    def keep_to_bus(self, bus: str) -> None:
        """Writes down which bus carries the facts of this folder. Errors: `OtherBus` if it was another so far."""
        mark = self.path / "bus"
        before = mark.read_text().strip() if mark.exists() else bus
        if before != bus:
            raise OtherBus(f"{self.path} belongs to the bus {before}; name another folder in {VARIABLE}.")
        mark.write_text(bus + "\n")

    def below(self, name: str) -> Path:
        """A folder in it, closed to others."""
        folder = self.path / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def log(self, name: str) -> Path:
        """The log file of a program."""
        return self.below("logs") / f"{name.replace(' ', '-')}.log"

    def fresh_log(self, name: str) -> Path:
        """The same, begun anew; the one before is kept as `<name>.log.1`."""
        log = self.log(name)
        if log.exists():
            log.replace(log.with_name(f"{log.name}.1"))
        return log

    def key(self, name: str) -> Path:
        """A private key (JWK, Ed25519); made when it is first asked for."""
        return self._secret(f"{name}.json", lambda: json.dumps(new_private_key()))

    def order_key(self) -> Path:
        """The installation's secret that orders claims under a cap: 32 random bytes, in hexadecimal digits."""
        return self._secret("order.key", lambda: clock.random_bytes(32).hex())

    def _secret(self, name: str, make: Callable[[], str]) -> Path:
        file = self.below("keys") / name
        if not file.exists():
            write_whole(file, make())
        return file

    def write_suite(self, suite: Suite) -> None:
        """Writes `suite.json`."""
        write_whole(self.path / "suite.json", json.dumps(asdict(suite), indent=2) + "\n")


def write_whole(file: Path, content: Any) -> None:
    """Replaces a file that only its owner can read. A reader gets the old content or the new, never a part."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
