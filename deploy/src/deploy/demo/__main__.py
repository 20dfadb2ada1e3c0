"""Deploy: `python -m deploy.demo`: plays a published contract through the suite and says whether it came out right."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from deploy.demo.case import CASES, CaseNotReadable, read_case
from deploy.demo.cast import a_stage
from deploy.demo.client import NotReachable, Refused
from deploy.demo.reporting import RowsNotTaken
from deploy.demo.running import SuiteNotStarted, a_suite
from deploy.demo.show import Show
from deploy.demo.story import Told, play

CASE = CASES / "project-apollo.json"
NOT_AS_PUBLISHED, NOT_PLAYED = 1, 2

FAULTS = (CaseNotReadable, NotReachable, Refused, RowsNotTaken, SuiteNotStarted, httpx.HTTPStatusError)


def demo(
    gateway: Annotated[str | None, typer.Option(help="The gateway's address (also ENZYM_GATEWAY_URL).")] = None,
    issuer: Annotated[str | None, typer.Option(help="The token issuer's address (also ENZYM_ISSUER_URL).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only the last lines, one a settlement.")] = False,
) -> None:
    """A real published contract, from signature to statement, through the gateway, by its four parties.

    Plays on the suite that runs here, or on the one that is named, or starts one of its own. People and dates are
    synthetic. Ends with one line a settlement. Exit status: 0 when everything came out as published, 1 when it did
    not, 2 when it could not be played to the end.
    """
    try:
        told = _play(CASE, gateway, issuer, Show(silent=quiet or as_json))
    except FAULTS as fault:
        print(fault, file=sys.stderr)
        raise typer.Exit(NOT_PLAYED) from None
    if not (as_json or quiet):
        print()
    print(json.dumps(_document(told), indent=2) if as_json else "\n".join(told.lines()))
    if not told.came_out:
        print("This is NOT what was published.", file=sys.stderr)
        raise typer.Exit(NOT_AS_PUBLISHED)


def _play(file: Path, gateway: str | None, issuer: str | None, show: Show) -> Told:
    case = read_case(file)
    with a_suite(gateway, issuer) as addresses, a_stage(case, addresses.gateway, addresses.issuer) as stage:
        show.say(f"Playing on {addresses.what}: {addresses.gateway}")
        return play(stage, show)


def _document(told: Told) -> dict[str, Any]:
    return {
        "contractId": told.contract_id,
        "asPublished": told.published,
        "unchangedWhenSentAgain": told.unchanged,
        "statements": [told.statement, told.correction],
    }


if __name__ == "__main__":
    typer.run(demo)
