"""Domain: a settlement computed again from the inputs that a party was given: no database, no network, no trust."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from services.core.errors import Malformed
from services.core.merkle import proves
from services.core.period import Period
from services.core.values import value
from settlement_service.domain.agreement.audience import Audience, audience_of
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.hashes import content_hash, input_leaf, inputs_hash, terms_leaf
from settlement_service.domain.facts.log import Fact
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.limits.caps import Group
from settlement_service.domain.mechanisms.by_subject import evaluate
from settlement_service.domain.settling.basis import Basis
from settlement_service.domain.settling.fold import Folded, fold
from settlement_service.domain.settling.sealing import items_hash, sealed
from settlement_service.domain.settling.settle import Settled, settle
from settlement_service.domain.statement.projection import project
from settlement_service.domain.statement.statement import Content, Kind, statement_of

FORMAT = "enzym-inputs/3"
NOT_ALL = "not all are there"
COMPARED = ("people", "units", "amount", "cut", "shares", "payee", "nature", "state")
"""The fields of a line that are compared; rule, price and payee say which line it is."""

LineName: TypeAlias = tuple[str, str, str]
"""What tells lines apart: rule, price as a decimal (empty where it has none), and payee."""


class InputsNotReadable(Malformed):
    """Not the inputs of a settlement as `.../inputs` gives them."""

    code = "inputs-not-readable"
    title = "These are not the inputs of a settlement"


@value
class Rest:
    """What the items that a party is not given take up in one group of a cap, in minor units. `group` is a person's
    subject id, a rule, the name of a period (`2026-03`) or a payer; for the contract it is empty. Without it a
    recomputation from a part of the inputs would find more room under a cap than there was."""

    cap: str
    group: str
    minor: int


def rest_of(group: Group, minor: int) -> Rest:
    """What is taken up in a group of a cap, as the head of the inputs has it."""
    return Rest(cap=group[0], group=group[1], minor=minor)


@value
class Given:
    """The head of the inputs of a settlement: which settlement, for which organisation, and what was computed.
    `content` is the statement as the organisation is shown it, `content_sha256` the hash over it. `terms_proof` and
    `rest` are there when the organisation is given a part of the inputs."""

    format: str
    settlement_id: UUID
    contract_id: UUID
    number: int
    kind: Kind
    period: Period
    organisation: str
    terms_root: str
    terms_proof: tuple[str, ...] | None = None
    input_count: int
    inputs_sha256: str
    items_sha256: str
    content_sha256: str
    content: dict[str, Any]
    rest: tuple[Rest, ...] | None = None


@dataclass(frozen=True, slots=True)
class GivenInput:
    """One input as it was given: `body` is its canonical JSON, `proof` leads from its leaf to the root."""

    position: int
    salt: bytes
    body: bytes
    fact: Fact
    proof: tuple[bytes, ...] | None


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison: the hash or count that the settlement `expected`, and the one `computed` here."""

    what: str
    expected: str
    computed: str

    @property
    def holds(self) -> bool:
        """Whether both are the same."""
        return self.expected == self.computed


