"""Domain: why an amount is what it is, and who decided it: one item of a settlement, as a tree and in words."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from settlement_service.domain.agreement.history import History
from settlement_service.domain.agreement.terms import Rule, Terms
from settlement_service.domain.explaining.narration import in_words
from settlement_service.domain.explaining.released import released
from settlement_service.domain.facts.figures import Figures, Shares
from settlement_service.domain.limits.caps import group_of
from settlement_service.domain.mechanisms.amounts import scale_of
from settlement_service.domain.mechanisms.working import Node, Value, computed, leaf, term
from settlement_service.domain.settling.change import Change
from settlement_service.domain.statement.statement import money


def explain(history: History, ends_terms: Terms, line: int, change: Change) -> dict[str, Any]:
    """The explanation of an item: rule, terms version, claim, decision, price, units, each cap that cut, what was
    posted before, shares, the whole computation as a tree, and the same in words, English and Danish. `line` is the
    number of its line as the reader is shown it. `ends_terms` is the version at the settlement's end, whose caps
    held."""
    terms = history.version(change.version)
    rule = terms.rules[change.key.item.rule]
    tree = tree_of(terms, ends_terms, rule, change)
    explanation: dict[str, Any] = {
        "line": line,
        "subjectId": str(change.key.item.subject_id),
        "occurrence": change.key.item.occurrence,
        "rule": {"code": rule.code, "kind": rule.kind, "metrics": sorted(rule.metrics)},
        "termsVersion": terms.version,
        "claim": _claim(terms, change),
        "decision": _decision(change),
        "price": None if change.key.price_minor is None else money(change.key.price_minor, terms.currency),
        "now": _figures(ends_terms, change, change.now),
        "before": _figures(ends_terms, change, change.before),
        "amount": money(change.difference.amount_minor, terms.currency),
        "shares": _shares(terms, change, change.shares),
        "tree": document_of(tree),
        "text": in_words("en", terms, rule, change, tree),
        "textInDanish": in_words("da", terms, rule, change, tree),
    }
    return {name: value for name, value in explanation.items() if value is not None}


def tree_of(terms: Terms, caps_of: Terms, rule: Rule, change: Change) -> Node:
    """How the amount that this settlement posts for an item comes about: due now less posted before. The rule's working
    stands at the bottom, and on top of it what each cap cut."""
    now = _due(terms, caps_of, rule, change)
    before = leaf(
        "posted", _major(terms, change.before.amount_minor), currency=terms.currency, **released(terms, change)
    )
    return computed("difference", now, before, what="posted now", currency=terms.currency)


def _due(terms: Terms, caps_of: Terms, rule: Rule, change: Change) -> Node:
    if not change.now:
        about = {"reason": change.reason, "currency": terms.currency}
        if change.working is None:
            return leaf("nothing", Fraction(0), **about)
        return computed("not_due", change.working, **about)
    gross, cuts = _gross(terms, rule, change), []
    for cap, minor in change.now.cuts:
        limit = _limit(caps_of, change, cap)
        cuts.append(leaf("cut", _major(terms, minor), cap=cap, limit=limit, currency=terms.currency))
    return computed("difference", gross, *cuts, what="due", currency=terms.currency) if cuts else gross


def _gross(terms: Terms, rule: Rule, change: Change) -> Node:
    if change.working is not None:
        working = change.working
        if isinstance(working.value, bool):
            amount = term("amount", _major(terms, change.now.gross_minor), currency=terms.currency)
            return computed("if_true", working, amount, currency=terms.currency)
        return working
    units = leaf(
        "claim",
        Fraction(change.now.units),
        what="units",
        claims=[str(change.claim_id)],
        metric=min(rule.metrics),
        occurrence=change.key.item.occurrence,
        claimed=change.claimed_units,
    )
    if change.key.price_minor is None:
        amount = term("amount", _major(terms, change.now.gross_minor), currency=terms.currency)
        return computed("product", units, amount, currency=terms.currency)
    return computed("product", units, _price(terms, rule, change), currency=terms.currency)


def _price(terms: Terms, rule: Rule, change: Change) -> Node:
    """The price of a unit; where an index raised it, how: 1,000.00 x 21/20 = 1,050.00."""
    price = next((price for price in rule.prices if price.start <= change.achieved_on < price.end), None)
    if price is None or price.factor == 1:
        return term("price", _major(terms, change.key.price_minor or 0), currency=terms.currency)
    contracted = term("contracted price", _major(terms, price.contracted_minor), currency=terms.currency)
    raised = computed("product", contracted, term("index", price.factor))
    return computed("rounded", raised, mode=terms.rounding, places=len(str(scale_of(terms))) - 1)


def _limit(caps_of: Terms, change: Change, cap: str) -> Mapping[str, str] | None:
    """The cap itself, where it is one amount for the item."""
    item = change.key.item
    for limit in caps_of.limits:
        if limit.definition.kind == cap and group_of(limit, item.rule, item.subject_id, change.achieved_on):
            return money(limit.minor, caps_of.currency)
    return None


def _major(terms: Terms, minor: int) -> Fraction:
    return Fraction(minor, scale_of(terms))


def document_of(node: Node) -> dict[str, Any]:
    """The tree as JSON: numbers as decimals, or as a fraction where they have no end; truths as true and false; a value
    that is not yet measured is left out. Its names never change."""
    document = {"op": node.op, "value": decimal_text(node.value), **node.about}
    if node.of:
        document["of"] = [document_of(operand) for operand in node.of]
    return {name: child for name, child in document.items() if child is not None}


def decimal_text(value: Value) -> str | bool | None:
    """A value as JSON: 5/4 as `1.25`, 1/3 as `1/3`, as it has no end; a truth, or None, as it is. So that a reader can
    compute on, nothing is rounded."""
    if value is None or isinstance(value, bool):
        return value
    if value.denominator == 1:
        return str(value.numerator)
    # A fraction ends as a decimal when its denominator has no factor but 2 and 5.
    rest, twos_and_fives = value.denominator, 0
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
            twos_and_fives += 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    digits = str(abs(value.numerator) * 10**twos_and_fives // value.denominator).rjust(twos_and_fives + 1, "0")
    integer, decimals = digits[:-twos_and_fives], digits[-twos_and_fives:].rstrip("0")
    return f"{'-' if value < 0 else ''}{integer}.{decimals}"


def _claim(terms: Terms, change: Change) -> dict[str, Any] | None:
    if change.claim_id is None:
        return None
    rule = terms.rules[change.key.item.rule]
    return {
        "id": str(change.claim_id),
        "occurrence": change.key.item.occurrence,
        "achievedOn": change.achieved_on.isoformat(),
        "units": change.claimed_units,
        "reportedBy": terms.metrics[min(rule.metrics)].reported_by,
    }


def _decision(change: Change) -> dict[str, Any]:
    result = change.reason or ("verified" if change.claim_id else "computed")
    decision: dict[str, Any] = {"result": result, "decidedBy": list(change.decided_by)}
    if change.decided_at is not None:
        decision["decidedAt"] = change.decided_at.isoformat().replace("+00:00", "Z")
    if change.deemed:
        decision["deemed"] = True
    return decision


def _figures(caps_of: Terms, change: Change, figures: Figures) -> dict[str, Any]:
    cuts = []
    for cap, minor in figures.cuts:
        cut = {"cap": cap, "amount": money(minor, caps_of.currency)}
        limit = _limit(caps_of, change, cap)
        cuts.append(cut if limit is None else cut | {"limit": limit})
    return {
        "units": figures.units,
        "gross": money(figures.gross_minor, caps_of.currency),
        "cut": cuts,
        "amount": money(figures.amount_minor, caps_of.currency),
    }


def _shares(terms: Terms, change: Change, shares: Shares) -> list[dict[str, Any]]:
    return [
        {"payer": payer, "payee": change.key.payee, "amount": money(minor, terms.currency)} for payer, minor in shares
    ]
