"""Domain: a settlement computed again from the inputs that a party was given: no database, no network, no trust."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
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


class InputsNotReadable(Malformed):
    """Not the inputs of a settlement as `.../inputs` gives them."""

    code = "inputs-not-readable"
    title = "These are not the inputs of a settlement"


@value
class Rest:
    """For a party that is given a part: what everything else takes up in one group of a cap, in minor units. `group`
    is a person's subject id, a rule, the name of a period, a payer; for the contract it is empty."""

    cap: str
    group: str
    minor: int


def rest_of(group: Group, minor: int) -> Rest:
    """What others take up in a group."""
    return Rest(cap=group[0], group=group[1], minor=minor)


@value
class Given:
    """What stands before the inputs: what they are of, and what was computed from them. `content` is what the
    organisation is shown, `content_sha256` the hash over it. `terms_proof` and `rest` are there when the organisation
    is given a part of the inputs."""

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
    """One thing that was said, and what was found."""

    what: str
    said: str
    found: str

    @property
    def holds(self) -> bool:
        """Whether both are the same."""
        return self.said == self.found


@dataclass(frozen=True, slots=True)
class Recomputed:
    """The statement as computed here, what was compared, and where lines differ."""

    content: Content
    checks: tuple[Check, ...]
    differences: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether everything came out as it was said."""
        return not self.differences and all(check.holds for check in self.checks)


def recompute(given: Given, inputs: Sequence[GivenInput]) -> Recomputed:
    """Computes a settlement again and compares. Errors: `inputs-not-readable` when the terms are not among the
    inputs, or the organisation is no party that is given inputs; Broken when inputs cannot follow on each other."""
    state = fold(one.fact for one in sorted(inputs, key=lambda one: one.position))
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
        rest={(one.cap, one.group): one.minor for one in given.rest or ()},
        only=None if audience.sees_everything else audience,
    )


def _content(given: Given, history: History, audience: Audience, settled: Settled) -> Content:
    statement = statement_of(history, given.kind, given.period, settled)
    return project(statement, audience, {}).content


def _check_inputs(given: Given, terms: Terms, audience: Audience, inputs: Sequence[GivenInput]) -> list[Check]:
    agreed = Check("terms", given.terms_root, terms.root)
    leaves = {one.position: input_leaf(one.salt, one.body) for one in inputs}
    if audience.sees_everything:
        complete = sorted(leaves) == list(range(1, given.input_count + 1)) and len(leaves) == len(inputs)
        found = inputs_hash(given.terms_root, [leaves[n] for n in sorted(leaves)]) if complete else "not all are there"
        return [agreed, Check("inputs", given.inputs_sha256, found)]
    root, count = bytes.fromhex(given.inputs_sha256), given.input_count + 1
    proven = sum(proves(leaves[one.position], one.position, count, one.proof or (), root) for one in inputs)
    terms_proof = [bytes.fromhex(node) for node in given.terms_proof or ()]
    terms_held = proves(terms_leaf(given.terms_root), 0, count, terms_proof, root)
    return [
        agreed,
        Check("terms among the frozen inputs", "proven", "proven" if terms_held else "not proven"),
        Check("inputs among the frozen ones", f"{len(inputs)} proven", f"{proven} proven"),
    ]


def _differences(said: Mapping[str, Any], found: Mapping[str, Any], audience: Audience) -> list[str]:
    """Where lines differ, in words. Lines whose items the reader is not given cannot be compared."""
    theirs, ours = _by_payee(said, audience), _by_payee(found, audience)
    differences = []
    for key in dict.fromkeys([*theirs, *ours]):
        (rule, price, payee), one, other = key, theirs.get(key), ours.get(key)
        name = f"{rule} at {price}" if price else rule
        name += f" to {payee}" if any(two[0] == rule and two[2] != payee for two in ours) else ""
        if one is None or other is None:
            differences.append(f"{name}: {'computed here only' if one is None else 'in the statement only'}")
            continue
        for field in ("people", "units", "amount", "cut", "shares", "payee", "nature", "state"):
            if one.get(field) != other.get(field):
                differences.append(f"{name}, {field}: said {one.get(field)}, found {other.get(field)}")
    return differences


def _by_payee(content: Mapping[str, Any], audience: Audience) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    lines = content.get("lines", ())
    return {
        (line["rule"], line["price"]["amount"] if "price" in line else "", line.get("payee", "")): line
        for line in lines
        if audience.sees_item(line.get("rule", ""), line.get("payee", ""))
    }
