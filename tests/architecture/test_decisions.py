"""Tests: each decision has the form that docs/adr/README.md asks for, and stands in its table."""

import re
from collections.abc import Iterator
from datetime import date

import pytest

from .source import REPOSITORY, listed

FOLDER = REPOSITORY / "docs" / "adr"
HEAD = re.compile(r"# (\d{4}) (\S.*)\n\n(\d{4}-\d\d-\d\d), (.+)\n\n")
LATER = re.compile(r"\[(\d{4})\]\((\d{4}-[\w-]+\.md)\)")
STATUSES = {
    "accepted": re.compile("accepted"),
    "changed by": re.compile(rf"changed by {LATER.pattern}(?:, {LATER.pattern})*"),
    "replaced by": re.compile(rf"replaced by {LATER.pattern}"),
}
PARAGRAPH = re.compile(r"^\*\*(\w+)\.\*\* \S", re.MULTILINE)
PARAGRAPHS = ["Context", "Decision", "Alternatives", "Consequences"]
ROW = re.compile(r"^\| \[(\d{4})\]\(([\w-]+\.md)\) \| (.+) \|$", re.MULTILINE)
WELL_FORMED = """\
# 0002 A thing is decided

2026-11-28, accepted

**Context.** Why.

**Decision.** *What.*

**Alternatives.** What else.

**Consequences.** What follows.
"""


def _pages() -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(FOLDER.glob("[0-9]*.md"))}


def _faults(name: str, text: str, names: list[str]) -> Iterator[str]:
    head = HEAD.match(text)
    if head is None:
        yield "begins with `# NNNN Title`, an empty line, and `YYYY-MM-DD, status`"
        return
    number, _, day, status = head.groups()
    if not name.startswith(f"{number}-"):
        yield f"is not number {number}"
    try:
        date.fromisoformat(day)
    except ValueError:
        yield f"is of no day: {day}"
    if not any(form.fullmatch(status) for form in STATUSES.values()):
        yield f"has a status that is none of: {', '.join(STATUSES)}"
    for later, file in LATER.findall(status):
        if file not in names or not file.startswith(later) or later <= number:
            yield f"names {later} ({file}), which is no later decision"
    there = PARAGRAPH.findall(text)
    if there != PARAGRAPHS:
        yield f"has the paragraphs {there}, not {PARAGRAPHS}"


def test_every_decision_has_its_form() -> None:
    """Made by decisions without a date, a status or alternatives: nobody could see which of them still held, or what
    had been weighed."""
    pages = _pages()
    assert pages
    findings = [f"{name} {fault}" for name, text in pages.items() for fault in _faults(name, text, list(pages))]
    assert not findings, listed(findings)


def test_every_decision_stands_in_the_table_under_its_title() -> None:
    """Kept from the start, against a decision that the table leaves out, or has under another title: it is made a
    second time and differently."""
    titles = [(name[:4], name, text.splitlines()[0].removeprefix(f"# {name[:4]} ")) for name, text in _pages().items()]
    assert ROW.findall((FOLDER / "README.md").read_text()) == titles


@pytest.mark.parametrize(
    ("what", "instead", "fault"),
    [
        ("accepted", "changed by [0003](0003-c.md), [0004](0004-d.md)", None),
        ("accepted", "replaced by [0003](0003-c.md)", None),
        ("accepted", "agreed", "a status"),
        ("accepted", "replaced by 0003", "a status"),
        ("accepted", "replaced by [0009](0009-z.md)", "names 0009"),
        ("accepted", "changed by [0001](0001-a.md)", "names 0001"),
        ("2026-11-28", "2026-11-31", "of no day"),
        ("2026-11-28, ", "", "begins with"),
        ("# 0002", "# 0003", "is not number"),
        ("**Alternatives.** What else.\n\n", "", "paragraphs"),
        ("**Consequences.** What follows.", "**Consequences.**", "paragraphs"),
    ],
)
def test_a_decision_without_its_form_is_found(what: str, instead: str, fault: str | None) -> None:
    """Kept from the start, against a form that the patterns no longer read, which would pass as none."""
    names = ["0001-a.md", "0002-b.md", "0003-c.md", "0004-d.md"]
    assert not list(_faults("0002-b.md", WELL_FORMED, names))
    faults = list(_faults("0002-b.md", WELL_FORMED.replace(what, instead), names))
    assert [fault in stated for stated in faults] == [True] if fault else not faults
