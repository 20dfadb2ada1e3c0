"""Tests: a party computes a settlement again from what it was given, and finds what was changed."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeAlias

import pytest

from services.events.outcomes import OutcomeSuperseded, OutcomeWithdrawn
from settlement_service.domain.recomputation import Given, GivenInput, InputsNotReadable, Rest, recompute

from ..books import Books
from ..builders import (
    EVALUATOR,
    INVESTOR,
    NOON,
    OTHER,
    PAYER,
    PROVIDER,
    a_cap,
    a_claim,
    a_metric,
    a_rule,
    activated,
    claimed,
)

Tampering: TypeAlias = Callable[[Given, list[GivenInput]], tuple[Given, Sequence[GivenInput]]]


def two_providers(*caps: Any) -> Books:
    """Two providers share one contract; neither sees what the other reports."""
    rules = [a_rule("job", 10_000), a_rule("home", 7_000, payee=OTHER)]
    metrics = [a_metric("job"), a_metric("home", reported_by=OTHER)]
    books = Books(activated(rules, caps, metrics, parties=[PAYER, PROVIDER, EVALUATOR, OTHER]))
    for n in range(8):
        books.verify(a_claim(n % 3, ("job", "home")[n % 2], str(n + 1), f"2026-0{n + 1}-01"))
    return books


CAPS: list[tuple[Any, ...]] = [
    (),
    (a_cap("contract", 40_000),),
    (a_cap("contract", 40_000, headroom="by_date"),),
    (a_cap("person", 15_000),),
    (a_cap("person", 15_000, headroom="by_date"), a_cap("contract", 30_000)),
    (a_cap("person", 20_000), a_cap("rule", 25_000, "job"), a_cap("contract", 33_333)),
]


@pytest.mark.parametrize("caps", CAPS)
@pytest.mark.parametrize("organisation", [PAYER, PROVIDER, OTHER])
def test_every_party_with_items_comes_to_the_same_result(caps: tuple[Any, ...], organisation: str) -> None:
    books = two_providers(*caps)
    first = books.settle(date(2026, 5, 15))
    second = books.settle()
    withdrawn = next(fact for fact in books.facts if getattr(fact, "order_key", None)).claim_id  # type: ignore[union-attr]
    books.tell(OutcomeWithdrawn(contract_id=books.contract_id, claim_id=withdrawn, withdrawn_at=NOON))
    third = books.settle(kind="correction")
    for settled in (first, second, third):
        result = recompute(*books.given_to(organisation, settled))
        assert result.same, result


@pytest.mark.parametrize("organisation", [PAYER, PROVIDER, OTHER])
def test_a_correction_to_a_metric_that_a_payee_is_not_given_is_said_alike_to_all(organisation: str) -> None:
    """Who reports both metrics corrects one to the other; who is paid for the first alone sees that it is gone."""
    rules = [a_rule("job", 10_000), a_rule("home", 7_000, payee=OTHER)]
    books = Books(activated(rules, parties=[PAYER, PROVIDER, EVALUATOR, OTHER]))
    wrong, right = a_claim(1, "home"), a_claim(1, "job")
    books.verify(wrong)
    books.settle()
    books.tell(OutcomeSuperseded(contract_id=books.contract_id, claim_id=wrong.id, superseded_by=right.id))
    books.tell(claimed(books.contract_id, right, wrong.id))
    result = recompute(*books.given_to(organisation, books.settle(kind="correction")))
    assert result.same, result


def test_a_provider_is_given_no_input_of_another_and_proofs_of_its_own() -> None:
    books = two_providers()
    settled = books.settle()
    given, inputs = books.given_to(PROVIDER, settled)
    assert all(b'"home"' not in row.body or b"contract.activated" in row.body for row in inputs)
    assert len(inputs) == 1 + 2 * 4, "the terms, and its own four claims with their decisions"
    assert given.input_count == 1 + 2 * 8
    assert all(row.proof for row in inputs)


def _last(changed: Callable[[GivenInput], GivenInput]) -> Tampering:
    return lambda given, inputs: (given, [*inputs[:-1], changed(inputs[-1])])


def _content(given: Given, old: str, new: str) -> Given:
    return replace(given, content=json.loads(json.dumps(given.content).replace(old, new)))


TAKEN = Rest(cap="contract", group="", minor=39_000)
EVERYBODYS: dict[str, Tampering] = {
    "a salt": _last(lambda row: replace(row, salt=b"x" * 16)),
    "an input": _last(lambda row: replace(row, body=row.body.replace(b"0088", b"0184"))),
    "the items' hash": lambda given, inputs: (replace(given, items_sha256="00" * 32), inputs),
    "the inputs' hash": lambda given, inputs: (replace(given, inputs_sha256="00" * 32), inputs),
    "the terms": lambda given, inputs: (replace(given, terms_root="00" * 32), inputs),
    "the content": lambda given, inputs: (_content(given, '"units": ', '"units": 1'), inputs),
    "the total": lambda given, inputs: (_content(given, '"total": {"amount": "', '"total": {"amount": "1'), inputs),
}
PAYERS: dict[str, Tampering] = EVERYBODYS | {"a missing input": lambda given, inputs: (given, inputs[:-1])}
PROVIDERS: dict[str, Tampering] = EVERYBODYS | {
    "a proof": _last(lambda row: replace(row, proof=(row.proof or ())[:-1])),
    "what others take up": lambda given, inputs: (
        replace(given, rest=(Rest(cap="contract", group="", minor=39_000),)),
        inputs,
    ),
}


@pytest.mark.parametrize(
    ("organisation", "tampering"),
    [pytest.param(PAYER, change, id=f"payer, {what}") for what, change in PAYERS.items()]
    + [pytest.param(PROVIDER, change, id=f"provider, {what}") for what, change in PROVIDERS.items()],
)
def test_whatever_was_changed_is_found(organisation: str, tampering: Tampering) -> None:
    books = two_providers(a_cap("contract", 40_000))
    given, inputs = books.given_to(organisation, books.settle())
    assert recompute(given, inputs).same
    assert not recompute(*tampering(given, inputs)).same


def test_a_difference_says_the_line_and_the_figure() -> None:
    books = two_providers()
    given, inputs = books.given_to(PAYER, books.settle())
    content = json.loads(json.dumps(given.content).replace('"people": 3', '"people": 4'))
    result = recompute(replace(given, content=content), inputs)
    assert any("job at 100.00, people: said 4, found 3" in difference for difference in result.differences)


@pytest.mark.parametrize(
    "unreadable",
    [
        lambda given, inputs: (replace(given, format="enzym-inputs/9"), inputs),
        lambda given, inputs: (given, inputs[1:]),
        lambda given, inputs: (replace(given, organisation=INVESTOR), inputs),
    ],
)
def test_what_cannot_be_computed_is_said_to_be_unreadable(unreadable: Any) -> None:
    books = Books(activated())
    books.verify(a_claim(1))
    with pytest.raises(InputsNotReadable):
        recompute(*unreadable(*books.given_to(PAYER, books.settle())))


def test_what_others_owe_back_gives_room_to_who_sees_a_part_as_well() -> None:
    metrics = [a_metric("job"), a_metric("fine", reported_by=EVALUATOR)]
    rules = [a_rule("job"), a_rule("fine", -4_000, payee=OTHER, two_sided=True)]
    parties = (PAYER, PROVIDER, EVALUATOR, OTHER)
    books = Books(activated(rules, [a_cap("contract", 8_000)], metrics, parties=parties))
    books.verify(a_claim(1, "job"), a_claim(2, "job"), a_claim(1, "fine"))
    settled = books.settle()
    assert settled.total == 8_000
    result = recompute(*books.given_to(PROVIDER, settled))
    assert result.same, result
