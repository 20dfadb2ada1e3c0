"""Tests: the hashes of every settlement of every published contract."""

from collections.abc import Iterator

from deploy.demo.cases.case_file import CASES, read_case
from deploy.demo.cases.expectations import ExpectedRefusal

from .play import played_case
from .settled import Row, hashes_of


def hashes() -> Iterator[Row]:
    """All of them that are not refused when they are drafted."""
    for file in sorted(CASES.glob("*.json")):
        case = read_case(file)
        if not isinstance(case.expected, ExpectedRefusal):
            yield from hashes_of(played_case(case), case.id)
