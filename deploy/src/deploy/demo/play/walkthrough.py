"""Deploy: the walkthrough of one case: also every claim sent a second time, and a paid claim corrected."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.demo.cases.claims import claim_rows
from deploy.demo.cases.expectations import ExpectedPayment
from deploy.demo.compare.amounts import minor
from deploy.demo.compare.comparison import differences
from deploy.demo.play import outcome_steps, phases, settlement_steps
from deploy.demo.play.case_run import CaseRun
from deploy.demo.play.phases import OnStep
from deploy.demo.print.one_line import statement_in_one_line
from deploy.demo.print.printer import Printer, grouped
from services.kit.doors import shapes


@dataclass(frozen=True, slots=True)
class WalkthroughResult:
    """The result of one run. `published`: the first statement is the published one, line by line. `unchanged`: every
    claim was sent a second time and nothing changed."""

    contract_id: str
    statement: Mapping[str, Any]
    correction: Mapping[str, Any]
    published: bool
    unchanged: bool

    @property
    def as_expected(self) -> bool:
        """Whether the statement, the repeat and the correction are as they must be."""
        return self.published and self.unchanged and minor(self.correction["total"]) < 0

    @property
    def differences(self) -> tuple[str, ...]:
        """A sentence when something is not as it must be."""
        return () if self.as_expected else ("This is NOT what was published.",)

    def lines(self) -> tuple[str, ...]:
        """For scripts: one line for each settlement."""
        return tuple(statement_in_one_line(statement) for statement in (self.statement, self.correction))

    def document(self) -> dict[str, Any]:
        """For programs: one JSON document."""
        return {
            "contractId": self.contract_id,
            "asPublished": self.published,
            "unchangedWhenSentAgain": self.unchanged,
            "statements": [self.statement, self.correction],
        }


def play_walkthrough(run: CaseRun, printer: Printer, on_step: OnStep = lambda _: None) -> WalkthroughResult:
    """Plays the case, the repeat and the correction on a fresh contract. Errors: Refused, NotReachable,
    RowsNotTaken."""
    phases.introduce(run, printer)
    contract_id = phases.agree(run, printer, on_step)
    contract = f"/v1/contracts/{contract_id}"
    phases.report(run, printer, contract, on_step)
    statement = _settle(run, printer, contract, on_step)
    unchanged = _send_again(run, printer, contract, on_step)
    correction = _correct(run, printer, contract, on_step)
    return WalkthroughResult(contract_id, statement, correction, is_published(run, statement), unchanged)


def is_published(run: CaseRun, statement: Mapping[str, Any]) -> bool:
    """Whether the statement has the total and the lines that the case expects."""
    expected = run.case.expected
    return isinstance(expected, ExpectedPayment) and not differences(expected, [statement], run.ids)


def _settle(run: CaseRun, printer: Printer, contract: str, on_step: OnStep) -> Mapping[str, Any]:
    printer.heading("The settlement")
    on_step("settle")
    statement = phases.settle(run, printer, contract, 1)
    printer.sentence("Prepared by one person of the payer, approved by another, posted; the payer pulls the statement.")
    verdict = "the same as" if is_published(run, statement) else "NOT the same as"
    total = f"{grouped(statement['total'])} {statement['currency']}"
    printer.sentence(f"Total {total}: {verdict} published, line by line.")
    printer.claims("Rejected, and so not paid", outcome_steps.rejected_claims(run, contract))
    phases.explain(run, printer, statement)
    return statement


def _send_again(run: CaseRun, printer: Printer, contract: str, on_step: OnStep) -> bool:
    printer.heading("The whole file once more")
    on_step("again")
    before = settlement_steps.position(run, contract)
    claims = len(claim_rows(run.case))
    with printer.progress("claims", claims) as on_row:
        counts = outcome_steps.claim(run, contract, on_row)
    unchanged = settlement_steps.position(run, contract) == before and counts["replayed"] == claims
    printer.sentence(f"{counts['replayed']} of {claims} rows are known already, {counts['created']} are new.")
    printer.sentence("Nothing changed." if unchanged else "Something CHANGED.")
    return unchanged


def _correct(run: CaseRun, printer: Printer, contract: str, on_step: OnStep) -> Mapping[str, Any]:
    printer.heading("A correction")
    on_step("correct")
    claim = settlement_steps.correct_claim(run, contract)
    corrected = f"The provider corrects the date of {claim['externalId']}, which is paid."
    printer.sentence(f"{corrected} Until the payer has verified")
    printer.sentence("the correction, there is no verified claim behind that amount: it is due back.")
    request = {**shapes.document(run.case.settlements[0]), "kind": "correction"}
    correction = settlement_steps.settle(run, contract, request)
    title = f"Statement {correction['number']}, {correction['state']}: what is different from what was posted"
    printer.statement(title, correction, run.case.rule_names)
    return correction
