"""Tests: what code and pages cite is there: sections of docs/domain.md, and decisions of docs/adr."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from .source import DISTRIBUTIONS, REPOSITORY, all_files, listed

DOMAIN, DECISIONS = REPOSITORY / "docs" / "domain.md", REPOSITORY / "docs" / "adr"
HEADING = re.compile(r"^(##|###) (\d+(?:\.\d+)?)\.? \S", re.MULTILINE)
LINK = re.compile(r"(?:\b[\w/]*domain\.md)?\]\([^)\s]*\)")
"""Where a link leads, with the page's own name as its text: a way to the page, and no citation."""
SECTION = re.compile(r"\bdomain\.md(?:,[\s#]+section[\s#]+(\d+(?:\.\d+)?))?")
DECISION = re.compile(r"\bADR[\s#]+(\d+)\b")
LINKED_DECISION = re.compile(r"\]\((?:[\w./]*/)?(\d{4}-[\w-]*\.md)(?:#[\w-]*)?\)")


def _sections() -> list[str]:
    return [number for _, number in HEADING.findall(DOMAIN.read_text())]


def _decisions() -> set[str]:
    return {path.name for path in DECISIONS.glob("[0-9]*.md")}


def _pages() -> Iterator[Path]:
    for folder in ("docs", "tests", *DISTRIBUTIONS):
        yield from sorted((REPOSITORY / folder).rglob("*.md"))
    yield from sorted(REPOSITORY.glob("*.md"))


def _faults(text: str, sections: Collection[str], decisions: Collection[str]) -> Iterator[str]:
    for cited in SECTION.finditer(LINK.sub("]", text)):
        if cited[1] is None:
            yield "cites domain.md and no section; write `domain.md, section 6`"
        elif cited[1] not in sections:
            yield f"cites section {cited[1]}, which docs/domain.md does not have"
    numbers = {name[:4] for name in decisions}
    for cited in DECISION.finditer(text):
        if cited[1] not in numbers:
            yield f"cites ADR {cited[1]}, which docs/adr does not have"


def _faults_of_links(page: str, decisions: Collection[str]) -> Iterator[str]:
    for linked in LINKED_DECISION.findall(page):
        if linked not in decisions:
            yield f"leads to {linked}, which docs/adr does not have"


def test_every_section_and_every_decision_that_is_cited_is_there() -> None:
    """Made by eleven places that cited sections of docs/domain.md while the project had no such page: a reader found
    the rule that the code follows nowhere."""
    sections, decisions = _sections(), _decisions()
    assert sections
    assert decisions
    files = [module.path for module in all_files()] + list(_pages())
    findings = [
        f"{path.relative_to(REPOSITORY)} {fault}"
        for path in files
        if path != Path(__file__)  # it has examples of faults
        for fault in _faults(path.read_text(), sections, decisions)
    ]
    findings += [
        f"{path.relative_to(REPOSITORY)} {fault}"
        for path in _pages()
        for fault in _faults_of_links(path.read_text(), decisions)
    ]
    assert not findings, listed(findings)


def test_sections_of_the_domain_are_numbered_in_order() -> None:
    """Kept from the start, against a section put between two others: it moves the numbers that code cites, each then
    leads to another rule, and none is missing."""
    place, expected = [0, 0], []
    for level, _ in HEADING.findall(DOMAIN.read_text()):
        place = [place[0] + 1, 0] if level == "##" else [place[0], place[1] + 1]
        expected.append(str(place[0]) if level == "##" else f"{place[0]}.{place[1]}")
    assert _sections() == expected
    assert len(expected) == len(re.findall(r"^##", DOMAIN.read_text(), re.MULTILINE)), "a heading without a number"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("as domain.md, section 3.4, says", None),
        ("the content (domain.md,\n    section 3)", None),
        ("# the order (domain.md, section\n# 3.4)", None),
        ("[docs/domain.md](docs/domain.md) and [rules](../docs/domain.md#3-terms)", None),
        ("ADR 0016, and [why](../docs/adr/0016-new.md)", None),
        ("see domain.md", "no section"),
        ("domain.md, Rounding", "no section"),
        ("domain.md, sections 3 and 4", "no section"),
        ("[domain.md, section 9](domain.md)", "section 9"),
        ("domain.md, section 3.41", "section 3.41"),
        ("by ADR 0099", "ADR 0099"),
        ("by ADR 16", "ADR 16"),
        ("[why](adr/0016-old.md)", "0016-old.md"),
    ],
)
def test_a_citation_that_leads_nowhere_is_found(text: str, fault: str | None) -> None:
    """Kept from the start, against a spelling that the pattern does not know: it is passed over as text, and what it
    cites is looked up by nobody."""
    decisions = ["0016-new.md"]
    faults = [*_faults(text, ["3", "3.4"], decisions), *_faults_of_links(text, decisions)]
    assert [fault in stated for stated in faults] == [True] if fault else not faults
