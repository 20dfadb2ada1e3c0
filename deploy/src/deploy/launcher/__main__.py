"""Deploy: `python -m deploy.launcher` runs a whole suite on this machine until Ctrl-C or SIGTERM."""

import argparse
import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence

from deploy.kafka import free_ports
from deploy.launcher.folder import AlreadyRunning, OtherBus, Suite, folder_for, forget, held
from deploy.launcher.launch import Launch
from deploy.launcher.programs import HOST, Ports
from deploy.launcher.ready_text import addresses_of, curl_lines
from deploy.launcher.supervisor import NotStarted

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class PortTaken(Exception):
    """A port of the suite is in use."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0 after it was stopped, 1 when it could not be
    started, 130 when it was stopped before it began."""
    options = _options().parse_args(arguments)
    try:
        if options.forget:
            forget(folder_for(options.bus))
        else:
            asyncio.run(_run(options))
    except (AlreadyRunning, OtherBus, NotStarted, PortTaken) as fault:
        print(fault, file=sys.stderr)
        return 1
    except PermissionError as fault:
        print(f"{fault}. Did another user run Enzym here? Run it as that user, or as root.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m deploy.launcher", description=__doc__)
    parser.add_argument("--bus", choices=("embedded", "kafka"), default="embedded")
    parser.add_argument("--port-base", type=int, default=8080, help="the gateway's port; the others follow (8080)")
    parser.add_argument("--ports", choices=("fixed", "free"), default="fixed", help="free: whichever are free")
    parser.add_argument("--forget", action="store_true", help="delete what an earlier run has kept, and start nothing")
    return parser


async def _run(options: argparse.Namespace) -> None:
    began = time.monotonic()
    stop = asyncio.Event()
    with held(folder_for(options.bus), options.bus) as folder:
        launch = Launch(folder, options.bus, _ports(options), _print_line)

        def on_signal() -> None:
            if stop.is_set():
                launch.hurry()
            stop.set()

        for stopping in STOPPING:
            asyncio.get_running_loop().add_signal_handler(stopping, on_signal)
        _print_line(f"Starting Enzym ({options.bus} bus); its folder is {folder.path}")
        await launch.run(stop, lambda suite: _print_line(_ready(suite, time.monotonic() - began)))
    _print_line("Stopped; what was kept is in the folder, and the next start finds it.")


def _ready(suite: Suite, seconds: float) -> str:
    return "\n".join(
        [
            f"Ready after {seconds:.1f} s.",
            "",
            addresses_of(suite),
            "",
            curl_lines(suite),
            "",
            "In another terminal: make demo. Here: Ctrl-C stops everything.",
        ]
    )


def _ports(options: argparse.Namespace) -> Ports:
    if options.ports == "free":
        return Ports.chosen(free_ports(len(Ports.above(0).of)))
    ports = Ports.above(options.port_base)
    for name, port in ports.of.items():
        if options.bus == "kafka" or not name.startswith("kafka"):
            _check_free(name, port)
    return ports


def _check_free(name: str, port: int) -> None:
    try:
        # As servers do it: a port whose last connections are still ending is free.
        socket.create_server((HOST, port), reuse_port=False).close()
    except OSError as fault:
        raise PortTaken(
            f"Port {port}, for {name}, is not free ({fault.strerror}). Others can be had: --port-base 18080, "
            'or make run ARGS="--port-base 18080".'
        ) from fault


def _print_line(line: str) -> None:
    try:
        print(line, flush=True)
    except OSError:
        # The terminal, or the program that read this, is gone; we still leave in order.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
