"""Tests: what is due for verified claims, computed a second time by the checker: prices, limits, caps."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .claims import Claim
from .terms import CAPS, Terms

Key = tuple[str, str, str]
"""Rule, subject, occurrence: what is paid at most once."""
PostedKey = tuple[str, str, str, int]
"""The same, with the price in minor units."""


@dataclass
class Item:
    """What one rule gives for one claim: units at a price, and what each cap cut."""

    key: Key
    claim: Claim
    price: int
    units: int
    cut: dict[str, int] = field(default_factory=dict)

    @property
    def gross(self) -> int:
        """Minor units before caps."""
        return self.price * self.units

    @property
    def amount(self) -> int:
        """Minor units after caps."""
        return self.gross - sum(self.cut.values())

    @property
    def figures(self) -> tuple[int, int, int, int, int]:
        """Units, gross, and the cuts by person, rule and contract."""
        return (self.units, self.gross, *(self.cut.get(kind, 0) for kind in CAPS))  # type: ignore[return-value]


def payable(terms: Terms, claims: Iterable[Claim], terminated_on: str | None) -> list[Item]:
    """Items of all claims that are verified now, before caps, in the order in which caps look at them."""
    verified = sorted(
        (claim for claim in claims if claim.state == "verified"),
        key=lambda claim: (claim.achieved_on, terms.rank(claim.metric, claim.occurrence), claim.order_key, claim.id),
    )
    items = []
    for position, rule in enumerate(terms.rules):
        used: dict[str, list[Item]] = {}
        for claim in verified:
            if claim.metric != rule["metric"] or (terminated_on is not None and claim.achieved_on >= terminated_on):
                continue
            item = _item(terms, rule, claim, used.setdefault(claim.subject, []))
            if item is not None:
                used[claim.subject].append(item)
                items.append((claim.achieved_on, position, terms.rank(claim.metric, claim.occurrence), item))
    return [row[3] for row in sorted(items, key=lambda row: (*row[:3], row[3].claim.order_key))]


def _item(terms: Terms, rule: Mapping[str, object], claim: Claim, earlier: list[Item]) -> Item | None:
    """The item of one claim, when `earlier` are those of the same person under the rule; None when there is none."""
    first_only = rule.get("occurrences", "every") == "first"
    payments = 1 if first_only else terms.metric(claim.metric).get("maxPaymentsPerPerson", 1)
    if len(earlier) >= payments or claim.occurrence in {item.key[2] for item in earlier}:
        return None
    price = next((minor for start, end, minor in terms.prices(rule) if start <= claim.achieved_on < end), None)
    most = rule.get("maxUnitsPerPerson")
    left = claim.units if not isinstance(most, int) else most - sum(item.units for item in earlier)
    if price is None or left <= 0:
        return None
    return Item((str(rule["code"]), claim.subject, claim.occurrence), claim, price, min(claim.units, left))


def cut_by_caps(terms: Terms, items: list[Item], net: Mapping[Key, int], later: Mapping[Key, int]) -> None:
    """Cuts `items` (in their order) by every cap in turn. `net` is what was posted for each of them, which keeps its
    place where the cap says so; `later` is what stands posted for items that are not looked at here."""
    for kind in CAPS:
        for limit, rule, keep in terms.caps(kind):
            _under(kind, limit, [item for item in items if rule in (None, item.key[0])], net if keep else {}, later)


def _under(kind: str, limit: int, items: list[Item], net: Mapping[Key, int], later: Mapping[Key, int]) -> None:
    for group in {_group(kind, item.key) for item in items}:
        members = [item for item in items if _group(kind, item.key) == group]
        keeps = {item.key: min(item.amount, max(0, net.get(item.key, 0))) for item in members}
        room = limit - sum(amount for key, amount in later.items() if _group(kind, key) == group) - sum(keeps.values())
        for item in members:
            more = max(0, min(item.amount - keeps[item.key], room))
            room -= more
            item.cut[kind] = item.cut.get(kind, 0) + item.amount - keeps[item.key] - more


def _group(kind: str, key: Key) -> str:
    return {"person": key[1], "rule": key[0], "contract": ""}[kind]
