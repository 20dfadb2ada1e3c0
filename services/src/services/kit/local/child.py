"""Kit: runs a command that ends when whoever started it does, however that ended.

Run as a script, with the standard library alone: it must start fast, and before it gives up root's rights.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass

SET_PARENTS_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of Linux' prctl. Elsewhere children live on when we are killed with -9; all else is the same."""


@dataclass(frozen=True, slots=True)
class SystemUser:
    """A user of the operating system, by number."""

    uid: int
    gid: int


def tied_to_us(
    command: Sequence[str], *, on_our_death: signal.Signals = signal.SIGKILL, user: SystemUser | None = None
) -> list[str]:
    """The command line that runs `command` so that it gets `on_our_death` when the thread that starts it ends, and
    as `user` if one is given (only root may)."""
    who = f"{user.uid}:{user.gid}" if user else "-"
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(int(on_our_death)), who, *command]


def _become(who: str) -> None:
    uid, _, gid = who.partition(":")
    os.setgroups([])
    os.setgid(int(gid))
    os.setuid(int(uid))


def _run(parent: str, signal_number: str, who: str, *command: str) -> None:
    if who != "-":
        _become(who)
    if sys.platform == "linux":
        # After the change of user, which would undo it.
        ctypes.CDLL(None).prctl(SET_PARENTS_DEATH_SIGNAL, int(signal_number))
    if os.getppid() != int(parent):
        sys.exit("whoever started this is gone already")
    os.execv(command[0], command)


if __name__ == "__main__":
    _run(*sys.argv[1:])
