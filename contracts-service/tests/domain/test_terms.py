import hashlib
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from contracts_service.domain.terms import NotSignable, Sealed, check_spelling, part_of, seal, signable
from services.core.access import RoleNotAllowed
from services.core.errors import NotFound
from services.core.terms.checks import TermsNotValid
from services.core.terms.model import Agreement
from services.kit.doors import shapes

from ..builders import (
    CONTRACT_ID,
    EVALUATOR,
    INVESTOR,
    NOW,
    PAYER,
    PROVIDER,
    SALTS,
    an_agreement,
    an_offer,
    sealed_terms,
)

CHANGES: dict[str, Callable[[dict[str, Any], Any], None]] = {
    "timeZone": lambda document, new: document.update(timeZone=new),
    "claimsCloseOn": lambda document, new: document.update(claimsCloseOn=new),
    "effectiveFrom": lambda document, new: document.update(effectiveFrom=new),
    "a party's role": lambda document, new: document["parties"][3].update(role=new),
    "the service period": lambda document, new: document["servicePeriod"].update(end=new),
    "the outcome period": lambda document, new: document["outcomePeriod"].update(end=new),
    "a metric's name": lambda document, new: document["outcomes"]["metrics"][0].update(name=new),
    "a cohort's size": lambda document, new: document["outcomes"]["cohorts"][0].update(size=new),
    "a price": lambda document, new: document["payment"]["rules"][0]["prices"][0]["price"].update(amount=new),
    "a cap": lambda document, new: document["payment"]["caps"][0]["amount"].update(amount=new),
    "who reads": lambda document, new: document["payment"].update(readableBy=["payer", new]),
}
AMOUNT = st.integers(1, 10**12).map(lambda minor: f"{minor // 100}.{minor % 100:02}")
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "timeZone": st.sampled_from(["Europe/Oslo", "Europe/Stockholm", "Atlantic/Reykjavik"]),
    "claimsCloseOn": st.dates(min_value=NOW.date().replace(year=2029)).map(str),
    "effectiveFrom": st.dates(max_value=NOW.date().replace(month=1, day=1)).map(str),
    "a party's role": st.sampled_from(["provider", "intermediary"]),
    "the service period": st.dates(min_value=NOW.date()).map(str),
    "the outcome period": st.dates(min_value=NOW.date(), max_value=NOW.date().replace(year=2029)).map(str),
    "a metric's name": st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=20),
    "a cohort's size": st.integers(1, 10**6),
    "a price": AMOUNT,
    "a cap": AMOUNT,
    "who reads": st.sampled_from(["investor", "provider", "evaluator"]),
}


def root_of(document: dict[str, Any], **other: Any) -> str:
    return str(sealed_terms(signable(document), **other).terms.root)


@settings(deadline=None)
@given(st.sampled_from(sorted(CHANGES)).flatmap(lambda name: st.tuples(st.just(name), VALUES[name])))
def test_whatever_is_agreed_otherwise_has_another_root(change: tuple[str, Any]) -> None:
    name, new = change
    document = an_agreement()
    CHANGES[name](document, new)
    assume(signable(document) != signable(an_agreement()))
    assert root_of(document) != root_of(an_agreement())


@settings(deadline=None)
@given(st.integers(2, 1000), st.uuids(), st.binary(min_size=16, max_size=16), st.sampled_from(["outcomes", "payment"]))
def test_another_contract_version_or_salt_has_another_root(version: int, other: UUID, salt: bytes, part: str) -> None:
    assume(salt != SALTS[part] and other != CONTRACT_ID)
    root = root_of(an_agreement())
    assert root_of(an_agreement(), version=version) != root
    assert root_of(an_agreement(), contract_id=other) != root
    assert root_of(an_agreement(), salts={**SALTS, part: salt}) != root


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_keys_and_white_space_do_not_count(random: Any) -> None:
    def shuffled(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: shuffled(node[key]) for key in random.sample(sorted(node), len(node))}
        return [shuffled(child) for child in node] if isinstance(node, list) else node

    document = json.loads(json.dumps(shuffled(an_agreement()), indent=random.choice([None, 3])))
    assert root_of(document) == root_of(an_agreement())


def test_two_spellings_of_one_letter_in_unicode_are_one() -> None:
    document = an_agreement()
    document["outcomes"]["metrics"][0]["name"] = "I arbejde i 13 uger, pa\u030a Ærø"
    composed = an_agreement()
    composed["outcomes"]["metrics"][0]["name"] = "I arbejde i 13 uger, p\u00e5 Ærø"
    assert root_of(document) == root_of(composed)


