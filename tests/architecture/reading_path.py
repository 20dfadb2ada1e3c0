"""Tests: the functions that one must read to follow a claim from its HTTP request to its posted statement.

    python -m tests.architecture.reading_path

prints each of them once, with its lines and its file; then how many decide, and how many there are in all. The path is
that of the plain case: a claim on a metric that a unit price pays for, one version of the terms, no caps, nothing held
back. It is walked by reading the source alone.

Where it begins: ROOTS, the doors and jobs that a claim passes, in that order.

What is followed: every function that one of them names, also as a value. A method is that of the object's class, where
annotations or what gave the object say which that is; else the only method of that name in the service or in core,
unless a field has the name too. A table of functions is followed into all of them; the table of mechanisms into the row
of `UnitPrice` alone, and there into the fields that the path reads.

What is not: NOT_READ, what a reader of the plain case may pass over; storage, clients and services.kit, which do I/O;
services.events, which are shapes; values of services.core beside the terms.

What counts: functions of the domain and of the terms, as these decide; doors and use cases say the order, and are
counted in all. A property of one or two lines is not counted. Lines are those of the function without its decorators,
docstring, comments and blank lines.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from .meanings import Function, Place, Source, Sources, Types, in_order

ROOTS = (
    "outcomes_service.api.routes_claims:report_claims",
    "settlement_service.consumers.facts:on_facts",
    "settlement_service.usecases.accrue:accrue_some",
    "settlement_service.usecases.freeze_settlement:freeze_settlement",
    "settlement_service.usecases.approve_settlement:approve_settlement",
    "settlement_service.usecases.post_settlement:post_settlement",
)
ROOMS = "api|consumers|usecases|domain"
FOLLOWED = re.compile(rf"^(outcomes_service|settlement_service)\.({ROOMS})\.|^services\.core\.terms\.")
DECIDES = re.compile(r"\.domain\.|^services\.core\.")
NOT_READ: Mapping[str, tuple[str, ...]] = {
    "other mechanisms": ("measur",),
    "what several subjects give together": ("condition", "unpaid", "naming"),
    "caps": ("caps", r"[_:]cap\b", "capping"),
    "payers with a maximum": ("maxima",),
    "what is below zero": ("below_zero", "negatives"),
    "what is held back": ("retain",),
    "why something is due no more": ("reasons", "taken_back"),
    "who is shown what": ("audience", "projection", "schemas"),
    "amendments and ends": ("_keep_of_contract", ":evaluate$"),
}
"""What a reader of the plain case passes over, by words in the names of modules and functions."""
_NOT_READ = re.compile("|".join(chain.from_iterable(NOT_READ.values())))
PLAIN_MECHANISM = "UnitPrice"


class Reader:
    """Reads functions from the roots on. `read` has them in the order in which one meets them, `passed_over` those
    that NOT_READ names. `unclear` is where a method is called that several classes have, and nothing says of which."""

    def __init__(self) -> None:
        self.sources = Sources()
        self.read: dict[Place, Function] = {}
        self.passed_over: set[Place] = set()
        self.unclear: set[str] = set()
        self._attributes: set[str] = set()
        self._rows: dict[str, list[Place]] = {}

    def follow(self, root: str) -> None:
        """Reads a root and everything that follows from it."""
        module, _, name = root.partition(":")
        open_ = [Place(module, name)]
        while open_:
            place = open_.pop()
            function = self.sources[place].functions[place.name]
            if place in self.read:
                continue
            if not _is_followed(place):
                continue
            if _is_passed_over(place):
                self.passed_over.add(place)
                continue
            self.read[place] = function
            open_ += reversed(list(self._functions(place, function)))

    def _functions(self, place: Place, function: Function) -> Iterator[Place]:
        source = self.sources[place]
        types = Types(self.sources, source, place, function)
        skipped = {id(node) for node in _annotations(function)}
        for node in in_order(function):
            if id(node) in skipped:
                continue
            if isinstance(node, ast.Name) and node.id not in types.locals:
                yield from self._meant(self.sources.named(source, node.id))
            elif isinstance(node, ast.Attribute):
                yield from self._attribute(types, node)

    def _attribute(self, types: Types, node: ast.Attribute) -> Iterator[Place]:
        self._attributes.add(node.attr)
        yield from self._rows.pop(node.attr, ())
        if isinstance(node.value, ast.Name) and node.value.id not in types.locals:
            module = self.sources.module(types.source, node.value.id)
            if module:
                yield from self._meant(self.sources.named(module, node.attr))
                return
            named = self.sources.named(types.source, node.value.id)
            if named and named.name in self.sources[named].classes:
                yield from filter(None, [self.sources.method(named, node.attr)])
                return
        of = types.of(node.value)
        if of is not None:
            yield from filter(None, [self.sources.method(of, node.attr)])
            return
        methods = [place for place in self.sources.methods_called(node.attr, types.source) if _is_followed(place)]
        candidates = [method for method in methods if not _is_passed_over(method)]
        self.passed_over.update(method for method in methods if _is_passed_over(method))
        if len(candidates) == 1:
            yield from candidates
        elif candidates:
            self.unclear.add(f"{types.place} .{node.attr}")

    def _meant(self, place: Place | None) -> Iterator[Place]:
        """The functions that a name means: itself, how an object is made, or what a table holds."""
        if place is None or not _is_followed(place):
            return
        source = self.sources[place]
        if place.name in source.functions:
            yield place
        elif place.name in source.classes:
            made = (self.sources.method(place, name) for name in ("__init__", "__post_init__", "__new__"))
            yield from filter(None, made)
        elif not _is_row(source.constants[place.name]):
            for node in ast.walk(source.constants[place.name]):
                if isinstance(node, ast.Name) and node.id != place.name:
                    yield from self._meant(self.sources.named(source, node.id))
        else:
            yield from self._row(source, source.constants[place.name])

    def _row(self, source: Source, row: ast.expr) -> Iterator[Place]:
        """The functions of a row of the table of mechanisms, as far as they are asked for."""
        assert isinstance(row, ast.Call)
        if not any(
            isinstance(keyword.value, ast.Name) and keyword.value.id == PLAIN_MECHANISM for keyword in row.keywords
        ):
            return
        for keyword in row.keywords:
            named = self.sources.named(source, keyword.value.id) if isinstance(keyword.value, ast.Name) else None
            if keyword.arg in self._attributes:
                yield from self._meant(named)
            elif keyword.arg and named:
                self._rows.setdefault(keyword.arg, []).extend(self._meant(named))


def _is_followed(place: Place) -> bool:
    return FOLLOWED.search(place.module + ".") is not None


def _is_passed_over(place: Place) -> bool:
    return _NOT_READ.search(str(place)) is not None


def _is_row(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func).partition("[")[0] == "Mechanism"


def _annotations(function: Function) -> Iterator[ast.AST]:
    for node in ast.walk(function):
        for name in ("annotation", "returns", "decorator_list"):
            part = getattr(node, name, None) or []
            for node_part in part if isinstance(part, list) else [part]:
                yield from ast.walk(node_part)


def _lines(source: Source, function: Function) -> int:
    docstring = function.body[0] if ast.get_docstring(function) else None
    within = range(docstring.lineno, (docstring.end_lineno or 0) + 1) if docstring else ()
    lines = enumerate(source.module.text.splitlines()[: function.end_lineno], 1)
    return sum(
        number >= function.lineno and number not in within and bool(line.strip()) and not line.strip().startswith("#")
        for number, line in lines
    )


def _is_trivial(source: Source, function: Function) -> bool:
    marks = {decorator.id for decorator in function.decorator_list if isinstance(decorator, ast.Name)}
    return bool(marks & {"property", "cached_property"}) and _lines(source, function) <= 3


def main() -> int:
    """Prints the path."""
    reader = read_from(ROOTS)
    places = [place for place, function in reader.read.items() if not _is_trivial(reader.sources[place], function)]
    counts = {place: _lines(reader.sources[place], reader.read[place]) for place in places}
    for place, lines in counts.items():
        file = reader.sources[place].module.name
        sys.stdout.write(f"{lines:4} {file}:{reader.read[place].lineno} {place.name}\n")
    decide = {place: lines for place, lines in counts.items() if DECIDES.search(place.module)}
    for call in sorted(reader.unclear):
        sys.stdout.write(f"not followed, as several classes have it: {call}\n")
    sys.stdout.write(f"{_sum(decide)}\n(with the doors and use cases between: {_sum(counts)})\n")
    return 0


def read_from(roots: Iterable[str]) -> Reader:
    """Everything that is read from these roots on."""
    reader = Reader()
    for root in roots:
        reader.follow(root)
    return reader


def _sum(counts: Mapping[Place, int]) -> str:
    files = {place.module for place in counts}
    return f"{sum(counts.values())} lines in {len(counts)} functions in {len(files)} files"


if __name__ == "__main__":
    sys.exit(main())
