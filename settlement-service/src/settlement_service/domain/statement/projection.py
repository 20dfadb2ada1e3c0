"""Domain: a statement as each audience is shown it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.core.disclosure import FEWEST
from settlement_service.domain.agreement.audience import Audience
from settlement_service.domain.agreement.history import History
from settlement_service.domain.facts.hashes import content_hash
from settlement_service.domain.mechanisms.items import RuleAndPayee
from settlement_service.domain.statement.counting import Tells, tells_of
from settlement_service.domain.statement.grouping import grouped
from settlement_service.domain.statement.statement import Content, Line, Statement, content_of, line_content, money


@dataclass(frozen=True, slots=True)
class Projection:
    """What one party is shown of a settlement, with the hash over exactly that. Totals are of what it is shown, in
    minor units: `previously` was posted by the settlements before."""

    organisation: str
    content: Content
    content_sha256: str
    previously_minor: int
    total_minor: int


def project(statement: Statement, audience: Audience, posted: Mapping[RuleAndPayee, int]) -> Projection:
    """What `audience` is shown. `posted` is what was posted before, in minor units, by rule and payee."""
    own = [line for line in statement.lines if audience.sees_line(line.rule, line.payee)]
    total = sum(line.figures.amount_minor for line in own)
    groups = _groups(own, statement.history) if audience.grouped else [(line,) for line in own]
    shown = _shown(groups, audience, statement.history)
    content = content_of(statement, shown, own if _may_be_summed(own, groups) else [], total)
    previously = sum(minor for (rule, payee), minor in posted.items() if audience.sees_line(rule, payee))
    return Projection(audience.organisation, content, content_hash(content), previously, total)


def is_told(statement: Statement, audience: Audience) -> bool:
    """Whether a party is shown it at all: not a payer that left by an amendment, unless it pays something by it."""
    organisation = audience.organisation
    if not audience.whole or statement.history.newest.role_of(organisation) is not None:
        return True
    return any(dict(line.shares).get(organisation) for line in statement.lines)


def _shown(groups: Sequence[tuple[Line, ...]], audience: Audience, history: History) -> list[Content]:
    if not audience.grouped:
        currency = history.newest.currency
        return [line_content(number, line, currency) for number, (line,) in enumerate(groups, start=1)]
    return [_group(number, group, history) for number, group in enumerate(groups, start=1)]


def _groups(lines: Sequence[Line], history: History) -> list[tuple[Line, ...]]:
    return grouped([replace(line, tells=_tells(line, history)) for line in lines])


def _may_be_summed(lines: Sequence[Line], groups: Sequence[tuple[Line, ...]]) -> bool:
    """Whether sums by what the money is tell no amount of a line that is merged with others, or not told."""
    told = {(line.rule, line.price_minor) for group in groups for line in group}
    hidden = {line.nature for line in lines if (line.rule, line.price_minor) not in told}
    return len(hidden) < 2 and all(len({line.nature for line in group}) == 1 for group in groups)


def _tells(line: Line, history: History) -> Tells | None:
    return None if line.by_person else tells_of(history, line.rule, line.figures, line.whole)


def _group(number: int, group: tuple[Line, ...], history: History) -> Content:
    """A merged line says its rules and its amount, and nothing else."""
    if len(group) == 1:
        return _alone(number, group[0], history)
    rules = list(dict.fromkeys(line.rule for line in group))
    amount = sum(line.figures.amount_minor for line in group)
    return {"number": number, "rules": rules, "amount": money(amount, history.newest.currency)}


def _alone(number: int, line: Line, history: History) -> Content:
    """A line that pays for no single participant says how many its figures are about only where these are neither few
    nor participants: the next statement would tell by the difference who came to be counted."""
    said = line_content(number, line, history.newest.currency)
    if line.by_person:
        return said
    counts = any(history.metrics[code].subject == "participant" for code in history.rules[line.rule].needs)
    if counts or line.behind < FEWEST:
        del said["people"]
    return said
