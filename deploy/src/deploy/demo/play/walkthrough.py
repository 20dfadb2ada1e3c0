"""Deploy: the whole story of one case: also what happens when all is sent once more, and when a claim is corrected."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.demo.cases.claims import claim_rows
from deploy.demo.cases.expectations import ExpectedPayment
from deploy.demo.compare.comparison import differences
from deploy.demo.play import outcome_steps, phases, settlement_steps
from deploy.demo.play.case_run import Stage
from deploy.demo.play.phases import Turn
from deploy.demo.print.one_line import statement_in_one_line
from deploy.demo.print.printer import Show, grouped, minor
from services.kit.doors import shapes


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one run. `published` says whether the first statement is the published one, line by line;
    `unchanged` whether sending every claim again changed nothing."""

    contract_id: str
    statement: Mapping[str, Any]
    correction: Mapping[str, Any]
    published: bool
    unchanged: bool

    @property
    def came_out(self) -> bool:
        """Whether everything is as it must be."""
        return self.published and self.unchanged and minor(self.correction["total"]) < 0

    @property
    def differences(self) -> tuple[str, ...]:
        """What is not as it must be, in words."""
        return () if self.came_out else ("This is NOT what was published.",)

    def lines(self) -> tuple[str, ...]:
        """One line a settlement, for scripts."""
        return tuple(statement_in_one_line(one) for one in (self.statement, self.correction))

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "contractId": self.contract_id,
            "asPublished": self.published,
            "unchangedWhenSentAgain": self.unchanged,
            "statements": [self.statement, self.correction],
        }


def play(stage: Stage, show: Show, turn: Turn = lambda _: None) -> Told:
    """Plays the whole case on a fresh contract. Errors: Refused, NotReachable, RowsNotTaken."""
    phases.introduce(stage, show)
    contract_id = phases.agree(stage, show, turn)
    contract = f"/v1/contracts/{contract_id}"
    phases.report(stage, show, contract, turn)
    statement = _settle(stage, show, contract, turn)
    unchanged = _send_again(stage, show, contract, turn)
    correction = _correct(stage, show, contract, turn)
    return Told(contract_id, statement, correction, is_published(stage, statement), unchanged)


def is_published(stage: Stage, statement: Mapping[str, Any]) -> bool:
    """Whether total and lines are those of the case."""
    expected = stage.case.expected
    return isinstance(expected, ExpectedPayment) and not differences(expected, [statement], stage.ids)


def _settle(stage: Stage, show: Show, contract: str, turn: Turn) -> Mapping[str, Any]:
    show.act("The settlement")
    turn("settle")
    statement = phases.settle(stage, show, contract, 1)
    show.say("Prepared by one person of the payer, approved by another, posted; the payer pulls the statement.")
    verdict = "the same as" if is_published(stage, statement) else "NOT the same as"
    show.say(f"Total {grouped(statement['total'])} {statement['currency']}: {verdict} published, line by line.")
    show.claims("Rejected, and so not paid", outcome_steps.rejected_claims(stage, contract))
    phases.explain(stage, show, statement)
    return statement


def _send_again(stage: Stage, show: Show, contract: str, turn: Turn) -> bool:
    show.act("The whole file once more")
    turn("again")
    before = settlement_steps.position(stage, contract)
    claims = len(claim_rows(stage.case))
    with show.counting("claims", claims) as on_row:
        results = outcome_steps.claim(stage, contract, on_row)
    unchanged = settlement_steps.position(stage, contract) == before and results["replayed"] == claims
    show.say(f"{results['replayed']} of {claims} rows are known already, {results['created']} are new.")
    show.say("Nothing changed." if unchanged else "Something CHANGED.")
    return unchanged


def _correct(stage: Stage, show: Show, contract: str, turn: Turn) -> Mapping[str, Any]:
    show.act("A correction")
    turn("correct")
    claim = settlement_steps.correct_one(stage, contract)
    show.say(f"The provider corrects the date of {claim['externalId']}, which is paid. Until the payer has verified")
    show.say("the correction, there is no verified claim behind that amount: it is due back.")
    body = {**shapes.document(stage.case.settlements[0]), "kind": "correction"}
    correction = settlement_steps.settle(stage, contract, body)
    title = f"Statement {correction['number']}, {correction['state']}: what is different from what was posted"
    show.statement(title, correction, stage.case.rule_names)
    return correction
