"""Deploy: `python -m deploy.demo` plays a case through the suite and prints whether it came out as expected."""

import json
import sys
from pathlib import Path
from typing import Annotated

import httpx
import typer

from deploy.demo.cases.case_file import CaseNotReadable, find_case, read_case
from deploy.demo.play.any_case import CaseResult, play_case
from deploy.demo.play.client import NotReachable, Refused
from deploy.demo.play.connections import open_run
from deploy.demo.play.outcome_steps import RowsNotTaken
from deploy.demo.play.suite import SuiteNotStarted, open_suite
from deploy.demo.play.walkthrough import WalkthroughResult, play_walkthrough
from deploy.demo.print.printer import Printer

WALKTHROUGH = "project-apollo"
"""The case that is played when none is named. It is a walkthrough: with a repeat and a correction."""
NOT_AS_EXPECTED, NOT_PLAYED = 1, 2

FAULTS = (CaseNotReadable, NotReachable, Refused, RowsNotTaken, SuiteNotStarted, httpx.HTTPStatusError)


def demo(
    case: Annotated[str, typer.Option(help="One of the cases in tests/conformance/cases.")] = WALKTHROUGH,
    case_file: Annotated[Path | None, typer.Option(help="A case in a file of your own, in its place.")] = None,
    gateway: Annotated[str | None, typer.Option(help="The gateway's address (also ENZYM_GATEWAY_URL).")] = None,
    issuer: Annotated[str | None, typer.Option(help="The token issuer's address (also ENZYM_ISSUER_URL).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only the last lines, one a settlement.")] = False,
) -> None:
    """A contract, from signature to statement, through the gateway, by its parties; a published one if not told
    otherwise.

    Plays on the suite that runs here, or on the one that is named, or starts one of its own. People and dates are
    synthetic. Ends with one line a settlement (and a gate, and a fault of a refusal). Exit status: 0 when everything
    came out as the case expects, 1 when it did not, 2 when it could not be played to the end.
    """
    try:
        result = _play(case_file or find_case(case), gateway, issuer, Printer(silent=quiet or as_json))
    except FAULTS as fault:
        print(fault, file=sys.stderr)
        raise typer.Exit(NOT_PLAYED) from None
    if not (as_json or quiet):
        print()
    print(json.dumps(result.document(), indent=2) if as_json else "\n".join(result.lines()))
    if not result.as_expected:
        print("\n".join(result.differences), file=sys.stderr)
        raise typer.Exit(NOT_AS_EXPECTED)


def _play(file: Path, gateway: str | None, issuer: str | None, printer: Printer) -> WalkthroughResult | CaseResult:
    case = read_case(file)
    with open_suite(gateway, issuer) as addresses, open_run(case, addresses.gateway, addresses.issuer) as run:
        printer.sentence(f"Playing on {addresses.description}: {addresses.gateway}")
        return play_walkthrough(run, printer) if case.id == WALKTHROUGH else play_case(run, printer)


if __name__ == "__main__":
    typer.run(demo)
