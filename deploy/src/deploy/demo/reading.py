"""Deploy: a case is read from its file; what is no case is refused with each field by name."""

from pathlib import Path

from deploy.demo.case import Case
from deploy.demo.checking import check_case
from services.core.errors import Refusal
from services.kit import shapes

CASES = Path(__file__).parents[4] / "tests" / "conformance" / "cases"


class CaseNotReadable(Exception):
    """The file is not a case of the format that is played here; the message names each field."""


def read_case(file: Path) -> Case:
    """The case in `file`. Errors: CaseNotReadable, which names the file and each field."""
    try:
        case = shapes.read_json(Case, file.read_bytes())
        check_case(case)
    except OSError as fault:
        raise CaseNotReadable(f"{file} cannot be read: {fault.strerror}.") from None
    except Refusal as fault:
        faults = "".join(f"\n  {one.pointer or '/'}: {one.detail}" for one in fault.errors)
        raise CaseNotReadable(f"{file} is not a case as it is played here. {fault.detail}{faults}") from None
    return case


def find_case(name: str) -> Path:
    """The file of one of the cases that come with Enzym. Errors: CaseNotReadable, which names them all."""
    known = {file.stem: file for file in sorted(CASES.glob("*.json"))}
    if name not in known:
        raise CaseNotReadable(f"There is no case of that name here. There are: {', '.join(known)}.")
    return known[name]
