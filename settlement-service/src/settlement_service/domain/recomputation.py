"""Domain: a settlement computed again from the inputs that a party was given: no database, no network, no trust."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.core.errors import Malformed
from services.core.merkle import proves
from services.core.period import Period
from services.core.values import value
from settlement_service.domain.audience import Audience, audience_of
from settlement_service.domain.caps import Taken
from settlement_service.domain.difference import Change, settle
from settlement_service.domain.evaluate import evaluate
from settlement_service.domain.fold import Folded, fold
from settlement_service.domain.hashes import content_hash, input_leaf, inputs_hash, items_hash, terms_leaf
from settlement_service.domain.inputs import Fact, item_documents
from settlement_service.domain.projection import project
from settlement_service.domain.statement import Content, Kind, statement_of
from settlement_service.domain.terms import Terms

FORMAT = "enzym-inputs/1"


class InputsNotReadable(Malformed):
    """Not the inputs of a settlement as `.../inputs` gives them."""

    code = "inputs-not-readable"
    title = "These are not the inputs of a settlement"


@value
class PersonRest:
    """What a person's other items take up under the cap on each person, where that cap cut something."""

    subject_id: UUID
    minor: int


@value
class Rest:
    """For a party that is given a part: what everything else takes up under the caps, in minor units."""

    contract_minor: int
    persons: tuple[PersonRest, ...] = ()


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
    rest: Rest | None = None


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
    audience = audience_of(state.terms, given.organisation) if state.terms else None
    if given.format != FORMAT or state.terms is None or audience is None or not audience.items:
        raise InputsNotReadable(f"Read what .../inputs of a settlement answered, in the format {FORMAT}.")
    changes = _changes(given, state, state.terms, audience)
    content = _content(given, state.terms, audience, changes)
    checks = [
        *_check_inputs(given, state.terms, audience, inputs),
        Check("items", given.items_sha256, items_hash(item_documents(changes))),
        Check("content as given", given.content_sha256, content_hash(given.content)),
    ]
    if audience.lines <= audience.items:
        checks.append(Check("content", given.content_sha256, content_hash(content)))
    return Recomputed(content, tuple(checks), tuple(_differences(given.content, content, audience)))


def _changes(given: Given, state: Folded, terms: Terms, audience: Audience) -> list[Change]:
    items = evaluate(terms, state.terminated_on, state.claims.values())
    own = [item for item in items if item.key.rule in audience.items]
    posted = [one for one in state.posted.values() if one.key.item.rule in audience.items]
    told = given.rest or Rest(contract_minor=0)
    rest = Taken(person={one.subject_id: one.minor for one in told.persons}, contract=told.contract_minor)
    return settle(terms, given.period.end, own, posted, state.claims, rest)


def _content(given: Given, terms: Terms, audience: Audience, changes: Sequence[Change]) -> Content:
    statement = statement_of(terms, given.kind, given.period, changes)
    return project(statement, audience, {}).content


def _check_inputs(given: Given, terms: Terms, audience: Audience, inputs: Sequence[GivenInput]) -> list[Check]:
    agreed = Check("terms", given.terms_root, terms.root)
    leaves = {one.position: input_leaf(one.salt, one.body) for one in inputs}
    if audience.whole:
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
    theirs, ours = _by_rule(said, audience), _by_rule(found, audience)
    differences = []
    for rule, price in dict.fromkeys([*theirs, *ours]):
        one, other = theirs.get((rule, price)), ours.get((rule, price))
        if one is None or other is None:
            where = "computed here only" if one is None else "in the statement only"
            differences.append(f"{rule} at {price}: {where}")
            continue
        for field in ("people", "units", "amount", "cut", "shares"):
            if one.get(field) != other.get(field):
                differences.append(f"{rule} at {price}, {field}: said {one.get(field)}, found {other.get(field)}")
    return differences


def _by_rule(content: Mapping[str, Any], audience: Audience) -> dict[tuple[str, str], Mapping[str, Any]]:
    lines = content.get("lines", ())
    return {(line["rule"], line["price"]["amount"]): line for line in lines if line.get("rule") in audience.items}
