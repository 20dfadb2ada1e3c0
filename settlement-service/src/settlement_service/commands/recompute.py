"""Door: `enzym-recompute`: a settlement computed again from what `.../inputs` gave, with no database and no network."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from services.core.canonical import canonical
from services.core.errors import EnzymError
from services.core.strict_json import loads
from services.kit.doors import shapes
from settlement_service.domain.facts.log import SHAPES
from settlement_service.domain.recomputation import Given, GivenInput, InputsNotReadable, Recomputed, recompute

SAME, DIFFERS, UNREADABLE = 0, 1, 2
WIDTH_OF_A_FILE = 118

_cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@_cli.command()
def _main(
    file: Annotated[Path, typer.Argument(help="What .../inputs answered, JSON or NDJSON; - reads stdin.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Computes a settlement again from its inputs and compares: the terms, the inputs (for a party that was given a
    part of them: that each is among the frozen ones), the items, the lines, the hash of the content.

    Exit status: 0 everything came out as said; 1 something differs, and it is said where; 2 not readable.
    """
    try:
        result = recompute(*read_inputs(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()))
    except (EnzymError, OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        typer.echo(f"Not readable: {_why(error)}", err=True)
        raise typer.Exit(UNREADABLE) from None
    if as_json:
        typer.echo(json.dumps(_document(result), ensure_ascii=False, indent=2))
    else:
        _print(result)
    raise typer.Exit(SAME if result.same else DIFFERS)


def _why(error: Exception) -> str:
    """One sentence, and where: never a value of the file."""
    if isinstance(error, EnzymError):
        return error.detail + "".join(f"\n  {field.pointer or '/'}: {field.detail}" for field in error.errors)
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return f"{type(error).__name__}; an input is not in the form that .../inputs gives."


def run() -> None:
    """The console script."""
    _cli()


def read_inputs(raw: bytes) -> tuple[Given, list[GivenInput]]:
    """The head of the inputs, and the inputs. Errors: `inputs-not-readable`, and those of reading JSON."""
    head, rows = _parts(raw)
    return shapes.read(Given, head), [_input(row) for row in rows]


def _parts(raw: bytes) -> tuple[Any, Iterator[Any]]:
    """One JSON document with the inputs as a member, or the head on the first line and an input a line."""
    first, _, rest = raw.strip().partition(b"\n")
    try:
        document = loads(first if rest else raw)
    except EnzymError:
        document = loads(raw)
        rest = b""
    if not isinstance(document, dict) or "format" not in document:
        raise InputsNotReadable()
    if "inputs" in document:
        return {name: value for name, value in document.items() if name != "inputs"}, iter(document["inputs"])
    return document, (loads(line) for line in rest.splitlines() if line.strip())


def _input(row: dict[str, Any]) -> GivenInput:
    body = row["input"]
    shape = SHAPES.get(body["type"])
    if shape is None:
        raise InputsNotReadable("An input is of a type that this program does not know: use a newer one.")
    proof = row.get("proof")
    return GivenInput(
        position=row["position"],
        salt=bytes.fromhex(row["salt"]),
        body=canonical(body),
        fact=shapes.read(shape, body["fact"]),
        proof=None if proof is None else tuple(bytes.fromhex(node) for node in proof),
    )


def _document(result: Recomputed) -> dict[str, Any]:
    """What `--json` prints. Its names are read by programs of parties and stay as they are."""
    return {
        "same": result.same,
        "checks": [
            {"what": check.what, "same": check.holds, "said": check.expected, "found": check.computed}
            for check in result.checks
        ],
        "differences": list(result.differences),
        "content": result.content,
    }


def _print(result: Recomputed) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH_OF_A_FILE, no_color=True)
    table = Table(title="Computed from the inputs", title_justify="left", show_footer=True)
    total = result.content["total"]
    table.add_column("line")
    table.add_column("rule", footer="total")
    for heading in ("people", "units", "price"):
        table.add_column(heading, justify="right")
    table.add_column(f"amount {total['currency']}", footer=total["amount"], justify="right")
    for line in result.content["lines"]:
        price = line["price"]["amount"] if "price" in line else line.get("state", "")
        counts = (str(line["people"]), str(line["units"]))
        table.add_row(str(line["number"]), line["rule"], *counts, price, line["amount"]["amount"])
    console.print(table)
    for check in result.checks:
        console.print(f"{'OK     ' if check.holds else 'DIFFERS'} {check.what}: {check.computed}", soft_wrap=True)
        if not check.holds:
            console.print(f"        said: {check.expected}", soft_wrap=True)
    for difference in result.differences:
        console.print(f"DIFFERS {difference}", markup=False, soft_wrap=True)
    console.print("OK: everything came out as said." if result.same else "DIFFERS: see above.")


if __name__ == "__main__":
    run()
