"""Deploy: what all cases have in common, act by act: who takes part, what is agreed, achieved and due."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from deploy.demo.cases.claims import claims_of
from deploy.demo.compare.comparison import totals
from deploy.demo.play import contract_steps, outcome_steps, settlement_steps
from deploy.demo.play.case_run import Stage
from deploy.demo.print.printer import Show
from services.kit.doors import shapes

Turn = Callable[[str], None]
"""Told the name of each step before it begins; whoever tests what a killed process does, kills it there."""


def introduce(stage: Stage, show: Show) -> None:
    """What the case is, where it is published, and what of it is made up."""
    case = stage.case
    show.act(f"{case.title}, {case.place}" if case.place else case.title)
    for sentence in (*(f"Source: {source.rstrip('.')}." for source in case.sources), *case.synthetic, *case.notes):
        show.say(sentence)


def register(stage: Stage, show: Show, turn: Turn) -> None:
    """Everybody says who they are."""
    show.act("The contract")
    turn("register")
    contract_steps.register(stage)
    for part, organisation in stage.organisations.items():
        show.say(f"{part}: {organisation.name} ({organisation.id})")


def agree(stage: Stage, show: Show, turn: Turn) -> str:
    """Drafted, proposed, signed by every party, active. Returns the contract's id."""
    register(stage, show, turn)
    turn("draft")
    contract_id = contract_steps.draft(stage)
    contract = f"/v1/contracts/{contract_id}"
    payment = stage.case.contract["payment"]
    rules, caps = _counted(payment["rules"], "payment rule"), _counted(payment.get("caps", ()), "cap")
    show.say(f"Contract {contract_id} is drafted by the payer: {rules}, {caps}.")
    turn("sign")
    contract_steps.propose(stage, contract)
    root = contract_steps.sign(stage, contract)
    show.say(f"Proposed, and signed by every party over the root {root}.")
    turn("activate")
    contract_steps.activate(stage, contract)
    show.say("Active.")
    return contract_id


def report(stage: Stage, show: Show, contract: str, turn: Turn) -> None:
    """People are enrolled; outcomes are claimed by who reports them, and decided by who verifies them."""
    show.act("What was achieved")
    people, claims = stage.case.participants, claims_of(stage.case)
    turn("enrol")
    with show.counting("participants", people) as on_row:
        outcome_steps.enrol(stage, contract, on_row)
    if people:
        show.say(f"{_counted(range(people), 'participant')} enrolled, under keys that tell nothing of a person.")
    turn("claim")
    with show.counting("claims", len(claims)) as on_row:
        outcome_steps.claim(stage, contract, on_row)
    show.say(f"{_counted(claims, 'outcome')} claimed.")
    turn("verify")
    with show.counting("decisions", len(claims)) as on_row:
        outcome_steps.verify(stage, contract, on_row)
    decided = Counter(one.decision for one in claims)
    told = ", ".join(f"{count} {what}" for what, count in decided.items())
    show.say(f"Decided by another organisation than who claims: {told or 'nothing'}.")


def settle(stage: Stage, show: Show, contract: str, number: int) -> Mapping[str, Any]:
    """One settlement of the case, by its number from 1: returns its statement, which is shown."""
    settlement = stage.case.settlements[number - 1]
    earlier = [one for one in stage.case.settlements[:number] if one.kind == settlement.kind]
    statement = settlement_steps.settle(stage, contract, shapes.document(settlement), len(earlier))
    show.statement(f"Statement {statement['number']}, {statement['state']}", statement, stage.case.rule_names)
    return statement


def show_sums(stage: Stage, show: Show, statements: Sequence[Mapping[str, Any]]) -> None:
    """What caps cut, who pays, and who gets it, over all statements."""
    parts = {one.id: f"{part}, {one.name}" for part, one in stage.organisations.items()}
    currency, sums = stage.case.contract["currency"], totals(statements)
    cut = {"held back" if cap == "retention" else f"{cap} cap": minor for cap, minor in sums["cut"].items() if minor}
    show.sums("Cut", cut, currency)
    show.sums("Who pays", {parts.get(payer, payer): amount for payer, amount in sums["shares"].items()}, currency)
    paid: dict[str, int] = {}
    for payee, amount in sums["payees"].items():
        organisation, _, nature = payee.partition(" as ")
        name = parts.get(organisation, organisation)
        paid[name if nature == "None" else f"{name}: {nature.replace('_', ' ')}"] = amount
    show.sums("Who is paid", paid, currency)


def explain(stage: Stage, show: Show, statement: Mapping[str, Any]) -> None:
    """Why one item is what it is."""
    explained = settlement_steps.explain_one(stage, statement)
    if explained is None:
        show.say("No line of it has an item.")
    else:
        show.explanation("Why one item is what it is", explained)


def _counted(things: Any, name: str) -> str:
    return f"{len(things)} {name}{'s' if len(things) != 1 else ''}"
