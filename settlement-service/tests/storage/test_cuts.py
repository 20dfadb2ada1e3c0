"""Tests: each kind of cut has all that follows from the tuple of kinds, and all that does not."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_args

import pytest

from services.core.terms.payment import CapKind
from services.kit.testing import Urls, as_admin
from settlement_service.domain.explaining.words import CAPS
from settlement_service.domain.facts.figures import CUT_KINDS, CUTS, FIGURES, WITHOUT_ROOM, Cut, CutKind, Figures
from settlement_service.domain.facts.log import ItemPosted

OPENAPI = Path(__file__).parents[3] / "docs/api/settlement-service.json"
WITH_FIGURES = {
    "posted_item": ("",),
    "accrual": ("",),
    "settlement_line": ("",),
    "settlement_item": ("now_", "before_"),
    "accrued_item": ("now_", "before_"),
    "settled_item": ("now_", "before_"),
}
"""Tables and the view with the figures of items, and what stands before the name of a figure there."""
SHAPES = ("CutBody", "ExplainedCut", "HeadroomBody", "SimulatedCap")
TOY = Cut(
    kind="site",  # type: ignore[arg-type]
    figure="cut_site_minor",
    keeps_room=False,
    comes_free="always",
    in_english="the cap on a site",
    in_danish="",
)


@dataclass(frozen=True)
class There:
    """What the database and the API have: columns as `table.column`, the text of the check on a line's amount, and the
    enums of `SHAPES`."""

    columns: frozenset[str]
    check: str
    enums: dict[str, list[str]]


@pytest.fixture(scope="session")
async def there(urls: Urls) -> There:
    columns = await as_admin(urls, "select table_name, column_name from information_schema.columns")
    checks = await as_admin(
        urls,
        "select pg_get_constraintdef(oid) as said from pg_constraint"
        " where conrelid = 'settlement_line'::regclass and contype = 'c'",
    )
    schemas: dict[str, Any] = json.loads(OPENAPI.read_text())["components"]["schemas"]
    return There(
        frozenset(f"{row['table_name']}.{row['column_name']}" for row in columns),
        " ".join(row["said"] for row in checks),
        {shape: schemas[shape]["properties"]["cap"]["enum"] for shape in SHAPES},
    )


def _missing(cuts: Sequence[Cut], there: There) -> list[str]:
    """What kinds of cuts lack; and what terms may take off that is no kind of cut."""
    lacks = [f"{cut.kind}: {lack}" for cut in cuts for lack in (*_in_code(cut), *_outside(cut, there))]
    unknown = sorted({*get_args(CapKind), "retention"} - {cut.kind for cut in cuts})
    return lacks + [f"{kind}: terms have it, and CUTS has not" for kind in unknown]


def _in_code(cut: Cut) -> Iterator[str]:
    if cut.kind not in get_args(CutKind):
        yield "not named in CutKind"
    if cut.figure not in {field.name for field in fields(Figures)}:
        yield f"Figures has no field {cut.figure}"
    for language, words in (("English", cut.in_english), ("Danish", cut.in_danish)):
        if not words:
            yield f"no {language} words"


def _outside(cut: Cut, there: There) -> Iterator[str]:
    columns = [(table, prefix + cut.figure) for table, prefixes in WITH_FIGURES.items() for prefix in prefixes]
    for table, column in columns:
        if f"{table}.{column}" not in there.columns:
            yield f"no migration gives {table} a column {column}"
    if f"- {cut.figure}" not in there.check:
        yield f"the check of settlement_line takes no {cut.figure} off"
    for shape in SHAPES:
        if cut.kind not in there.enums[shape]:
            yield f"the schema {shape} does not know it (make snapshots)"


def test_each_kind_has_its_figure_words_columns_and_schema(there: There) -> None:
    missing = _missing(CUTS, there)
    assert not missing, "\n" + "\n".join(missing)


def test_what_a_new_kind_lacks_is_named(there: There) -> None:
    assert _missing((*CUTS[1:], TOY), there) == [
        "site: not named in CutKind",
        "site: Figures has no field cut_site_minor",
        "site: no Danish words",
        "site: no migration gives posted_item a column cut_site_minor",
        "site: no migration gives accrual a column cut_site_minor",
        "site: no migration gives settlement_line a column cut_site_minor",
        "site: no migration gives settlement_item a column now_cut_site_minor",
        "site: no migration gives settlement_item a column before_cut_site_minor",
        "site: no migration gives accrued_item a column now_cut_site_minor",
        "site: no migration gives accrued_item a column before_cut_site_minor",
        "site: no migration gives settled_item a column now_cut_site_minor",
        "site: no migration gives settled_item a column before_cut_site_minor",
        "site: the check of settlement_line takes no cut_site_minor off",
        "site: the schema CutBody does not know it (make snapshots)",
        "site: the schema ExplainedCut does not know it (make snapshots)",
        "site: the schema HeadroomBody does not know it (make snapshots)",
        "site: the schema SimulatedCap does not know it (make snapshots)",
        "person: terms have it, and CUTS has not",
    ]


def test_names_fields_and_the_tuple_say_the_same_in_one_order(there: There) -> None:
    assert get_args(CutKind) == CUT_KINDS
    assert tuple(field.name for field in fields(Figures)) == FIGURES
    assert {field.name for field in fields(ItemPosted)} >= set(FIGURES)
    assert all(enum == list(CUT_KINDS) for enum in there.enums.values())
    assert all(tuple(words) == CUT_KINDS for words in CAPS.values())


def test_what_leaves_its_room_to_others_is_taken_first() -> None:
    """`limits.caps` gives figures their cuts by place."""
    assert CUT_KINDS[: len(WITHOUT_ROOM)] == WITHOUT_ROOM


def test_each_cut_is_taken_off_the_amount_and_under_the_caps_unless_it_keeps_its_room() -> None:
    whole = Figures(units=1, gross_minor=1_000)
    for cut in CUTS:
        of = whole.with_taken(cut.kind, 300)
        assert of == replace(whole, **{cut.figure: 300})
        assert (of.taken(cut.kind), of.amount_minor, of.cuts) == (300, 700, ((cut.kind, 300),))
        assert of.under_caps_minor == (1_000 if cut.keeps_room else 700)
        assert of.left_by((cut.kind,)) == 700
        assert of.left_by([kind for kind in CUT_KINDS if kind != cut.kind]) == 1_000


def test_a_kind_that_is_not_known_is_refused() -> None:
    with pytest.raises(KeyError):
        Figures(1, 1_000).left_by(("site",))
    with pytest.raises(KeyError):
        Figures(1, 1_000).taken("site")  # type: ignore[arg-type]
