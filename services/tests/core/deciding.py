"""Tests: what is wrong with terms, as pointers and codes; tables of terms that are each wrong in one way."""

from collections.abc import Iterable
from typing import Any

import pytest

from services.core.errors import FieldError
from services.core.terms.checks import TermsNotValid, check_terms
from services.core.terms.model import Agreement
from services.kit.doors import shapes

Row = tuple[dict[str, Any], str, str]
"""What is changed in terms that can be decided, the pointer of the fault, and its code."""


def faults_of(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Pointer and code of each fault. What would be allowed is always said."""
    agreement = shapes.read(Agreement, document)
    try:
        check_terms(agreement)
    except TermsNotValid as refusal:
        return [_said(fault) for fault in refusal.errors]
    return []


def _said(fault: FieldError) -> tuple[str, str]:
    assert fault.detail.endswith(".")
    return fault.pointer, fault.code


def table(rows: Iterable[Row]) -> pytest.MarkDecorator:
    """One test for each row, told apart by number, code and pointer."""
    listed = list(rows)
    ids = [f"{number} {code} at {pointer}" for number, (_, pointer, code) in enumerate(listed)]
    return pytest.mark.parametrize(("changes", "pointer", "code"), listed, ids=ids)
