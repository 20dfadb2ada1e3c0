"""Deploy: any case from beginning to end, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.demo.cases.case import Case
from deploy.demo.cases.expectations import ExpectedGate, ExpectedRefusal
from deploy.demo.compare.comparison import differences, gate_of, refusal_differences
from deploy.demo.play import contract_steps, phases
from deploy.demo.play.case_run import Stage
from deploy.demo.play.client import Refused
from deploy.demo.play.phases import Turn
from deploy.demo.print.one_line import expected_in_one_line, got_in_one_line, statement_in_one_line
from deploy.demo.print.printer import Show


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one run: the posted statements, or the problem document with which drafting was refused; and how
    that is unlike what was expected."""

    case: Case
    contract_id: str | None
    statements: tuple[Mapping[str, Any], ...]
    refusal: Mapping[str, Any] | None
    differences: tuple[str, ...]

    @property
    def came_out(self) -> bool:
        """Whether everything is as it must be."""
        return not self.differences

    @property
    def gates(self) -> dict[str, str]:
        """What each gate that something is expected of is."""
        expected = self.case.expected
        asked = expected.gates if isinstance(expected, ExpectedGate) and self.statements else ()
        return {gate.rule: gate_of(gate.rule, self.statements) for gate in asked}

    def lines(self) -> tuple[str, ...]:
        """For scripts: one line a gate, a fault of a refusal, a settlement."""
        faults = (self.refusal or {}).get("errors", ())
        return (
            *(f"gate {rule} {holds}" for rule, holds in self.gates.items()),
            *(f"refused {fault['code']} {fault['pointer']}" for fault in faults),
            *(statement_in_one_line(statement) for statement in self.statements),
        )

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "case": self.case.id,
            "contractId": self.contract_id,
            "asExpected": self.came_out,
            "differences": list(self.differences),
            "gates": self.gates,
            "refusal": self.refusal,
            "statements": list(self.statements),
        }


def _no_turn(step: str) -> None:
    """Nobody waits for a step."""


def play_case(stage: Stage, show: Show, turn: Turn = _no_turn) -> Played:
    """Plays a case on a fresh contract. Errors: Refused, NotReachable, RowsNotTaken."""
    phases.introduce(stage, show)
    expected = stage.case.expected
    if isinstance(expected, ExpectedRefusal):
        return _refused(stage, show, turn, expected)
    contract_id = phases.agree(stage, show, turn)
    contract = f"/v1/contracts/{contract_id}"
    phases.report(stage, show, contract, turn)
    show.act("The settlement" if len(stage.case.settlements) == 1 else "The settlements")
    turn("settle")
    numbers = range(1, len(stage.case.settlements) + 1)
    statements = tuple(phases.settle(stage, show, contract, number) for number in numbers)
    phases.show_sums(stage, show, statements)
    phases.explain(stage, show, statements[-1])
    unlike = differences(expected, statements, stage.ids)
    return _told(show, Played(stage.case, contract_id, statements, None, tuple(unlike)))


def _refused(stage: Stage, show: Show, turn: Turn, expected: ExpectedRefusal) -> Played:
    phases.register(stage, show, turn)
    turn("draft")
    contract_id, problem = None, None
    try:
        contract_id = contract_steps.draft(stage)
    except Refused as refusal:
        if refusal.status >= 500:
            raise
        problem = refusal.problem
        show.say(f"Drafting is refused: {refusal.status} {refusal.code}: {problem.get('detail')}")
        for fault in problem.get("errors", ()):
            show.say(f"{fault['pointer']}: {fault['code']}: {fault['detail']}")
    unlike = refusal_differences(expected, problem)
    return _told(show, Played(stage.case, contract_id, (), problem, tuple(unlike)))


def _told(show: Show, played: Played) -> Played:
    show.act("Expected and got")
    expected = played.case.expected
    show.say(f"Expected: {expected_in_one_line(expected)}")
    show.say(f"Got: {got_in_one_line(expected, played.statements, played.refusal)}")
    for difference in played.differences:
        show.say(f"Not as expected: {difference}")
    return played
