"""Deploy: what the demo shows: sentences, a bar for what takes a while, the statement as a table."""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.demo.print.calculation import steps_of
from services.core.money import Money, from_minor, to_minor
from services.kit.doors import shapes

WIDTH_OF_A_FILE = 118
"""Columns when nobody looks: a table in a log is not squeezed."""
INDENT = "  "


class Show:
    """Tells what happens, on standard output. In a file or a pipe it is plain text without bars."""

    def __init__(self, *, silent: bool = False) -> None:
        self.console = Console(quiet=silent, highlight=False)
        if not self.console.is_terminal:
            self.console = Console(quiet=silent, highlight=False, width=WIDTH_OF_A_FILE, no_color=True)

    def act(self, title: str) -> None:
        """A heading."""
        self.console.print(f"\n[bold]{escape(title)}[/bold]")

    def say(self, sentence: str) -> None:
        """One thing that happened, or that one should know."""
        lines = textwrap.fill(sentence, self.console.width, initial_indent=INDENT, subsequent_indent=INDENT)
        self.console.print(escape(lines))

    @contextmanager
    def counting(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar that the block moves by telling how many are done."""
        columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        shown = self.console.is_terminal and not self.console.quiet
        with Progress(*columns, console=self.console, disable=not shown) as progress:
            task = progress.add_task(what, total=total)
            yield lambda done: progress.update(task, completed=done)

    def statement(self, title: str, shown: Mapping[str, Any], names: Mapping[str, str]) -> None:
        """The lines of a statement and their total. Only unit prices have a price; a line that pays nothing yet says
        so."""
        lines = shown["lines"]
        table = _table(title, show_footer=True)
        table.add_column("line", footer="")
        footer = f"total, {len(lines)} line{'s' if len(lines) != 1 else ''}"
        table.add_column("what is paid for", footer=footer, overflow="fold")
        for heading in ("people", "units", "price"):
            table.add_column(heading, justify="right")
        table.add_column(f"amount {shown['currency']}", footer=grouped(shown["total"]), justify="right")
        stated = any(line.get("state") for line in lines)
        if stated:
            table.add_column("state")
        for line in lines:
            state = [_words(line.get("state"))] if stated else []
            table.add_row(*_cells(line, names), *state)
        self.console.print(table)

    def sums(self, title: str, sums: Mapping[str, int], currency: str) -> None:
        """Amounts in minor units by what they are for; nothing, when there are none."""
        if not sums:
            return
        table = _table(title)
        table.add_column("")
        table.add_column(f"amount {currency}", justify="right")
        for name, amount in sums.items():
            table.add_row(escape(name), grouped(shapes.document(from_minor(amount, currency))))
        self.console.print(table)

    def claims(self, title: str, claims: Sequence[Mapping[str, Any]]) -> None:
        """Claims with the decision on each."""
        table = _table(title)
        for heading in ("claim (the provider's own number)", "metric", "achieved on", "state", "reason"):
            table.add_column(heading)
        for claim in claims:
            reason = (claim.get("decision") or {}).get("reason", "")
            table.add_row(claim["externalId"], claim["metric"], claim["achievedOn"], claim["state"], reason)
        self.console.print(table)

    def explanation(self, title: str, explained: Mapping[str, Any]) -> None:
        """Why one item is what it is, in words, and everything that it rests on, name by name."""
        table = _table(title, show_header=False)
        table.add_column("what")
        table.add_column("is", overflow="fold")
        told = {name: value for name, value in explained.items() if name != "tree" and not name.startswith("text")}
        for name, value in _flat(told):
            table.add_row(escape(name), escape(value))
        self.console.print(table)
        for step in steps_of(explained["tree"]) if "tree" in explained else ():
            self.console.print(escape(INDENT + step), soft_wrap=True)
        self.say(explained["text"])


def _cells(line: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    rule = str(line.get("rule", ""))
    yield rule
    yield escape(names.get(rule) or line.get("name") or _words(line.get("kind")))
    for count in ("people", "units"):
        yield "" if line.get(count) is None else f"{line[count]:,}"
    yield grouped(line["price"]) if line.get("price") else ""
    yield grouped(line["amount"])


def _words(code: str | None) -> str:
    return (code or "").replace("_", " ")


def _table(title: str, *, show_header: bool = True, show_footer: bool = False) -> Table:
    return Table(
        title=f"\n{title}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_header=show_header,
        show_footer=show_footer,
    )


def grouped(money: Mapping[str, str]) -> str:
    """`{"amount": "848540.00"}` as `848,540.00`."""
    whole, point, places = money["amount"].partition(".")
    return f"{int(whole):,}{point}{places}" if not whole.startswith("-0") else money["amount"]


def minor(money: Mapping[str, str]) -> int:
    """Whole minor units of an amount."""
    return to_minor(Money(amount=money["amount"], currency=money["currency"]))


def _flat(node: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping) and set(node) == {"amount", "currency"}:
        yield name, f"{grouped(node)} {node['currency']}"
    elif isinstance(node, Mapping):
        for key, child in node.items():
            yield from _flat(child, f"{name}.{key}" if name else key)
    elif isinstance(node, list):
        for place, child in enumerate(node, start=1):
            yield from _flat(child, f"{name}[{place}]" if len(node) > 1 else name)
    else:
        yield name, "" if node is None else str(node)
