"""Tests: what is held back of items, and who pays how much of the rest, computed a second time by the checker."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from .capping import max_retainable
from .claims import Known
from .conditions import decided
from .days import LAST_DAY
from .exact import by_weight, whole
from .items import NOTHING, Due, Figures, ItemKey, under_caps
from .terms import Definition, History, Terms
from .terms import minor as minor_units

Shares = Mapping[str, int]
EVERYTHING = 1 << 62


def retain(history: History, due: Sequence[Due], known: Known, ends: str, posted: Mapping[ItemKey, Figures]) -> None:
    """Holds back a share of each amount above zero, by the version of the terms that the item is by; once all that is
    known ends the retention, no more of what was `posted` than was held back of it."""
    for item_due in due:
        terms = history.version(item_due.item.version)
        retention = terms.payment.get("retention")
        if retention is None or item_due.item.key[0] not in (retention.get("rules") or terms.rules):
            continue
        if item_due.under_caps <= 0 or _is_released(terms, known.before(ends), ends):
            continue
        held = _part(terms, item_due.under_caps)
        if _is_released(terms, known, LAST_DAY):
            stood = posted.get(item_due.item.key, NOTHING)
            held = min(held, stood[6] + _part(terms, max(0, item_due.under_caps - under_caps(stood))))
        if held:
            item_due.cut["retention"] = held


def _part(terms: Terms, minor: int) -> int:
    return whole(minor * Fraction(terms.payment["retention"]["share"]), terms.rounding)


def _is_released(terms: Terms, known: Known, ends: str) -> bool:
    retention = terms.payment["retention"]
    if retention.get("releaseOn"):
        return bool(retention["releaseOn"] < ends)
    return decided(retention["releaseWhen"], terms, known).value is True


def split(
    history: History, ends: str, due: Sequence[Due], before: Mapping[ItemKey, Shares], later: Mapping[str, int]
) -> None:
    """Gives each item (in their order) to its payers. What a payer paid and is still due stays that payer's; `later`
    is what payers paid for items that are not looked at. What no payer is left to pay is cut."""
    terms, used = history.at_end(ends), Counter(later)
    payers = [_Payers(history, terms, item_due) for item_due in due]
    for item_due, asked in zip(due, payers, strict=True):
        item_due.shares = asked.kept(before.get(item_due.item.key, {}))
        used.update(item_due.shares)
    for item_due, asked in reversed(list(zip(due, payers, strict=True))):
        for payer, minor in item_due.shares.items():
            over = max(0, used[payer] - asked.stands(payer), _under_one_maximum(payer, asked, due, payers, later))
            item_due.shares = {**item_due.shares, payer: minor - min(max(0, minor), over)}
            used[payer] += item_due.shares[payer] - minor
    for item_due, asked in zip(due, payers, strict=True):
        item_due.cut["payer"] = asked.fill(used)
        item_due.shares = {payer: minor for payer, minor in item_due.shares.items() if minor}


def shares_below_zero(history: History, ends: str, due: Due) -> Shares:
    """What each payer gets back of an amount below zero: no cap of a payer is asked."""
    return _Payers(history, history.at_end(ends), due).kept({})


def _under_one_maximum(
    payer: str, asked: "_Payers", due: Sequence[Due], payers: Sequence["_Payers"], later: Mapping[str, int]
) -> int:
    """How much more a payer has paid than may stand under the maximum that an item has: of all items that have it. Of
    others only what is below zero counts, as it gave room."""
    maximum = asked.maxima.get(payer)
    if maximum is None or maximum.max_retainable is None:
        return 0
    paid = min(0, later.get(payer, 0))
    for item_due, other in zip(due, payers, strict=True):
        minor = item_due.shares.get(payer, 0)
        paid += minor if other.maxima.get(payer) == maximum else min(0, minor)
    return paid - maximum.max_retainable


@dataclass(frozen=True)
class _Most:
    """The most that a payer pays, what of what it paid may stand (None for all), and whether others pay the rest."""

    minor: int
    max_retainable: int | None
    to_next: bool


class _Payers:
    """Who pays an item, in which order, and how much at most."""

    def __init__(self, history: History, terms: Terms, due: Due) -> None:
        own = history.version(due.item.version)
        self._due, self._left = due, due.under_caps - due.cut.get("retention", 0)
        self.most = {
            cap["payer"]: _Most(
                terms.minor(cap["amount"]), max_retainable(history, cap), cap.get("overflow") == "next_payer"
            )
            for cap in terms.caps("payer")
        }
        definition = own.split(due.item.key[0]) or {"kind": "nobody shares"}
        self._caps, self.maxima, self._payment_order = self.most, dict[str, _Most](), terms.payers
        if definition["kind"] == "maxima_in_order":
            self._payment_order = [maximum["payer"] for maximum in definition["maxima"]]
            self.most = self._maxima(definition, is_amended=len(history.versions) > 1)
            self.maxima = {payer: most for payer, most in self.most.items() if most != self._caps.get(payer)}
        self._wanted = self._shared(definition, own)

    def stands(self, payer: str) -> int:
        """How much may stand of all that a payer paid, by its cap."""
        cap = self._caps.get(payer)
        return EVERYTHING if cap is None or cap.max_retainable is None else cap.max_retainable

    def _maxima(self, definition: Definition, *, is_amended: bool) -> dict[str, _Most]:
        """Each maximum, or the cap where that is lower."""
        most = {}
        for maximum in definition["maxima"]:
            minor, cap = minor_units(maximum["amount"]), self.most.get(maximum["payer"])
            own = _Most(minor, None if is_amended else minor, True)
            most[maximum["payer"]] = cap if cap is not None and cap.minor < minor else own
        return most

    def _shared(self, definition: Definition, own: Terms) -> dict[str, int]:
        """What each payer would pay if none had a maximum."""
        if definition["kind"] != "shares":
            return {(self._payment_order if definition["kind"] == "maxima_in_order" else own.payers)[0]: self._left}
        weights = {weight["payer"]: weight["weight"] for weight in definition["weights"]}
        payers = [payer for payer in own.payers if payer in weights]
        return dict(zip(payers, by_weight(self._left, [weights[payer] for payer in payers]), strict=True))

    def kept(self, before: Shares) -> dict[str, int]:
        """Of what it would pay, what each payer has paid; then what it has paid for others. Where nobody who is to pay
        has a maximum, nobody pays for another."""
        if self._left < 0:
            return dict(self._wanted)
        kept = {payer: min(minor, max(0, before.get(payer, 0))) for payer, minor in self._wanted.items()}
        if not self._wanted.keys() & self.most.keys():
            return kept
        left = self._left - sum(kept.values())
        for payer in dict.fromkeys([*self._payment_order, *sorted(before)]):
            more = max(0, min(before.get(payer, 0) - kept.get(payer, 0), left))
            kept[payer] = kept.get(payer, 0) + more
            left -= more
        return kept

    def fill(self, used: Counter[str]) -> int:
        """Asks one payer after the other for what is left of the item; returns what nobody pays."""
        shares, lacks = dict(self._due.shares), self._lacking()
        left, handed_on = self._left - sum(shares.values()), 0
        for payer in self._payment_order:
            asked, most = max(0, min(left - handed_on, lacks[payer])) + handed_on, self.most.get(payer)
            gets = asked if most is None else min(asked, max(0, most.minor - used[payer]))
            shares[payer] = shares.get(payer, 0) + gets
            used[payer] += gets
            left -= gets
            handed_on = asked - gets if most is not None and most.to_next else 0
        self._due.shares = shares
        return left

    def _lacking(self) -> dict[str, int]:
        """What of each payer's part nobody has paid. What one pays beyond its own part is for those before it that hand
        on to it, the nearest first; then for anybody."""
        shares = self._due.shares
        lacks = {payer: max(0, self._wanted.get(payer, 0) - shares.get(payer, 0)) for payer in self._payment_order}
        beyond = {payer: max(0, minor - self._wanted.get(payer, 0)) for payer, minor in shares.items()}
        pairs = [(payer, other) for n, payer in enumerate(self._payment_order) for other in self._handing_on_to(n)]
        for payer, other in [*pairs, *((payer, other) for payer in beyond for other in self._payment_order)]:
            minor = min(beyond.get(payer, 0), lacks[other])
            lacks[other] -= minor
            beyond[payer] = beyond.get(payer, 0) - minor
        return lacks

    def _handing_on_to(self, place: int) -> list[str]:
        payers: list[str] = []
        for payer in reversed(self._payment_order[:place]):
            most = self.most.get(payer)
            if most is None or not most.to_next:
                break
            payers.append(payer)
        return payers
