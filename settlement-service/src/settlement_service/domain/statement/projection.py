"""Domain: a statement as each audience is shown it, so that no small count follows (domain.md, section 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.core.disclosure import FEWEST
from settlement_service.domain.agreement.audience import Audience
from settlement_service.domain.agreement.history import History
from settlement_service.domain.facts.figures import RuleAndPayee
from settlement_service.domain.facts.hashes import content_hash
from settlement_service.domain.statement.counting import Tells, tells_of
from settlement_service.domain.statement.grouping import grouped
from settlement_service.domain.statement.statement import Content, Line, Statement, content_of, line_content, money


@dataclass(frozen=True, slots=True)
class Projection:
    """What one party is shown of a settlement, with the hash over exactly that. `total_minor` is the amount of the
    lines that it is shown, `previously_minor` what earlier settlements posted under these; in minor units."""

    organisation: str
    content: Content
    content_sha256: str
    previously_minor: int
    total_minor: int


def project(statement: Statement, audience: Audience, posted: Mapping[RuleAndPayee, int]) -> Projection:
    """The statement as `audience` is shown it. `posted` is what was posted before, in minor units, by rule and
    payee."""
    own = [line for line in statement.lines if audience.sees_line(line.rule, line.payee)]
    total = sum(line.figures.amount_minor for line in own)
    groups = _groups(own, statement.history) if audience.grouped else [(line,) for line in own]
    shown = _shown(groups, audience, statement.history)
    content = content_of(statement, shown, own if _may_be_summed(own, groups) else [], total)
    previously = sum(minor for (rule, payee), minor in posted.items() if audience.sees_line(rule, payee))
    return Projection(audience.organisation, content, content_hash(content), previously, total)


def is_shown_to(statement: Statement, audience: Audience) -> bool:
    """Whether a party is shown the statement at all. A payer that left by an amendment is only when it pays something
    by it, for what was achieved before."""
    organisation = audience.organisation
    if not audience.sees_everything or statement.history.newest.role_of(organisation) is not None:
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
    """Whether sums by nature tell no amount of a line that is merged with others, or left out. They would where lines
    of several natures are: total less the sum of the one is the other."""
    shown = {(line.rule, line.price_minor) for group in groups for line in group}
    hidden = {line.nature for line in lines if (line.rule, line.price_minor) not in shown}
    return len(hidden) < 2 and all(len({line.nature for line in group}) == 1 for group in groups)


def _tells(line: Line, history: History) -> Tells | None:
    return None if line.by_person else tells_of(history, line.rule, line.figures, line.contract_changes)


def _group(number: int, group: tuple[Line, ...], history: History) -> Content:
    """The content of a group. A merged line says its rules and its amount, and nothing else."""
    if len(group) == 1:
        return _alone(number, group[0], history)
    rules = list(dict.fromkeys(line.rule for line in group))
    amount = sum(line.figures.amount_minor for line in group)
    return {"number": number, "rules": rules, "amount": money(amount, history.newest.currency)}


def _alone(number: int, line: Line, history: History) -> Content:
    """The content of a line that is not merged. One that pays for no single participant says how many people its
    figures are about only where these are neither few nor participants: the next statement would tell by the difference
    who came to be counted."""
    content = line_content(number, line, history.newest.currency)
    if line.by_person:
        return content
    counts_participants = any(history.metrics[code].subject == "participant" for code in history.rules[line.rule].needs)
    if counts_participants or line.measured_people < FEWEST:
        del content["people"]
    return content
