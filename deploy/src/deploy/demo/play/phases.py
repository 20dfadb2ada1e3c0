"""Deploy: the phases that all cases share: introduction, contract, outcomes, settlements, sums, explanation."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Sized
from typing import Any

from deploy.demo.cases.claims import claims_of
from deploy.demo.compare.amounts import sums_of
from deploy.demo.play import contract_steps, outcome_steps, settlement_steps
from deploy.demo.play.case_run import CaseRun
from deploy.demo.print.printer import Printer
from services.kit.doors import shapes

OnStep = Callable[[str], None]
"""Called with the name of each step before it begins. The tests that kill a process kill it there."""


def introduce(run: CaseRun, printer: Printer) -> None:
    """Prints the title of the case, its sources, what is synthetic, and the notes."""
    case = run.case
    printer.heading(f"{case.title}, {case.place}" if case.place else case.title)
    for sentence in (*(f"Source: {source.rstrip('.')}." for source in case.sources), *case.synthetic, *case.notes):
        printer.sentence(sentence)


def register(run: CaseRun, printer: Printer, on_step: OnStep) -> None:
    """Every organisation registers itself."""
    printer.heading("The contract")
    on_step("register")
    contract_steps.register(run)
    for part, organisation in run.organisations.items():
        printer.sentence(f"{part}: {organisation.name} ({organisation.id})")


def agree(run: CaseRun, printer: Printer, on_step: OnStep) -> str:
    """The contract is drafted, proposed, signed by every party and activated. Returns its id."""
    register(run, printer, on_step)
    on_step("draft")
    contract_id = contract_steps.draft(run)
    contract = f"/v1/contracts/{contract_id}"
    payment = run.case.contract["payment"]
    rules, caps = _count(payment["rules"], "payment rule"), _count(payment.get("caps", ()), "cap")
    printer.sentence(f"Contract {contract_id} is drafted by the payer: {rules}, {caps}.")
    on_step("sign")
    contract_steps.propose(run, contract)
    root = contract_steps.sign(run, contract)
    printer.sentence(f"Proposed, and signed by every party over the root {root}.")
    on_step("activate")
    contract_steps.activate(run, contract)
    printer.sentence("Active.")
    return contract_id


def report(run: CaseRun, printer: Printer, contract: str, on_step: OnStep) -> None:
    """Participants are enrolled, reporters claim outcomes, verifiers decide the claims."""
    printer.heading("What was achieved")
    participants, claims = run.case.participants, claims_of(run.case)
    on_step("enrol")
    with printer.progress("participants", participants) as on_row:
        outcome_steps.enrol(run, contract, on_row)
    if participants:
        count = _count(range(participants), "participant")
        printer.sentence(f"{count} enrolled, under keys that tell nothing of a person.")
    on_step("claim")
    with printer.progress("claims", len(claims)) as on_row:
        outcome_steps.claim(run, contract, on_row)
    printer.sentence(f"{_count(claims, 'outcome')} claimed.")
    on_step("verify")
    with printer.progress("decisions", len(claims)) as on_row:
        outcome_steps.verify(run, contract, on_row)
    decisions = Counter(claim.decision for claim in claims)
    counts = ", ".join(f"{count} {decision}" for decision, count in decisions.items())
    printer.sentence(f"Decided by another organisation than who claims: {counts or 'nothing'}.")


def settle(run: CaseRun, printer: Printer, contract: str, number: int) -> Mapping[str, Any]:
    """One settlement of the case, by its number from 1. Prints its statement and returns it."""
    settlement = run.case.settlements[number - 1]
    of_its_kind = [other for other in run.case.settlements[:number] if other.kind == settlement.kind]
    statement = settlement_steps.settle(run, contract, shapes.document(settlement), len(of_its_kind))
    printer.statement(f"Statement {statement['number']}, {statement['state']}", statement, run.case.rule_names)
    return statement


def print_sums(run: CaseRun, printer: Printer, statements: Sequence[Mapping[str, Any]]) -> None:
    """Prints the sums over all statements: cut by caps, paid by payers, received by payees."""
    names = {organisation.id: f"{part}, {organisation.name}" for part, organisation in run.organisations.items()}
    currency, sums = run.case.contract["currency"], sums_of(statements)
    printer.sums("Cut", {_cap_name(cap): amount for cap, amount in sums.cut.items() if amount}, currency)
    printer.sums("Who pays", {names.get(payer, payer): amount for payer, amount in sums.shares.items()}, currency)
    payees = {_payee_name(payee, names): amount for payee, amount in sums.payees.items()}
    printer.sums("Who is paid", payees, currency)


def _cap_name(cap: str) -> str:
    return "held back" if cap == "retention" else f"{cap} cap"


def _payee_name(payee: str, names: Mapping[str, str]) -> str:
    """`0088:1 as grant` is `provider, Example Youth Services: grant`. A payee without a nature is the name alone."""
    organisation, _, nature = payee.partition(" as ")
    name = names.get(organisation, organisation)
    return name if nature == "None" else f"{name}: {nature.replace('_', ' ')}"


def explain(run: CaseRun, printer: Printer, statement: Mapping[str, Any]) -> None:
    """Prints the explanation of one item of a statement."""
    explanation = settlement_steps.explain_first_item(run, statement)
    if explanation is None:
        printer.sentence("No line of it has an item.")
    else:
        printer.explanation("Why one item is what it is", explanation)


def _count(items: Sized, name: str) -> str:
    """`1 cap`, `2 caps`."""
    return f"{len(items)} {name}{'s' if len(items) != 1 else ''}"
