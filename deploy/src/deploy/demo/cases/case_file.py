"""Deploy: a case is read from its file; what is no case is refused with each field by name."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.demo.cases.case import Case
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
    except Refusal as fault:
        faults = "".join(f"\n  {one.pointer or '/'}: {one.detail}" for one in fault.errors)
        raise CaseNotReadable(f"{file} is not a case as it is played here. {fault.detail}{faults}") from None
    return case


def _check_numbers(text: bytes) -> None:
    """Numbers with a fraction are refused before anything is known of where they stand: here they are looked for."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return  # said better by who reads it strictly
    faults = [FieldError(pointer, "number-not-whole", _WHOLE) for pointer in _fractions(document)]
    if faults:
        raise shapes.ShapeNotAllowed(errors=faults)


def _fractions(node: Any, at: str = "") -> Iterator[str]:
    if isinstance(node, float):
        yield at
    for step, child in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from _fractions(child, at + shapes.pointer([step]))


def find_case(name: str) -> Path:
    """The file of one of the cases that come with Enzym. Errors: CaseNotReadable, which names them all."""
    known = {file.stem: file for file in sorted(CASES.glob("*.json"))}
    if name not in known:
        raise CaseNotReadable(f"There is no case of that name here. There are: {', '.join(known)}.")
    return known[name]
