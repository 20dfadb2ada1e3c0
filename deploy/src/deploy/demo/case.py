"""Deploy: a published case as its file tells it: terms, what was claimed, and the statement that must come out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

CASES = Path(__file__).parents[4] / "tests" / "conformance" / "cases"
FORMAT = "enzym-case/1"


class CaseNotReadable(Exception):
    """The file is not a case of the format that is played here."""


@dataclass(frozen=True, slots=True)
class Case:
    """One published contract. `claimed` and `rejected` count people by metric; `contract` is the body of
    POST /v1/contracts with `{role}` in place of each organisation id."""

    id: str
    title: str
    place: str
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    synthetic: tuple[str, ...]
    contract: Mapping[str, Any]
    participants: int
    cohort: str
    one_after_another: tuple[tuple[str, ...], ...]
    claimed: Mapping[str, int]
    rejected: Mapping[str, int]
    settlement: Mapping[str, Any]
    expected: Mapping[str, Any]

    @property
    def starts_on(self) -> date:
        """The first day on which something can be achieved."""
        return date.fromisoformat(self.contract["outcomePeriod"]["start"])

    @property
    def ends_on(self) -> date:
        """The first day on which nothing can be achieved any more."""
        return date.fromisoformat(self.contract["outcomePeriod"]["end"])

    @property
    def metric_names(self) -> dict[str, str]:
        """What each metric is called, by its code, in the order of the terms."""
        return {metric["code"]: metric["name"] for metric in self.contract["outcomes"]["metrics"]}

    def contract_between(self, organisations: Mapping[str, str]) -> dict[str, Any]:
        """The contract with organisation ids (by role) in their places."""
        text = json.dumps(self.contract)
        for role, organisation in organisations.items():
            text = text.replace(f'"{{{role}}}"', json.dumps(organisation))
        body: dict[str, Any] = json.loads(text)
        return body


def read_case(file: Path) -> Case:
    """The case in `file`. Errors: CaseNotReadable, which names the file."""
    try:
        told = json.loads(file.read_text())
        if told["format"] != FORMAT:
            raise CaseNotReadable(f"{file} is not in the format {FORMAT}.")
        return Case(
            id=told["id"],
            title=told["title"],
            place=told["place"],
            sources=tuple(told["sources"]),
            notes=tuple(told["notes"]),
            synthetic=tuple(told["synthetic"]),
            contract=told["contract"],
            participants=told["people"]["count"],
            cohort=told["people"]["cohort"],
            one_after_another=tuple(tuple(row) for row in told["oneAfterAnother"]),
            claimed=told["claimed"],
            rejected=told["rejected"],
            settlement=told["settlement"],
            expected=told["expected"],
        )
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise CaseNotReadable(f"{file} cannot be read as a case: {type(fault).__name__}.") from fault