def test_anyone_can_compute_the_root_from_what_a_party_is_given() -> None:
    sealed = sealed_terms()
    document = json.loads(sealed.terms.root_bytes)
    assert sealed.terms.root == hashlib.sha256(rfc8785.dumps(document)).hexdigest()
    for name, part in sealed.parts.items():
        content = rfc8785.dumps(an_agreement()[name])
        assert part.content == content
        assert document["parts"][name] == hashlib.sha256(SALTS[name] + content).hexdigest() == part.sha256


def test_no_default_is_filled_in_and_nothing_is_left_out() -> None:
    sealed = sealed_terms()
    assert json.loads(sealed.parts["outcomes"].content) == an_agreement()["outcomes"]
    assert json.loads(sealed.parts["payment"].content) == an_agreement()["payment"]


def test_the_root_document_as_values_is_the_root_document() -> None:
    terms = sealed_terms().terms
    assert rfc8785.dumps(shapes.document(terms.root_document)) == terms.root_bytes


def test_who_has_the_hash_of_a_part_cannot_try_out_its_content() -> None:
    part = sealed_terms().parts["payment"]
    assert part.sha256 != hashlib.sha256(part.content).hexdigest()
    assert part.salt not in part.content


def test_terms_that_cannot_be_decided_are_not_sealed() -> None:
    document = an_agreement()
    document["outcomes"]["metrics"][0]["verifiedBy"] = PROVIDER
    with pytest.raises(TermsNotValid) as refusal:
        sealed_terms(document)
    assert refusal.value.errors[0].pointer == "/outcomes/metrics/0/verifiedBy"


def test_null_is_refused_where_it_stands() -> None:
    document = an_agreement()
    document["outcomes"]["cohorts"][0]["start"] = None
    document["payment"]["rules"][0]["maxUnitsPerPerson"] = None
    with pytest.raises(NotSignable) as refusal:
        signable(document)
    assert [(fault.pointer, fault.code) for fault in refusal.value.errors] == [
        ("/outcomes/cohorts/0/start", "null-not-allowed"),
        ("/payment/rules/0/maxUnitsPerPerson", "null-not-allowed"),
    ]


def test_a_date_that_is_written_in_seconds_is_refused() -> None:
    document = {**an_agreement(), "effectiveFrom": "1767225600"}
    with pytest.raises(NotSignable) as refusal:
        check_spelling(document, shapes.document(shapes.read(Agreement, document)))
    assert [(fault.pointer, fault.code) for fault in refusal.value.errors] == [
        ("/effectiveFrom", "spelling-not-allowed")
    ]


def test_terms_as_they_are_usually_written_are_in_the_agreed_spelling() -> None:
    check_spelling(an_agreement(), shapes.document(shapes.read(Agreement, an_agreement())))


@pytest.mark.parametrize(
    ("readable_by", "readers"),
    [
        (None, {PAYER, INVESTOR, PROVIDER, EVALUATOR}),
        (["payer"], {PAYER}),
        (["payer", "investor"], {PAYER, INVESTOR}),
        (["payer", "guarantor"], {PAYER}),
    ],
)
def test_a_part_is_for_the_roles_that_it_names(readable_by: list[str] | None, readers: set[str]) -> None:
    document = an_agreement()
    if readable_by is not None:
        document["payment"]["readableBy"] = readable_by
    sealed = sealed_terms(document)
    assert sealed.parts["payment"].readers == readers
    assert sealed.parts["outcomes"].readers == {PAYER, INVESTOR, PROVIDER, EVALUATOR}


def test_a_part_that_is_not_for_the_reader_is_told_from_one_that_is_not_there() -> None:
    whole = sealed_terms()
    seen = Sealed(whole.terms, {"outcomes": whole.parts["outcomes"]})
    assert part_of(seen, "outcomes") == whole.parts["outcomes"]
    with pytest.raises(RoleNotAllowed):
        part_of(seen, "payment")
    with pytest.raises(NotFound):
        part_of(seen, "investment")


def test_a_new_version_is_a_draft_of_now() -> None:
    terms = seal(CONTRACT_ID, 3, an_offer(), SALTS, NOW).terms
    assert (terms.version, terms.state, terms.recorded_at) == (3, "draft", NOW)
