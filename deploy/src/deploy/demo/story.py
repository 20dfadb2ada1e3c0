"""Deploy: the demo from beginning to end: what is done, in which order, and what must come out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.demo import agreeing, reporting, settling
from deploy.demo.people import claim_rows
from deploy.demo.show import Show, grouped, minor
from deploy.demo.stage import APPROVER, Stage


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

    def lines(self) -> tuple[str, ...]:
        """One line a settlement, for scripts."""
        return tuple(_in_one_line(one) for one in (self.statement, self.correction))


def _in_one_line(statement: Mapping[str, Any]) -> str:
    total = statement["total"]
    return (
        f"statement sha256:{statement['contentSha256']} total {total['amount']} {total['currency']} "
        f"lines {len(statement['lines'])}"
    )


Turn = Callable[[str], None]
"""Told the name of each step before it begins; whoever tests what a killed process does, kills it there."""


def play(stage: Stage, show: Show, turn: Turn = lambda _: None) -> Told:
    """Plays the whole case on a fresh contract. Errors: Refused, NotReachable, RowsNotTaken."""
    _introduce(stage, show)
    contract_id = _agree(stage, show, turn)
    contract = f"/v1/contracts/{contract_id}"
    _report(stage, show, contract, turn)
    statement = _settle(stage, show, contract, turn)
    unchanged = _send_again(stage, show, contract, turn)
    correction = _correct(stage, show, contract, turn)
    return Told(contract_id, statement, correction, is_published(stage, statement), unchanged)


def is_published(stage: Stage, statement: Mapping[str, Any]) -> bool:
    """Whether total and lines are those of the case."""
    expected = stage.case.expected
    shown = [{key: line[key] for key in ("rule", "price", "people", "units", "amount")} for line in statement["lines"]]
    return bool(shown == expected["lines"] and statement["total"] == expected["total"])


def _introduce(stage: Stage, show: Show) -> None:
    case = stage.case
    show.act(f"{case.title}, {case.place}")
    for sentence in (*(f"Source: {source}." for source in case.sources), *case.synthetic, *case.notes):
        show.say(sentence)


def _agree(stage: Stage, show: Show, turn: Turn) -> str:
    show.act("The contract")
    turn("register")
    agreeing.register(stage)
    for role, organisation in stage.organisations.items():
        show.say(f"{role}: {organisation.name} ({organisation.id})")
    turn("draft")
    contract_id = agreeing.draft(stage)
    contract = f"/v1/contracts/{contract_id}"
    rules = len(stage.case.contract["payment"]["rules"])
    show.say(f"Contract {contract_id} is drafted by the payer: {rules} prices, one cap.")
    turn("sign")
    agreeing.propose(stage, contract)
    root = agreeing.sign(stage, contract)
    show.say(f"Proposed, and signed by every party over the root {root}.")
    turn("activate")
    agreeing.activate(stage, contract)
    show.say("Active.")
    return contract_id


def _report(stage: Stage, show: Show, contract: str, turn: Turn) -> None:
    show.act("What was achieved")
    case = stage.case
    turn("enrol")
    with show.counting("participants", case.participants) as on_row:
        reporting.enrol(stage, contract, on_row)
    show.say(f"{case.participants} participants are enrolled, under keys that tell nothing of a person.")
    turn("claim")
    claims = len(claim_rows(case))
    with show.counting("claims", claims) as on_row:
        reporting.claim(stage, contract, on_row)
    show.say(f"{claims} outcomes are claimed by the provider, in one upload.")
    turn("verify")
    with show.counting("decisions", claims) as on_row:
        reporting.verify(stage, contract, on_row)
    rejected = reporting.rejected_claims(stage, contract)
    show.say(f"{claims - len(rejected)} are verified by the payer, {len(rejected)} rejected.")


def _settle(stage: Stage, show: Show, contract: str, turn: Turn) -> Mapping[str, Any]:
    show.act("The settlement")
    turn("settle")
    statement = settling.settle(stage, contract, stage.case.settlement)
    show.say("Prepared by one person of the payer, approved by another, posted; the payer pulls the statement.")
    names = stage.case.metric_names
    show.statement(f"Statement {statement['number']}, {statement['state']}", statement, names)
    expected = stage.case.expected["total"]
    verdict = "the same as" if is_published(stage, statement) else "NOT the same as"
    show.say(f"Total {grouped(statement['total'])} {statement['currency']}: {verdict} published, {grouped(expected)}.")
    show.claims("Rejected, and so not paid", reporting.rejected_claims(stage, contract))
    show.explanation("Why one item is what it is", settling.explain_one(stage, statement))
    return statement


def _send_again(stage: Stage, show: Show, contract: str, turn: Turn) -> bool:
    show.act("The whole file once more")
    turn("again")
    before = settling.position(stage, contract)
    claims = len(claim_rows(stage.case))
    with show.counting("claims", claims) as on_row:
        summary = reporting.claim(stage, contract, on_row).summary
    unchanged = settling.position(stage, contract) == before and summary["replayed"] == claims
    show.say(f"{summary['replayed']} of {claims} rows are known already, {summary['created']} are new.")
    show.say("Nothing changed." if unchanged else "Something CHANGED.")
    return unchanged


def _correct(stage: Stage, show: Show, contract: str, turn: Turn) -> Mapping[str, Any]:
    show.act("A correction")
    turn("correct")
    claim = settling.correct_one(stage, contract)
    show.say(f"The provider corrects the date of {claim['externalId']}, which is paid. Until the payer has verified")
    show.say("the correction, there is no verified claim behind that amount: it is due back.")
    correction = settling.settle(stage, contract, {**stage.case.settlement, "kind": "correction"})
    title = f"Statement {correction['number']}, {correction['state']}: what is different from what was posted"
    show.statement(title, correction, stage.case.metric_names)
    return correction


PERSONS = ("payer", APPROVER, "investor", "provider", "evaluator")
"""Whose tokens the story needs."""
