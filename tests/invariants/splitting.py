"""Tests: what is held back of items, and who pays how much of the rest, computed a second time by the checker."""

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

from .claims import Known
from .conditions import decided
from .exact import by_weight, whole
from .items import Due, ItemKey
from .terms import History, Said, Terms

Shares = Mapping[str, int]


def hold_back(history: History, due: Sequence[Due], known: Known, ends: str) -> None:
    """Holds back a share of each amount above zero, by the version of the terms that the item is by."""
    open_ = {terms.version: terms for terms in history.versions if not _is_released(terms, known, ends)}
    for one in due:
        terms = open_.get(one.item.version)
        retention = terms.payment["retention"] if terms else {}
        rules = retention.get("rules")
        if terms and one.under_caps > 0 and (rules is None or one.item.key[0] in rules):
            one.cut["retention"] = whole(one.under_caps * Fraction(retention["share"]), terms.rounding)


def _is_released(terms: Terms, known: Known, ends: str) -> bool:
    retention = terms.payment.get("retention")
    if retention is None:
        return True
    if retention.get("releaseOn"):
        return bool(retention["releaseOn"] < ends)
    return decided(retention["releaseWhen"], terms, known.before(ends)).value is True


def split(
    history: History, terms: Terms, due: Sequence[Due], before: Mapping[ItemKey, Shares], later: Mapping[str, int]
) -> None:
    """Gives each item (in their order) to its payers. What a payer paid and is still due stays that payer's; `later`
    is what payers paid for items that are not looked at. What no payer is left to pay is cut."""
    in_order = any(_split(history, one)["kind"] == "maxima_in_order" for one in due)
    if not in_order and not terms.caps("payer"):
        before = {}  # nobody's room is ever used up: each payer pays its share
    used = Counter({payer: minor for payer, minor in later.items() if minor > 0})
    for one in due:
        one.shares = _kept(_left(one), _wanted(history, one), before.get(one.item.key, {}), _way(history, terms, one))
        used.update(one.shares)
    for one in due:
        one.cut["payer"] = _fill(history, terms, one, used)
        one.shares = {payer: minor for payer, minor in one.shares.items() if minor}


def _left(due: Due) -> int:
    return due.under_caps - due.cut.get("retention", 0)


def _split(history: History, due: Due) -> Said:
    said = history.version(due.item.version).split(due.item.key[0])
    return said if said is not None else {"kind": "nobody shares"}


def _wanted(history: History, due: Due) -> dict[str, int]:
    """What each payer would pay if none had a maximum."""
    said, payers = _split(history, due), history.version(due.item.version).payers
    if said["kind"] == "shares":
        weights = {one["payer"]: one["weight"] for one in said["weights"]}
        payers = [payer for payer in payers if payer in weights]
        return dict(zip(payers, by_weight(_left(due), [weights[payer] for payer in payers]), strict=True))
    first = said["maxima"][0]["payer"] if said["kind"] == "maxima_in_order" else payers[0]
    return {first: _left(due)}


def _way(history: History, terms: Terms, due: Due) -> list[str]:
    """The order in which payers are asked."""
    said = _split(history, due)
    return [one["payer"] for one in said["maxima"]] if said["kind"] == "maxima_in_order" else terms.payers


def _kept(left: int, wanted: Shares, before: Shares, way: Sequence[str]) -> dict[str, int]:
    """Of what it would pay, what each payer has paid; then what it has paid for others."""
    if left < 0:
        return dict(wanted)
    kept = {payer: min(minor, max(0, before.get(payer, 0))) for payer, minor in wanted.items()}
    left -= sum(kept.values())
    for payer in sorted(before, key=lambda one: way.index(one) if one in way else len(way)):
        more = max(0, min(before[payer] - kept.get(payer, 0), left))
        kept[payer] = kept.get(payer, 0) + more
        left -= more
    return kept


def _fill(history: History, terms: Terms, due: Due, used: Counter[str]) -> int:
    """Asks one payer after the other for what is left of an item; returns what nobody pays."""
    said, wanted = _split(history, due), _wanted(history, due)
    maxima = {one["payer"]: terms.minor(one["amount"]) for one in said.get("maxima") or ()}
    caps = {cap["payer"]: cap for cap in terms.caps("payer")}
    left, handed_on = _left(due) - sum(due.shares.values()), 0
    for payer in _way(history, terms, due):
        own = max(0, min(left - handed_on, wanted.get(payer, 0) - due.shares.get(payer, 0)))
        asked = own + handed_on
        under_maximum = min(asked, max(0, maxima.get(payer, asked + used[payer]) - used[payer]))
        cap = caps.get(payer)
        gets = min(under_maximum, max(0, terms.minor(cap["amount"]) - used[payer])) if cap else under_maximum
        due.shares[payer] = due.shares.get(payer, 0) + gets
        used[payer] += gets
        left -= gets
        to_next = cap is not None and cap["overflow"] == "next_payer"
        handed_on = asked - under_maximum + (under_maximum - gets if to_next else 0)
    return left
