"""Tests: what the answers of one mechanism's rows must agree on, between the two tables and between two fields."""

from collections.abc import Iterator
from typing import Any

from services.core.terms.mechanisms import mechanism as core
from settlement_service.domain.mechanisms import mechanism


def disagreements(of_terms: core.Mechanism[Any], row: mechanism.Mechanism[Any]) -> list[str]:
    """What is wrong with a mechanism's two rows, by the name of its shape: nothing where they agree."""
    disagreeing = [*_of_items(of_terms, row), *_of_reasons(of_terms, row)]
    return [f"{row.shape.__name__}: {each}" for each in disagreeing]


def _of_items(of_terms: core.Mechanism[Any], row: mechanism.Mechanism[Any]) -> Iterator[str]:
    by_claim = row.payment_for is not mechanism.nothing_by_claim
    if row.gives_nothing:
        yield "gives items neither by claim (payment_for), over the contract, nor over rules"
    if of_terms.pays_over_rules != (row.items_over_rules is not mechanism.no_items_over_rules):
        yield "pays_over_rules is not what items_over_rules does"
    if by_claim and of_terms.pays_each_subject is core.subjects_together:
        yield "payment_for is never asked, as pays_each_subject is no"
    if not by_claim and of_terms.pays_each_subject is not core.subjects_together:
        yield "pays_each_subject is yes, and payment_for gives nothing"
    if (
        of_terms.pays_each_subject is core.subjects_alone
        and row.items_of_contract is not mechanism.no_items_of_contract
    ):
        yield "items_of_contract looks at subjects whose claims are not read, as pays_each_subject is yes"


def _of_reasons(of_terms: core.Mechanism[Any], row: mechanism.Mechanism[Any]) -> Iterator[str]:
    """What accrues carries no reason, so a settlement from accruals and one over all would say other things."""
    says_why = row.reason_without_items is not mechanism.no_reason
    accrues = of_terms.pays_each_subject is not core.subjects_together
    if says_why and accrues and row.depends_on_others is mechanism.never:
        yield "reason_without_items ends with the claim of anybody, so depends_on_others is not never"