@dataclass(frozen=True, slots=True)
class Recomputed:
    """The statement as computed here, the comparisons, and where its lines differ from those that were given."""

    content: Content
    checks: tuple[Check, ...]
    differences: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every comparison holds and no line differs."""
        return not self.differences and all(check.holds for check in self.checks)


def recompute(given: Given, inputs: Sequence[GivenInput]) -> Recomputed:
    """Computes a settlement again and compares. Errors: `inputs-not-readable` when the terms are not among the
    inputs, or the organisation is no party that is given inputs; Broken when inputs cannot follow on each other."""
    state = fold(row.fact for row in sorted(inputs, key=lambda row: row.position))
    history = state.history
    audience = audience_of(history.all_versions, given.organisation) if history else None
    if given.format != FORMAT or history is None or audience is None or not audience.items:
        raise InputsNotReadable(f"Read what .../inputs of a settlement answered, in the format {FORMAT}.")
    settled = settle(_basis(given, state, history, audience), given.period.end)
    content = _content(given, history, audience, settled)
    checks = [
        *_check_inputs(given, history.newest, audience, inputs),
        Check("items", given.items_sha256, items_hash(sealed(settled.items))),
        Check("content as given", given.content_sha256, content_hash(given.content)),
    ]
    if audience.sees_items_of_its_lines:
        checks.append(Check("content", given.content_sha256, content_hash(content)))
    return Recomputed(content, tuple(checks), tuple(_differences(given.content, content, audience)))


def _basis(given: Given, state: Folded, history: History, audience: Audience) -> Basis:
    return Basis(
        history=history,
        terminated_on=state.terminated_on,
        items=evaluate(history, state.terminated_on, state.claims.values()),
        outcomes=OutcomeData(given.contract_id, list(state.claims.values()), state.enrolments),
        posted=list(state.posted.values()),
        claims=state.claims,
        settled=state.settled,
        rest={(rest.cap, rest.group): rest.minor for rest in given.rest or ()},
        only=None if audience.sees_everything else audience,
    )


def _content(given: Given, history: History, audience: Audience, settled: Settled) -> Content:
    statement = statement_of(history, given.kind, given.period, settled)
    return project(statement, audience, {}).content


def _check_inputs(given: Given, terms: Terms, audience: Audience, inputs: Sequence[GivenInput]) -> list[Check]:
    """Who is given everything computes the root itself. Who is given a part cannot: each of its leaves, and the leaf of
    the terms, is led to the root by a proof."""
    terms_check = Check("terms", given.terms_root, terms.root)
    leaves = {row.position: input_leaf(row.salt, row.body) for row in inputs}
    if audience.sees_everything:
        # A position that is there twice would hide that another one is missing.
        complete = sorted(leaves) == list(range(1, given.input_count + 1)) and len(leaves) == len(inputs)
        root_text = inputs_hash(given.terms_root, [leaves[n] for n in sorted(leaves)]) if complete else NOT_ALL
        return [terms_check, Check("inputs", given.inputs_sha256, root_text)]
    # The leaf of the terms stands at position 0, before the first input.
    root, count = bytes.fromhex(given.inputs_sha256), given.input_count + 1
    proven = sum(proves(leaves[row.position], row.position, count, row.proof or (), root) for row in inputs)
    terms_proof = [bytes.fromhex(node) for node in given.terms_proof or ()]
    terms_held = proves(terms_leaf(given.terms_root), 0, count, terms_proof, root)
    return [
        terms_check,
        Check("terms among the frozen inputs", "proven", "proven" if terms_held else "not proven"),
        Check("inputs among the frozen ones", f"{len(inputs)} proven", f"{proven} proven"),
    ]


def _differences(given: Mapping[str, Any], computed: Mapping[str, Any], audience: Audience) -> list[str]:
    """Where lines differ, in words. Lines whose items the reader is not given cannot be compared."""
    given_lines, computed_lines = _by_payee(given, audience), _by_payee(computed, audience)
    differences: list[str] = []
    for key in dict.fromkeys([*given_lines, *computed_lines]):
        name = _name_of(key, computed_lines)
        differences.extend(_line_differences(name, given_lines.get(key), computed_lines.get(key)))
    return differences


def _name_of(key: LineName, lines: Iterable[LineName]) -> str:
    """`full at 1000.00`; with the payee where the rule has several: `full at 1000.00 to provider-1`."""
    rule, price, payee = key
    name = f"{rule} at {price}" if price else rule
    has_other_payee = any(line_rule == rule and line_payee != payee for line_rule, _, line_payee in lines)
    return f"{name} to {payee}" if has_other_payee else name


def _line_differences(name: str, given: Mapping[str, Any] | None, computed: Mapping[str, Any] | None) -> list[str]:
    if given is None:
        return [f"{name}: computed here only"]
    if computed is None:
        return [f"{name}: in the statement only"]
    return [
        f"{name}, {field}: said {given.get(field)}, found {computed.get(field)}"
        for field in COMPARED
        if given.get(field) != computed.get(field)
    ]


def _by_payee(content: Mapping[str, Any], audience: Audience) -> dict[LineName, Mapping[str, Any]]:
    lines = content.get("lines", ())
    return {
        (line["rule"], line["price"]["amount"] if "price" in line else "", line.get("payee", "")): line
        for line in lines
        if audience.sees_item(line.get("rule", ""), line.get("payee", ""))
    }
