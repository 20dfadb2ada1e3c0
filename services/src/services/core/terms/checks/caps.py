"""Core: faults of caps: each with what its kind needs, and one of a kind."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import assert_never

from services.core.errors import FieldError
from services.core.terms.faults.amounts import positive
from services.core.terms.faults.declared import Declared
from services.core.terms.faults.plain import fault
from services.core.terms.model import Agreement
from services.core.terms.payment import Cap, CapKind
from services.core.values import camel

OWN: Mapping[str, tuple[CapKind, str | None]] = MappingProxyType(
    {
        "rule": ("rule", None),
        "payer": ("payer", None),
        "every": ("period", "How long a period is: 'month', 'quarter' or 'year'."),
        "period_basis": ("period", "What puts an amount into a period: 'achieved' or 'settled'."),
        "overflow": ("payer", "Where the rest goes: 'next_payer' or 'lost'."),
    }
)
"""Fields that one kind of cap has alone, each with what is allowed where it is missing (None: `_whose` says it)."""


def caps(declared: Declared, agreement: Agreement) -> Iterator[FieldError]:
    """Every cap."""
    seen: set[tuple[str, str | None, str | None]] = set()
    for place, cap in enumerate(agreement.payment.caps):
        at = f"/payment/caps/{place}"
        yield from positive(declared, cap.amount, f"{at}/amount")
        yield from _fields(cap, at)
        yield from _headroom(cap, at)
        yield from _whose(declared, cap, at)
        if (cap.kind, cap.rule, cap.payer) in seen:
            yield fault(at, "cap-twice", "One cap of a kind; of rule and payer caps one for each rule and payer.")
        seen.add((cap.kind, cap.rule, cap.payer))


def _fields(cap: Cap, at: str) -> Iterator[FieldError]:
    """The fields of the cap's own kind, and none of another kind."""
    for name, (kind, missing) in OWN.items():
        pointer, code, there = f"{at}/{camel(name)}", name.replace("_", "-"), getattr(cap, name) is not None
        if there and cap.kind != kind:
            yield fault(pointer, f"{code}-not-expected", f"Only a cap of the kind '{kind}' names one.")
        if not there and cap.kind == kind and missing is not None:
            yield fault(pointer, f"{code}-missing", missing)


def _headroom(cap: Cap, at: str) -> Iterator[FieldError]:
    """What was settled in a period, or paid by a payer, stays so: nothing goes by date there."""
    if cap.headroom == "by_date" and (cap.kind == "payer" or cap.period_basis == "settled"):
        yield fault(f"{at}/headroom", "headroom-not-expected", "'keep_paid', or leave it out.")


def _whose(declared: Declared, cap: Cap, at: str) -> Iterator[FieldError]:
    match cap.kind:
        case "rule":
            if cap.rule not in declared.rules:
                yield fault(f"{at}/rule", "rule-unknown", "The code of a payment rule.")
        case "payer":
            if not declared.is_payer(cap.payer):
                yield fault(f"{at}/payer", "payer-unknown", "The organisation id of a party with the role payer.")
            elif cap.overflow == "next_payer" and cap.payer == declared.payers[-1]:
                yield fault(f"{at}/overflow", "next-payer-missing", "'lost', as no payer comes after this one.")
        case "person" | "period" | "contract":
            pass
        case _:
            assert_never(cap.kind)
