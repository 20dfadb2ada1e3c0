"""Deploy: plays any case from registration to its last settlement, and compares the result."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.demo.cases.case import Case
from deploy.demo.cases.expectations import ExpectedGate, ExpectedRefusal
from deploy.demo.compare.comparison import differences, gate_of, refusal_differences
from deploy.demo.play import contract_steps, phases
from deploy.demo.play.case_run import CaseRun
from deploy.demo.play.client import Refused
from deploy.demo.play.phases import OnStep
from deploy.demo.print.one_line import expected_in_one_line, got_in_one_line, statement_in_one_line
from deploy.demo.print.printer import Printer


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The result of one run: the posted statements, or the problem document with which drafting was refused; and each
    difference from what was expected."""

    case: Case
    contract_id: str | None
    statements: tuple[Mapping[str, Any], ...]
    refusal: Mapping[str, Any] | None
    differences: tuple[str, ...]

    @property
    def as_expected(self) -> bool:
        """Whether there is no difference."""
        return not self.differences

    @property
    def gates(self) -> dict[str, str]:
        """Whether each gate holds, of the gates that the case names in what it expects."""
        expected = self.case.expected
        gates = expected.gates if isinstance(expected, ExpectedGate) and self.statements else ()
        return {gate.rule: gate_of(gate.rule, self.statements) for gate in gates}

    def lines(self) -> tuple[str, ...]:
        """For scripts: one line for each gate, each fault of a refusal, each settlement."""
        faults = (self.refusal or {}).get("errors", ())
        return (
            *(f"gate {rule} {holds}" for rule, holds in self.gates.items()),
            *(f"refused {fault['code']} {fault['pointer']}" for fault in faults),
            *(statement_in_one_line(statement) for statement in self.statements),
        )

    def document(self) -> dict[str, Any]:
        """For programs: one JSON document."""
        return {
            "case": self.case.id,
            "contractId": self.contract_id,
            "asExpected": self.as_expected,
            "differences": list(self.differences),
            "gates": self.gates,
            "refusal": self.refusal,
            "statements": list(self.statements),
        }


def _ignore_step(step: str) -> None:
    """For a run in which nothing waits for a step."""


def play_case(run: CaseRun, printer: Printer, on_step: OnStep = _ignore_step) -> CaseResult:
    """Plays a case on a fresh contract. Errors: Refused, NotReachable, RowsNotTaken."""
    phases.introduce(run, printer)
    expected = run.case.expected
    if isinstance(expected, ExpectedRefusal):
        return _play_refusal(run, printer, on_step, expected)
    contract_id = phases.agree(run, printer, on_step)
    contract = f"/v1/contracts/{contract_id}"
    phases.report(run, printer, contract, on_step)
    printer.heading("The settlement" if len(run.case.settlements) == 1 else "The settlements")
    on_step("settle")
    numbers = range(1, len(run.case.settlements) + 1)
    statements = tuple(phases.settle(run, printer, contract, number) for number in numbers)
    phases.print_sums(run, printer, statements)
    phases.explain(run, printer, statements[-1])
    result = CaseResult(run.case, contract_id, statements, None, tuple(differences(expected, statements, run.ids)))
    _print_comparison(printer, result)
    return result


def _play_refusal(run: CaseRun, printer: Printer, on_step: OnStep, expected: ExpectedRefusal) -> CaseResult:
    phases.register(run, printer, on_step)
    on_step("draft")
    contract_id, problem = None, None
    try:
        contract_id = contract_steps.draft(run)
    except Refused as refusal:
        if refusal.status >= 500:
            raise
        problem = refusal.problem
        printer.sentence(f"Drafting is refused: {refusal.status} {refusal.code}: {problem.get('detail')}")
        for fault in problem.get("errors", ()):
            printer.sentence(f"{fault['pointer']}: {fault['code']}: {fault['detail']}")
    result = CaseResult(run.case, contract_id, (), problem, tuple(refusal_differences(expected, problem)))
    _print_comparison(printer, result)
    return result


def _print_comparison(printer: Printer, result: CaseResult) -> None:
    printer.heading("Expected and got")
    expected = result.case.expected
    printer.sentence(f"Expected: {expected_in_one_line(expected)}")
    printer.sentence(f"Got: {got_in_one_line(expected, result.statements, result.refusal)}")
    for difference in result.differences:
        printer.sentence(f"Not as expected: {difference}")
