"""Tests: no function asks more of its reader than one can keep in mind, and how that is measured."""

import ast
import re
from pathlib import Path
from textwrap import dedent

import pytest

from .complexity import complexity_of, named_functions, points_of
from .source import all_modules, listed

MOST = 15
LISTED = Path(__file__).with_name("too_complex.txt")
"""Those that are over it, each with its number: taken off when they are mended, never added to."""


def _listed() -> dict[str, int]:
    lines = [line for line in LISTED.read_text().splitlines() if not line.startswith("#")]
    return {place: int(points) for points, place in (line.split(maxsplit=1) for line in lines)}


def test_no_function_is_harder_to_follow_than_one_can_keep_in_mind() -> None:
    """Made by `due_before`, which decided what was posted and had grown to 31: each change of it put a condition into
    the one long function, and nobody could say any more which of its stages a fault was in."""
    measured = {
        f"{module.name}::{name}": complexity_of(function)
        for module in all_modules()
        for name, function in named_functions(module.tree)
    }
    on_list = _listed()
    over = {place: points for place, points in measured.items() if points > MOST}
    findings = [
        f"{place} is at {points}; the most is {MOST}: name its parts"
        for place, points in over.items()
        if place not in on_list
    ]
    findings += [
        f"{place} went from {on_list[place]} to {points}: a listed one may not get worse"
        for place, points in over.items()
        if points > on_list.get(place, points)
    ]
    findings += [
        f"{place} is at {points}, no longer {on_list[place]}: write the lower number"
        for place, points in over.items()
        if points < on_list.get(place, points)
    ]
    findings += [
        f"{place} is at {measured.get(place, 'no place')}: take it off {LISTED.name}" for place in on_list.keys() - over
    ]
    assert not findings, listed(findings)


EXAMPLES = {
    "nothing is counted of a straight line": """
        def total(a, b):
            first = a * b
            return first + round(b)
        """,
    "branches count one each, and one more for each level that an if stands in": """
        def price(units, rates):
            if units > 3:  # +1
                for rate in rates:  # +2
                    if rate:  # +3
                        return rate
            elif units:  # +1
                return 1
            else:  # +1
                return 0
        """,
    "a loop and its else": """
        def first(items):
            while items:  # +1
                items.pop()
            else:  # +1
                return None
        """,
    "except counts, try and finally do not": """
        def read(path):
            try:
                if path:  # +1
                    return open(path)
            except OSError:  # +1
                return path if path else None  # +2
            finally:
                path.close()
        """,
    "a match is one, however many cases it has": """
        def words(kind):
            for one in kind:  # +1
                match one:  # +2
                    case "a":
                        return 1
                    case "b":
                        return 2
                    case _ if one:
                        return 3
        """,
    "a sequence of like operators is one": """
        def fits(a, b, c, d):
            x = a and b and c and d  # +1
            y = a and (b and (c and d))  # +1
            z = a and b or c and d  # +3
            return not (a and b) and c  # +2
        """,
    "a comprehension is a loop, and each if of it counts": """
        def sums(rows):
            whole = [row.sum for row in rows]  # +1
            paid = {row.sum for row in rows if row.paid and row.due}  # +3
            return any(cell for row in rows for cell in row)  # +2
        """,
    "what stands inside of a comprehension stands a level deeper": """
        def table(rows):
            if rows:  # +1
                return [[cell if cell else 0 for cell in row] for row in rows]  # +9
        """,
    "a lambda and a function inside are a level": """
        def by_day(rows):
            def day(row):
                return row.day if row.day else None  # +2
            return sorted(rows, key=lambda row: day(row) or 0)  # +1
        """,
    "a decorator is read as if its wrapper stood by itself": """
        def logged(function):
            def wrapper(*args):
                if args:  # +1
                    print(args)
                return function(*args)
            return wrapper
        """,
    "recursion is one, however often": """
        def depth(tree):
            if tree:  # +1
                return 1 + depth(tree.left) + depth(tree.right)  # +1
        """,
    "a function of the same name is no recursion of a method": """
        class Terms:
            def faults(self):
                return faults(self) or self.rule.faults()  # +1
        """,
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_measure_counts_as_the_paper_says(name: str) -> None:
    """Kept from the start, against a limit that holds whatever the measure happens to count."""
    source = dedent(EXAMPLES[name]).strip()
    expected = {
        number: int(mark[1])
        for number, line in enumerate(source.splitlines(), 1)
        if (mark := re.search(r"# \+(\d+)$", line))
    }
    counted: dict[int, int] = {}
    functions = [function for _, function in named_functions(ast.parse(source))]
    for function in functions:
        for line, points in points_of(function):
            counted[line] = counted.get(line, 0) + points
    assert counted == expected
    assert sum(complexity_of(function) for function in functions) == sum(expected.values())
