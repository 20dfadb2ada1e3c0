"""Deploy: prints sentences, progress bars, and statements as tables."""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.demo.print.calculation import lines_of
from services.core.money import from_minor
from services.kit.doors import shapes

WIDTH_OF_A_FILE = 118
"""Columns in a file or a pipe: a table in a log is not squeezed."""
INDENT = "  "


class Printer:
    """Prints on standard output. In a file or a pipe it prints plain text without bars."""

    def __init__(self, *, silent: bool = False) -> None:
        self.console = Console(quiet=silent, highlight=False)
        if not self.console.is_terminal:
            self.console = Console(quiet=silent, highlight=False, width=WIDTH_OF_A_FILE, no_color=True)

    def heading(self, title: str) -> None:
        """A title above what follows."""
        self.console.print(f"\n[bold]{escape(title)}[/bold]")

    def sentence(self, text: str) -> None:
        """One indented sentence, folded to the width of the terminal."""
        lines = textwrap.fill(text, self.console.width, initial_indent=INDENT, subsequent_indent=INDENT)
        self.console.print(escape(lines))

    @contextmanager
    def progress(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar. The block moves it by a call with the number that is done."""
        columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        shown = self.console.is_terminal and not self.console.quiet
        with Progress(*columns, console=self.console, disable=not shown) as progress:
            task = progress.add_task(name, total=total)
            yield lambda done: progress.update(task, completed=done)

    def statement(self, title: str, statement: Mapping[str, Any], names: Mapping[str, str]) -> None:
        """The lines of a statement and their total. `names` are readable names of payment rules, by code. Only a line
        of a unit price has a price. The state is a column where a line has one."""
        lines = statement["lines"]
        table = _table(title, show_footer=True)
        table.add_column("line", footer="")
        footer = f"total, {len(lines)} line{'s' if len(lines) != 1 else ''}"
        table.add_column("what is paid for", footer=footer, overflow="fold")
        for heading in ("people", "units", "price"):
            table.add_column(heading, justify="right")
        table.add_column(f"amount {statement['currency']}", footer=grouped(statement["total"]), justify="right")
        with_state = any(line.get("state") for line in lines)
        if with_state:
            table.add_column("state")
        for line in lines:
            state = [_words(line.get("state"))] if with_state else []
            table.add_row(*_cells(line, names), *state)
        self.console.print(table)

    def sums(self, title: str, sums: Mapping[str, int], currency: str) -> None:
        """Amounts in minor units, by name; nothing when there are none."""
        if not sums:
            return
        table = _table(title)
        table.add_column("")
        table.add_column(f"amount {currency}", justify="right")
        for name, amount in sums.items():
            table.add_row(escape(name), grouped(shapes.document(from_minor(amount, currency))))
        self.console.print(table)

    def claims(self, title: str, claims: Sequence[Mapping[str, Any]]) -> None:
        """Claims and the decision on each."""
        table = _table(title)
        for heading in ("claim (the provider's own number)", "metric", "achieved on", "state", "reason"):
            table.add_column(heading)
        for claim in claims:
            reason = (claim.get("decision") or {}).get("reason", "")
            table.add_row(claim["externalId"], claim["metric"], claim["achievedOn"], claim["state"], reason)
        self.console.print(table)

    def explanation(self, title: str, explanation: Mapping[str, Any]) -> None:
        """An item's explanation: its fields, the steps of its calculation, and the sentence."""
        table = _table(title, show_header=False)
        table.add_column("what")
        table.add_column("is", overflow="fold")
        fields = {name: value for name, value in explanation.items() if name != "tree" and not name.startswith("text")}
        for name, value in _fields(fields):
            table.add_row(escape(name), escape(value))
        self.console.print(table)
        for line in lines_of(explanation["tree"]) if "tree" in explanation else ():
            self.console.print(escape(INDENT + line), soft_wrap=True)
        self.sentence(explanation["text"])


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


def _fields(node: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The scalars of a JSON document by their path: `{"a": {"b": [1, 2]}}` has `a.b[1]` and `a.b[2]`. An amount is one
    scalar. The only element of a list has the path of the list."""
    if isinstance(node, Mapping) and set(node) == {"amount", "currency"}:
        yield name, f"{grouped(node)} {node['currency']}"
    elif isinstance(node, Mapping | list):
        for child_name, child in _children(node, name):
            yield from _fields(child, child_name)
    else:
        yield name, "" if node is None else str(node)


def _children(node: Mapping[str, Any] | list[Any], name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        prefix = f"{name}." if name else ""
        return ((prefix + key, child) for key, child in node.items())
    if len(node) == 1:
        return iter([(name, node[0])])
    return ((f"{name}[{place}]", child) for place, child in enumerate(node, start=1))
