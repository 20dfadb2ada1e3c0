"""Tests: what was signed, hashed or told once is written the same today, byte by byte."""

from typing import get_args, get_type_hints

import pytest

from services.core.terms.model import Agreement
from services.core.terms.rules import PaymentRule
from services.events import CATALOGUE
from services.kit.doors.shapes import ShapeNotAllowed
from settlement_service.domain.facts.log import ItemsPosted

from .answered import answers
from .coverage import missing
from .described import unanswered
from .hashed import BYTES, now
from .sections import SNAPSHOTS, Sections, other_than, read
from .settled import a_head, courses
from .signed import agreements
from .snapshots import interface_of
from .told import facts

NEVER = (
    "These bytes are signed, hashed or told outside. They may never change: what was signed or settled yesterday would "
    "no longer be found to be true. Undo what changed them. (`python -m tests.compatibility --bytes` adds what is new.)"
)
NEVER_SHOWN = {"termsState = replaced"}
"""A contract shows the terms in effect or under way; a version that was replaced stands only in the list of versions,
as its `state`."""


def written(name: str) -> Sections:
    """What would stand in that file. Where a field has another name, what was told once cannot even be read."""
    try:
        return now(name)
    except ShapeNotAllowed as fault:
        raise AssertionError("\n".join([NEVER, *map(str, fault.errors)])) from fault


@pytest.mark.parametrize("name", BYTES)
def test_what_was_written_is_written_the_same(name: str) -> None:
    faults = list(other_than(read(SNAPSHOTS / f"{name}.txt"), written(name)))
    assert not faults, "\n".join([NEVER, *faults[:20]])


@pytest.mark.parametrize("name", BYTES)
def test_all_that_is_written_is_kept(name: str) -> None:
    new = written(name).keys() - read(SNAPSHOTS / f"{name}.txt").keys()
    assert not new, f"new: keep it with `python -m tests.compatibility --bytes`: {sorted(new)[:20]}"


def test_the_terms_that_are_kept_say_every_field_and_every_word() -> None:
    absent = missing([Agreement], agreements())
    assert not absent, f"not in inputs/terms.json: {absent}"


def test_the_events_that_are_kept_are_of_every_kind_and_say_every_field_and_every_word() -> None:
    absent = missing([row.shape for row in CATALOGUE.values()], facts())
    assert not absent, f"not in inputs/events.json: {absent}"
    assert {type(fact) for fact in facts()} == {row.shape for row in CATALOGUE.values()}


def test_the_courses_that_are_kept_post_items_of_every_field_and_every_kind_of_rule() -> None:
    posted = [fact for played in courses().values() for fact in played.course.facts if isinstance(fact, ItemsPosted)]
    assert missing([ItemsPosted], posted) == []
    kinds = {
        line["kind"] for played in courses().values() for content in played.course.contents for line in content["lines"]
    }
    assert kinds == {get_args(get_type_hints(rule)["kind"])[0] for rule in get_args(get_args(PaymentRule)[0])}


def test_the_head_of_inputs_that_is_kept_says_every_field() -> None:
    assert missing([type(a_head())], [a_head()]) == ["kind = scheduled"]


@pytest.mark.parametrize("service", ["contracts-service", "outcomes-service"])
def test_the_answers_that_are_kept_are_of_every_operation_and_say_every_field_and_every_word(service: str) -> None:
    absent = unanswered(interface_of(service), [kept for kept in answers() if kept.name.startswith(service)])
    assert set(absent) <= NEVER_SHOWN, f"not in answers: {absent}"
