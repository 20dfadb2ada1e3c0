"""Domain: a computation in words, English and Danish, for a caseworker: one sentence a step, from the claims up."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from services.core.money import format_minor, places_of
from settlement_service.domain.difference import Change
from settlement_service.domain.terms import Rule, Terms
from settlement_service.domain.words import CAPS, DANISH, ENGLISH, REASONS, SIGNS
from settlement_service.domain.working import Node

Language: TypeAlias = Literal["en", "da"]
SHOWN_PLACES = 4
"""Decimals of a figure that has no end, as it is told in words; the tree holds it exactly."""
_PHRASES: Mapping[Language, Mapping[str, str]] = MappingProxyType({"en": ENGLISH, "da": DANISH})


def in_words(language: Language, terms: Terms, rule: Rule, change: Change, tree: Node) -> str:
    """Why this settlement posts what it posts for an item."""
    say = _PHRASES[language]
    names = say["and"].join(f"'{terms.metrics[code].name}'" for code in sorted(rule.metrics)) or rule.code
    sentences = [say["rule"].format(rule=rule.code, version=terms.version, metrics=names)]
    if change.claim_id is not None and change.decided_by:
        day = change.decided_at.date().isoformat() if change.decided_at else ""
        by = say["and"].join(change.decided_by)
        decided = say["deemed" if change.deemed else "decided"]
        sentences.append(decided.format(day=change.achieved_on.isoformat(), by=by, at=day))
    if change.reason is not None:
        sentences.append(say["not_due"].format(why=REASONS[language].get(change.reason, change.reason)))
    due = tree.of[0]
    sentences.extend(_steps(language, due))
    if change.now:
        sentences.append(say["due"].format(amount=_money(terms, change.now.amount_minor)))
    if change.before:
        sentences.append(say["before"].format(amount=_money(terms, change.before.amount_minor)))
    amount = change.difference.amount_minor
    owes = say["owed" if amount >= 0 else "owed_back"]
    shares = say["and"].join(f"{payer} {_money(terms, minor)}" for payer, minor in change.shares)
    sentences.append(owes.format(amount=_money(terms, amount), payee=change.key.payee, shares=shares or "-"))
    return " ".join(sentences)


def _steps(language: Language, node: Node) -> Iterator[str]:
    """A sentence for each step, those it rests on first."""
    for one in node.of:
        yield from _steps(language, one)
    if not node.of:
        yield from _of_leaf(language, node)
    phrase = _PHRASES[language].get(f"step.{node.op}")
    if phrase is None or not (node.of or node.op == "not_yet_measured"):
        return
    operands = [_named(language, one) for one in node.of]
    told: dict[str, Any] = {**_about(node), "of": operands, "value": _value(language, node)}
    told |= {f"of{place}": operand for place, operand in enumerate(operands)}
    told["joined"] = _PHRASES[language][f"join.{node.op}"].join(operands) if f"join.{node.op}" in ENGLISH else ""
    told["sign"] = SIGNS.get(str(node.about.get("comparator")), "")
    told["from"], told["to"] = node.about.get("from") or "-∞", node.about.get("to") or "∞"
    yield phrase.format_map(told)


def _of_leaf(language: Language, node: Node) -> Iterator[str]:
    """What should be said of a figure beside naming it: units that were left out, and what a cap took."""
    say = _PHRASES[language]
    claimed = node.about.get("claimed")
    if claimed is not None and claimed != node.value:
        yield say["some_units"].format(claimed=claimed, units=_value(language, node))
    if node.op == "cut":
        limit = node.about.get("limit")
        of = say["limit"].format(limit=f"{limit['amount']} {limit['currency']}") if limit else ""
        yield say["cut"].format(cap=CAPS[language][node.about["cap"]], limit=of, amount=_value(language, node))


def _about(node: Node) -> dict[str, Any]:
    return {name: value for name, value in node.about.items() if isinstance(value, str | int)}


def _named(language: Language, node: Node) -> str:
    """An operand: its figure, with what it is where that is not said by a step of its own."""
    value = _value(language, node)
    if node.of:
        return value
    phrase = _PHRASES[language].get(f"leaf.{node.op}")
    if phrase is None:
        return value
    what = node.about.get("name") or node.about.get("what") or node.about.get("cap") or ""
    words = CAPS[language] if node.op == "cut" else _PHRASES[language]
    return phrase.format(value=value, what=words.get(str(what), str(what)), metric=node.about.get("metric", ""))


def _value(language: Language, node: Node) -> str:
    if node.value is None:
        return _PHRASES[language]["not_measured"]
    if isinstance(node.value, bool):
        return _PHRASES[language]["yes" if node.value else "no"]
    currency = node.about.get("currency")
    if currency is None:
        return decimal(node.value, SHOWN_PLACES)
    minor = node.value * 10 ** (places_of(currency) or 0)
    if minor.denominator == 1:
        return f"{format_minor(minor.numerator, currency)} {currency}"
    return f"{decimal(node.value, SHOWN_PLACES)} {currency}"


def decimal(value: Fraction, places: int) -> str:
    """To so many decimals at the most, half-up, without zeros at the end."""
    scaled = (abs(value) * 10**places + Fraction(1, 2)).__floor__()
    digits = str(scaled).rjust(places + 1, "0")
    whole, decimals = digits[: len(digits) - places], digits[len(digits) - places :].rstrip("0")
    sign = "-" if value < 0 and scaled else ""
    return f"{sign}{whole}.{decimals}" if decimals else sign + whole


def _money(terms: Terms, minor: int) -> str:
    return f"{format_minor(minor, terms.currency)} {terms.currency}"
