"""Deploy: reads a case from its file; a refusal names each field that is not right."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.demo.cases.case import Case, steps_into
from deploy.demo.cases.case_checks import check_case
from services.core.errors import FieldError, Refusal
from services.kit.doors import shapes

_WHOLE = 'A whole number; amounts and quantities are texts such as "12.50".'
CASES = Path(__file__).parents[5] / "tests" / "conformance" / "cases"


class CaseNotReadable(Exception):
    """The file is not a case of the format that is played here; the message names each field."""


def read_case(file: Path) -> Case:
    """The case in `file`. Errors: CaseNotReadable, which names the file and each field."""
    try:
        text = file.read_bytes()
        _check_numbers(text)
        case = shapes.read_json(Case, text)
        check_case(case)
    except OSError as fault:
        raise CaseNotReadable(f"{file} cannot be read: {fault.strerror}.") from None
    except Refusal as refusal:
        faults = "".join(f"\n  {error.pointer or '/'}: {error.detail}" for error in refusal.errors)
        raise CaseNotReadable(f"{file} is not a case as it is played here. {refusal.detail}{faults}") from None
    return case


def _check_numbers(text: bytes) -> None:
    """Names the pointer of each number with a fraction. The strict reader refuses them too, and knows no pointer."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return  # the strict reader explains better why this is no JSON
    faults = [FieldError(pointer, "number-not-whole", _WHOLE) for pointer in _fractions(document)]
    if faults:
        raise shapes.ShapeNotAllowed(errors=faults)


def _fractions(node: Any, at: str = "") -> Iterator[str]:
    if isinstance(node, float):
        yield at
    for step, child in steps_into(node):
        yield from _fractions(child, at + shapes.pointer([step]))


def find_case(name: str) -> Path:
    """The file of one of the cases that come with Enzym. Errors: CaseNotReadable, which names them all."""
    files = {file.stem: file for file in sorted(CASES.glob("*.json"))}
    if name not in files:
        raise CaseNotReadable(f"There is no case of that name here. There are: {', '.join(files)}.")
    return files[name]
