"""Tests: one contract kept in memory by the domain alone: facts in, settlements posted, and what they rest on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from services.core.period import Period
from services.events.contracts import ContractActivated
from services.events.outcomes import OutcomeClaimed
from services.kit.doors import shapes
from services.kit.process import clock
from settlement_service.domain.agreement.audience import Audience, audience_of, scopes_before, scopes_of
from settlement_service.domain.agreement.calendar import last_day_before, name_of
from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Limit, Terms
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.figures import ItemKey
from settlement_service.domain.facts.hashes import Tree, input_leaf, inputs_hash
from settlement_service.domain.facts.log import ITEMS_POSTED, OWN_SOURCE, Fact, Input, body_of, scope_of
from settlement_service.domain.facts.outcome_data import OutcomeData
from settlement_service.domain.limits.caps import Group, gives_up, group_of
from settlement_service.domain.mechanisms.by_subject import evaluate
from settlement_service.domain.recomputation import FORMAT, Given, GivenInput, Rest, rest_of
from settlement_service.domain.settling.basis import Basis
from settlement_service.domain.settling.change import Change
from settlement_service.domain.settling.fold import Folded, fold
from settlement_service.domain.settling.posted_items import items_posted
from settlement_service.domain.settling.sealing import items_hash, sealed
from settlement_service.domain.settling.settle import settle
from settlement_service.domain.statement.projection import Projection, project
from settlement_service.domain.statement.statement import Kind, Statement, statement_of

from .builders import YEAR, claimed, verified


@dataclass(frozen=True)
class Settled:
    """One settlement as it was calculated, with how many inputs it rests on."""

    number: int
    statement: Statement
    changes: list[Change]
    posted_before: dict[tuple[str, str], int]
    inputs: int
    items: list[Change]

    def shown_to(self, organisation: str) -> Projection:
        audience = audience_of(self.statement.history.all_versions, organisation)
        assert audience is not None
        return project(self.statement, audience, self.posted_before)

    @property
    def total(self) -> int:
        return sum(line.figures.amount_minor for line in self.statement.lines)


@dataclass
class Books:
    """The log of one contract, and its settlements. Every settlement is posted at once. Unless `begun`, the activation
    is told of later."""

    activation: ContractActivated
    begun: bool = True
    log: list[Input] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    sequences: dict[str, int] = field(default_factory=dict)
    metrics: dict[UUID | None, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.begun:
            self.tell(self.activation)

    @property
    def contract_id(self) -> UUID:
        return self.activation.contract_id

    @property
    def history(self) -> History:
        known = self.state.history
        assert known is not None
        return known

    @property
    def terms(self) -> Terms:
        return self.history.newest

    @property
    def basis(self) -> Basis:
        """All that there is to compute from."""
        state = self.state
        claims = list(state.claims.values())
        return Basis(
            history=self.history,
            terminated_on=state.terminated_on,
            items=evaluate(self.history, state.terminated_on, claims),
            outcomes=OutcomeData(self.contract_id, claims, state.enrolments),
            posted=list(state.posted.values()),
            claims=state.claims,
            settled=state.settled,
        )

    @property
    def state(self) -> Folded:
        return fold(self.facts)

    def tell(self, *facts: Any) -> None:
        """Facts of other services, each the next of its source."""
        for fact in facts:
            declaration = type(fact).declaration
            self._append(declaration.source, declaration.type, fact)

    def verify(self, *claims: Claim) -> None:
        """Claims that are reported and found to hold."""
        for claim in claims:
            self.tell(claimed(self.contract_id, claim), verified(self.contract_id, claim))

    def settle(self, end: date = YEAR.end, kind: Kind = "scheduled", period: Period | None = None) -> Settled:
        """Calculates and posts, for a period up to `end`: from the year's start if none is said."""
        basis = self.basis
        found = settle(basis, end)
        changes = found.changes
        statement = statement_of(self.history, kind, period or Period(start=YEAR.start, end=end), found)
        before: Counter[tuple[str, str]] = Counter()
        for one in basis.posted:
            before[one.key.item.rule, one.key.payee] += one.figures.amount_minor
        settled = Settled(len(self.settled) + 1, statement, changes, before, len(self.log), found.items)
        self.settled.append(settled)
        sequence = self.sequences.get(OWN_SOURCE, 0) + 1
        for part, fact in enumerate(items_posted(self.contract_id, settled.number, end, changes)):
            self._append(OWN_SOURCE, ITEMS_POSTED, fact, sequence, part)
        self.sequences[OWN_SOURCE] = sequence
        return settled

    def given_to(self, organisation: str, settled: Settled) -> tuple[Given, list[GivenInput]]:
        """What `.../inputs` gives to a party, as `enzym-recompute` reads it."""
        audience = audience_of(self.history.all_versions, organisation)
        assert audience is not None
        frozen, shown = self.log[: settled.inputs], settled.shown_to(organisation)
        leaves = [one.leaf for one in frozen]
        tree = None if audience.sees_everything else Tree(self.terms.root, leaves)
        own = [change for change in settled.items if _sees(audience, change)]
        given = Given(
            format=FORMAT,
            settlement_id=clock.new_id(),
            contract_id=self.contract_id,
            number=settled.number,
            kind=settled.statement.kind,
            period=settled.statement.period,
            organisation=organisation,
            terms_root=self.terms.root,
            terms_proof=tuple(node.hex() for node in tree.proof(0)) if tree else None,
            input_count=len(frozen),
            inputs_sha256=inputs_hash(self.terms.root, leaves),
            items_sha256=items_hash(sealed(own)),
            content_sha256=shown.content_sha256,
            content=shown.content,
            rest=None if tree is None else self._rest(audience, settled),
        )
        facts = list(zip(frozen, self.facts, strict=False))
        return given, [_given(one, fact, tree) for one, fact in (self._seen(audience, facts) if tree else facts)]

    def _seen(self, audience: Audience, facts: list[tuple[Input, Fact]]) -> list[tuple[Input, Fact]]:
        """Inputs that a party is given which is not given all."""
        scopes, before = set(scopes_of(self.history.all_versions, audience)), scopes_before(audience)
        days = {claim.id: claim.achieved_on for claim in self.state.claims.values()} if before else {}
        return [
            (one, fact)
            for one, fact in facts
            if one.scope in scopes
            or (one.scope in before and days[getattr(fact, "claim_id", self.contract_id)] < before[one.scope])
        ]

    def _rest(self, audience: Audience, settled: Settled) -> tuple[Rest, ...]:
        """What everybody else takes up, found by looking at everything: as the database is asked for it."""
        end, taken = settled.statement.period.end, Counter[Group]()
        changes = [
            (change, last_day_before(one.statement.period.end))
            for one in self.settled[: settled.number]
            for change in one.changes
            if not _sees(audience, change)
        ]
        stands = {change.key: change for change, _ in changes}.values()
        limits = self.history.at_end(end).limits
        for limit in limits:
            every = limit.definition.every
            if limit.definition.period_basis == "settled" and every is not None:
                now = name_of(last_day_before(end), every)
                minors = [change.difference.under_caps_minor for change, day in changes if name_of(day, every) == now]
                taken["settled", now] += sum(minors)
            elif limit.definition.kind in ("person", "period", "contract") or limit.definition.rule in audience.items:
                for change in stands:
                    item = change.key.item
                    group = group_of(limit, item.rule, item.subject_id, change.achieved_on)
                    if group is not None:
                        taken[group] += change.now.left_by(_cut_before(limits, limit, change, end))
        for change, _ in changes:
            for payer, minor in change.shares:
                taken["payer", payer] += minor
        return tuple(rest_of(group, minor) for group, minor in taken.items())

    def _append(self, source: str, type_: str, fact: Any, sequence: int | None = None, part: int = 0) -> None:
        if sequence is None:
            sequence = self.sequences[source] = self.sequences.get(source, 0) + 1
        if isinstance(fact, OutcomeClaimed):
            self.metrics[fact.claim_id] = fact.metric
        metric = self.metrics.get(getattr(fact, "claim_id", None))
        body = body_of(source, sequence, type_, shapes.document(fact), part)
        salt, position = clock.random_bytes(16), len(self.log) + 1
        scope, leaf = scope_of(fact, metric), input_leaf(salt, body)
        self.log.append(Input(position, source, sequence, part, type_, scope, salt, body, leaf))
        self.facts.append(fact)


def _cut_before(limits: Sequence[Limit], limit: Limit, change: Change, end: date) -> frozenset[str]:
    """What was cut of an item when a cap was applied; for a later period, what holds no room."""
    cuts = gives_up(limits, limit)
    waits = any(one.definition.period_basis == "settled" for one in limits) and change.achieved_on < end
    return cuts - {"period"} if waits else cuts


def _sees(audience: Audience, change: Change) -> bool:
    return audience.sees_item(change.key.item.rule, change.key.payee)


def _given(one: Input, fact: Fact, tree: Tree | None) -> GivenInput:
    proof = None if tree is None else tuple(tree.proof(one.position))
    return GivenInput(position=one.position, salt=one.salt, body=one.body, fact=fact, proof=proof)


def net(books: Books) -> dict[Any, int]:
    """What is posted for each item, under the caps: over all its prices and payees."""
    found: Counter[ItemKey] = Counter()
    for one in books.state.posted.values():
        found[one.key.item] += one.figures.under_caps_minor
    return dict(found)
