"""Domain: the item of a claim before it has figures, and the reasons against it that hold for every mechanism."""

from collections.abc import Mapping, Sequence
from datetime import date

from services.core.terms.payment import GrantWindow
from settlement_service.domain.agreement.terms import Terms
from settlement_service.domain.facts.claims import Claim
from settlement_service.domain.facts.figures import ItemKey
from settlement_service.domain.mechanisms.items import Item, NotPayable


def reason_of_day(terms: Terms, terminated_on: date | None, day: date) -> NotPayable | None:
    """Why nothing that was achieved on a day is payable, or None. Such a claim uses up no occurrence either."""
    if terminated_on is not None and day >= terminated_on:
        return "after-termination"
    for window in terms.windows:
        if window.start <= day < window.end:
            if isinstance(window, GrantWindow):
                return "in-grant-window"
            if not window.then_payable:
                return "in-pause"
    return None


def has_prerequisite(terms: Terms, claim: Claim, verified: Mapping[str, Sequence[Claim]]) -> bool:
    """Whether the subject has achieved the metric's prerequisite on the claim's day or before. `verified` are the
    verified claims of the subject by metric."""
    code = terms.metrics[claim.metric].prerequisite
    return code is None or any(earlier.achieved_on <= claim.achieved_on for earlier in verified.get(code, ()))


def item_of(claim: Claim, rule: str, terms: Terms, reason: NotPayable | None) -> Item:
    """The item of a claim, before it has figures."""
    return Item(
        key=ItemKey(rule, claim.subject_id, claim.occurrence),
        claim_id=claim.id,
        metric=claim.metric,
        version=terms.version,
        achieved_on=claim.achieved_on,
        order_key=claim.order_key,
        claimed_units=claim.units,
        reason=reason,
        decided_by=claim.decided_by,
        decided_at=claim.decided_at,
        deemed=claim.deemed,
    )
