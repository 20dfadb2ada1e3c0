"""Tests: what code and pages cite is there: sections of docs/domain.md, decisions of docs/adr, pages and headings."""

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
SECTION_OF = re.compile(r"(\b(?:domain\.md|RFC[\s#]+\d+),?[\s#(]+)?\b[Ss]ection(s?)[\s#]+(\d+(?:\.\d+)*)")
"""The number of a section, and before it whose it is."""
DECISION = re.compile(r"\bADR[\s#]+(\d+)\b")
LINKED_DECISION = re.compile(r"\]\((?:[\w./]*/)?(\d{4}-[\w-]*\.md)(?:#[\w-]*)?\)")


PAGE_AND_HEADING = re.compile(r"\]\(([^)\s:#]*)(?:#([^)\s]*))?\)")
BLOCK = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)


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


def _faults_of_bare_sections(text: str, own: Collection[str] | None) -> Iterator[str]:
    """Of sections cited by their number alone: `own` has those of the page itself, where it has numbers."""
    for page, several, number in SECTION_OF.findall(LINK.sub("]", text)):
        if page:
            continue
        if own is None:
            yield f"cites section {number} of no page; write `domain.md, section {number}`"
        elif several:
            yield f"cites sections {number} and others; write `section {number}`, and so of each"
        elif number not in own:
            yield f"cites section {number}, which it does not have"


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


def test_every_section_that_is_cited_by_its_number_alone_is_there() -> None:
    """Made by four places where the page of the domain refers to its own sections without its name: the pattern wants
    the name, and nobody looked up what they cite."""
    sections = _sections()
    findings = [
        f"{path.relative_to(REPOSITORY)} {fault}"
        for path in [*(module.path for module in all_files()), *_pages()]
        if path != Path(__file__)
        for fault in _faults_of_bare_sections(path.read_text(), sections if path == DOMAIN else None)
    ]
    assert not findings, listed(findings)


def test_every_page_and_heading_that_a_page_leads_to_is_there() -> None:
    """Kept from the start, against a heading that is reworded: links to it then lead to the top of the page, and the
    reader looks for what was meant."""
    findings = [
        f"{page.relative_to(REPOSITORY)} leads to {place}#{heading}, which is not there"
        for page in _pages()
        for place, heading in PAGE_AND_HEADING.findall(BLOCK.sub("", page.read_text()))
        if not _is_there(page.parent / place if place else page, heading)
    ]
    assert not findings, listed(findings)


def _is_there(path: Path, heading: str) -> bool:
    return path.exists() and (path.suffix != ".md" or not heading or heading in _headings(path.read_text()))


def _headings(page: str) -> Iterator[str]:
    """As links spell them: lower case, hyphens for spaces, nothing else but letters and digits."""
    for heading in re.findall(r"^#{1,6} (.+)$", BLOCK.sub("", page), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


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


@pytest.mark.parametrize(
    ("text", "own", "fault"),
    [
        ("a state (section 3.4).", ["3", "3.4"], None),
        ("by the rules (section\n3.41)", ["3", "3.4"], "section 3.41"),
        ("see sections 3 and 4", ["3", "3.4"], "sections 3 and others"),
        ("as section 3 says", None, "no page"),
        ("as domain.md, section 3, says", None, None),
        ("RFC 9162 (section 2.1.1), and RFC 6749, section 5.2", None, None),
    ],
)
def test_a_section_of_the_page_itself_that_is_not_there_is_found(
    text: str, own: list[str] | None, fault: str | None
) -> None:
    """Made by the page of the domain, as above: a spelling that this pattern does not know is passed over as well."""
    faults = list(_faults_of_bare_sections(text, own))
    assert [str(fault) in each for each in faults] == [True] if fault else not faults


@pytest.mark.parametrize(
    ("heading", "link"), [("3. Terms: payment as data", "3-terms-payment-as-data"), ("Who's `in` it?", "whos-in-it")]
)
def test_a_heading_is_found_as_links_spell_it(heading: str, link: str) -> None:
    """Kept from the start, against another spelling than that of links: each would be a fault, and the test would be
    taken away instead of the link mended."""
    assert list(_headings(f"## {heading}\n```\n# no heading\n```\n")) == [link]
