"""Domain: what outcomes would have given while a fixed grant was paid instead: reported, never posted."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from services.core.terms.payment import GrantWindow
from settlement_service.domain.agreement.audience import Audience
from settlement_service.domain.agreement.history import History
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.mechanisms.by_subject import evaluate


@dataclass(frozen=True, slots=True)
class Shadow:
    """What one rule would have given in grant windows: payable units, and their value in minor units before caps. It
    takes up no room under them."""

    rule: str
    units: int
    gross_minor: int


def has_shadow(history: History) -> bool:
    """Whether any version of the terms has a window in which a grant is paid instead."""
    return any(terms.grants for terms in history.versions)


def shadow_of(
    history: History, terminated_on: date | None, claims: Iterable[Claim], ends: date, reader: Audience | None = None
) -> list[Shadow]:
    """The shadow of each rule that pays by subject, from what was achieved in grant windows before `ends`. Those claims
    are evaluated by themselves, as if there were no window. A `reader` is given that of the lines it is shown."""
    inside = [claim for claim in claims if claim.achieved_on < ends and _in_grant(history, claim.achieved_on)]
    open_ = History(tuple(replace(terms, windows=()) for terms in history.versions))
    units: Counter[str] = Counter()
    gross: Counter[str] = Counter()
    for item in evaluate(open_, terminated_on, inside):
        if item.reason is not None:
            continue
        shown = reader is None or reader.sees_line(item.key.rule, history.payee_of(item.key.rule, item.version))
        if shown:
            units[item.key.rule] += item.units
            gross[item.key.rule] += item.gross_minor
    return [Shadow(rule, units[rule], gross[rule]) for rule in history.rules if units[rule]]


def _in_grant(history: History, day: date) -> bool:
    windows = history.governing(day).windows
    return any(isinstance(window, GrantWindow) and window.start <= day < window.end for window in windows)
