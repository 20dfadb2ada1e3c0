"""Domain: when a subject is closed: no settlement looks at it until a fact about it comes, as nothing of it changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.figures import CUTS, CutKind, Posted
from settlement_service.domain.mechanisms.items import Item


@dataclass(frozen=True, slots=True)
class Closing:
    """Which subjects a posted settlement closes: those of whom nothing was cut that may come free, and nothing is
    achieved or posted from `ends` on. `kinds` are the cuts that may come free. `storage.opened.close_query` asks the
    same of all rows at once, and a test holds it to this."""

    kinds: tuple[CutKind, ...]
    ends: date

    def is_closed(self, posted: Iterable[Posted], items: Iterable[Item]) -> bool:
        """Whether a subject is closed by all that is posted of it and all its items."""
        return not (any(map(self._stays_open, posted)) or any(map(self._is_due_later, items)))

    def _stays_open(self, posted: Posted) -> bool:
        return posted.achieved_on >= self.ends or any(posted.figures.taken(kind) for kind in self.kinds)

    def _is_due_later(self, item: Item) -> bool:
        return item.reason is None and item.achieved_on >= self.ends


def closing_of(history: History, ends: date) -> Closing:
    """How subjects are closed when everything achieved before `ends` is posted. What a cap on a person cut comes free
    only where versions of the terms have other caps on a person: then it may be due by that of another version, when a
    period is settled that ends while that one holds."""
    by_version = len({_caps_on_person(terms) for terms in history.versions}) > 1
    kinds = tuple(cut.kind for cut in CUTS if cut.comes_free == "always" or by_version)
    return Closing(kinds, ends)


def _caps_on_person(terms: Terms) -> tuple[tuple[int, frozenset[str]], ...]:
    return tuple((limit.minor, limit.excluded_rules) for limit in terms.limits if limit.definition.kind == "person")
