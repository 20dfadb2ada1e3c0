"""Domain: a computation in words, English and Danish, for a caseworker: one sentence a step, from the claims up."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from services.core.money import format_minor, places_of
from services.core.rounding import to_whole
from services.core.subjects import subject_id_of
from services.core.terms.splits import Shares
from settlement_service.domain.agreement.terms import Rule, Terms
from settlement_service.domain.explaining.words import CAPS, DANISH, ENGLISH, REASONS
from settlement_service.domain.mechanisms.working import Node
from settlement_service.domain.settling.change import Change

Language: TypeAlias = Literal["en", "da"]
SHOWN_PLACES = 4
"""Decimals of a figure that has no end, in words; the tree holds it exactly."""
IN_PERCENT = ("share", "relative_change")
_PHRASES: Mapping[Language, Mapping[str, str]] = MappingProxyType({"en": ENGLISH, "da": DANISH})


def in_words(language: Language, terms: Terms, rule: Rule, change: Change, tree: Node) -> str:
    """Why this settlement posts what it posts for an item: each step once."""
    return _Narrator(language, terms).narrate(rule, change, tree)


class _Narrator:
    """Puts the working of one item into the words of one language."""

    def __init__(self, language: Language, terms: Terms) -> None:
        self._language, self._terms, self._phrases = language, terms, _PHRASES[language]
        self._names = {party.organisation_id: party.name for party in terms.parties}
        contract, codes = terms.contract_id, terms.cohorts
        self._cohorts = {str(subject_id_of(contract, "cohort", code)): code for code in codes}

    def narrate(self, rule: Rule, change: Change, tree: Node) -> str:
        """The rule, the decision, each step of the working once, what is due, what was posted, and who owes whom."""
        phrases, terms = self._phrases, self._terms
        names = phrases["and"].join(f"'{terms.metrics[code].name}'" for code in sorted(rule.metrics)) or rule.code
        sentences = [phrases["rule"].format(rule=rule.code, version=terms.version, metrics=names)]
        if change.claim_id is not None and change.decided_by:
            day = change.decided_at.date().isoformat() if change.decided_at else ""
            by = phrases["and"].join(map(self._party, change.decided_by))
            decided = phrases["deemed" if change.deemed else "decided"]
            sentences.append(decided.format(day=change.achieved_on.isoformat(), by=by, at=day))
        if change.reason is not None:
            sentences.append(phrases["not_due"].format(why=REASONS[self._language].get(change.reason, change.reason)))
        sentences.extend(dict.fromkeys(self._steps(tree.of[0])))
        if change.now:
            sentences.append(phrases["due"].format(amount=_money(terms, change.now.amount_minor)))
        if change.before:
            sentences.append(phrases["before"].format(amount=_money(terms, change.before.amount_minor)))
        sentences.extend(self._released(tree.of[1].about))
        return " ".join([*sentences, self._posted(rule, change)])

    def _released(self, about: Mapping[str, Any]) -> Iterator[str]:
        """The sentence on an amount that was held back before and is released now: how much, and until when."""
        held = about.get("released")
        if held is not None:
            how = next((name for name in ("releaseOn", "releaseWhen") if name in about), "released")
            until = self._until(about["releaseWhen"]) if how == "releaseWhen" else about.get("releaseOn")
            yield self._phrases[how].format(amount=f"{held['amount']} {held['currency']}", until=until)

    def _until(self, condition: Mapping[str, Any]) -> str:
        """A condition in words: "share with 'In work' at least 40 %"."""
        if condition["kind"] != "threshold":
            join = self._phrases["and" if condition["kind"] == "all_of" else "or"]
            return f"({join.join(map(self._until, condition['conditions']))})"
        basis, value = condition["basis"], Fraction(condition["value"])
        in_percent = basis in IN_PERCENT
        figure = f"{decimal(value * 100, SHOWN_PLACES - 1)} %" if in_percent else decimal(value, SHOWN_PLACES)
        measure = self._phrases[basis]
        name = self._terms.metrics[condition["metric"]].name
        return f"{measure[0].lower()}{measure[1:]} '{name}' {self._phrases[condition['comparator']]} {figure}"

    def _posted(self, rule: Rule, change: Change) -> str:
        phrases, amount = self._phrases, change.difference.amount_minor
        owes = phrases["owed" if amount >= 0 else "owed_back"]
        shares = phrases["and"].join(
            f"{self._party(payer)} {_money(self._terms, minor)}" for payer, minor in change.shares
        )
        how = self._split(rule) if len(self._terms.payers()) > 1 else ""
        payee = self._party(change.key.payee)
        return owes.format(amount=_money(self._terms, amount), payee=payee, shares=(shares or "-") + how)

    def _split(self, rule: Rule) -> str:
        if isinstance(rule.split, Shares):
            return self._phrases["split"].format(weights=" : ".join(str(each.weight) for each in rule.split.weights))
        return self._phrases["in_order"] if rule.split is not None else ""

    def _party(self, organisation: str) -> str:
        return self._names.get(organisation, organisation)

    def _steps(self, node: Node) -> Iterator[str]:
        """A sentence for each step that does something, after the sentences of those it rests on."""
        for operand in node.of:
            yield from self._steps(operand)
        if not node.of:
            yield from _leaf_sentences(self._language, node)
        phrase = self._phrases.get(f"step.{node.op}")
        if phrase is None or not (node.of or node.op == "not_yet_measured") or _says_nothing(node):
            return
        yield phrase.format_map(self._words_of(node))

    def _words_of(self, node: Node) -> dict[str, Any]:
        """The words that the phrase of a step has places for, by the name of the place (`of0` is the first operand)."""
        phrases = self._phrases
        operands = [self._named(operand) for operand in node.of]
        words: dict[str, Any] = {**_about(node), "value": _value(self._language, node)}
        words |= {f"of{place}": operand for place, operand in enumerate(operands)}
        words["joined"] = phrases[f"join.{node.op}"].join(operands) if f"join.{node.op}" in phrases else ""
        words["sign"] = phrases.get(str(node.about.get("comparator")), "")
        words["basis"] = phrases.get(str(node.about.get("basis")), "")
        words["metric"] = self._metric(node)
        if node.op == "compare":
            in_percent = node.about.get("basis") in IN_PERCENT
            words |= {f"of{place}": self._figure(operand, in_percent) for place, operand in enumerate(node.of)}
            words["value"] = phrases["not_measured" if node.value is None else "met" if node.value else "not_met"]
        words["band"] = self._band(node)
        return words

    def _figure(self, node: Node, in_percent: bool) -> str:
        if in_percent and isinstance(node.value, Fraction):
            return f"{decimal(node.value * 100, SHOWN_PLACES - 1)} %"
        return _value(self._language, node)

    def _band(self, node: Node) -> str:
        start, end = node.about.get("from"), node.about.get("to")
        which = ("between" if end else "from") if start else ("to" if end else "all")
        return self._phrases[f"band.{which}"].format_map({"from": start, "to": end})

    def _named(self, node: Node) -> str:
        """An operand: its figure, with what it is where no step of its own says that: `12 (units)`."""
        value = _value(self._language, node)
        phrase = self._phrases.get(f"leaf.{node.op}")
        while len(node.of) == 1 and _says_nothing(node):
            node = node.of[0]
            phrase = self._phrases.get(f"leaf.{node.op}")
        if node.of or phrase is None:
            return value
        what = node.about.get("name") or node.about.get("what") or node.about.get("cap") or node.op
        names = CAPS[self._language] if node.op == "cut" else self._phrases
        claims = node.about.get("claims", ())
        count = self._phrases["one_claim"] if len(claims) == 1 else self._phrases["claims"].format(count=len(claims))
        return phrase.format(
            value=value,
            what=names.get(str(what), str(what)),
            count=count,
            metric=self._metric(node),
            details=self._details(node),
        )

    def _details(self, node: Node) -> str:
        """The cohort, the point in time and the arm of a figure: `, cohort a, occurrence 2, before`."""
        about, arm = node.about, node.about.get("arm")
        cohort = self._cohorts.get(about.get("subject", ""))
        parts = [self._phrases["cohort"].format(cohort=cohort)] if cohort else []
        point = str(about.get("occurrence") or about.get("period") or "")
        if point and node.op != "term":
            parts.append(self._phrases["occurrence"].format(occurrence=point) if point.isdecimal() else point)
        if arm is not None:
            parts.append(self._phrases["baseline_arm" if arm == "baseline" else arm])
        return "".join(f", {part}" for part in parts)

    def _metric(self, node: Node) -> str:
        code = str(node.about.get("metric", ""))
        return self._terms.metrics[code].name if code in self._terms.metrics else code


def _says_nothing(node: Node) -> bool:
    """Whether a step leaves its only operand as it is."""
    return node.op in ("sum", "rounded") and len(node.of) == 1 and node.of[0].value == node.value


def _currency_of(node: Node) -> str | None:
    """The currency of a figure that is an amount; None for all others."""
    currency = node.about.get("currency")
    if currency is not None or not node.of:
        return None if currency is None else str(currency)
    if node.op == "within":
        return _currency_of(node.of[1])
    # An amount over a number is an amount; what it is divided by says nothing of that.
    currencies = [_currency_of(operand) for operand in (node.of[:1] if node.op == "quotient" else node.of)]
    return next((currency for currency in currencies if currency is not None), None)


def _leaf_sentences(language: Language, node: Node) -> Iterator[str]:
    """The sentences on a figure that its name does not say: how many units were left out, and what a cap took."""
    phrases = _PHRASES[language]
    claimed = node.about.get("claimed")
    if claimed is not None and claimed != node.value:
        yield phrases["some_units"].format(claimed=claimed, units=_value(language, node))
    if node.op == "cut":
        limit = node.about.get("limit")
        cap_limit = phrases["limit"].format(limit=f"{limit['amount']} {limit['currency']}") if limit else ""
        cap = CAPS[language][node.about["cap"]]
        yield phrases["cut"].format(cap=cap, limit=cap_limit, amount=_value(language, node))


def _about(node: Node) -> dict[str, Any]:
    return {name: value for name, value in node.about.items() if isinstance(value, str | int)}


def _value(language: Language, node: Node) -> str:
    if node.value is None:
        return _PHRASES[language]["not_measured"]
    if isinstance(node.value, bool):
        return _PHRASES[language]["yes" if node.value else "no"]
    currency = _currency_of(node)
    if currency is None:
        return decimal(node.value, SHOWN_PLACES)
    minor = node.value * 10 ** (places_of(currency) or 0)
    if minor.denominator == 1:
        return f"{format_minor(minor.numerator, currency)} {currency}"
    return f"{decimal(node.value, SHOWN_PLACES)} {currency}"


def decimal(value: Fraction, places: int) -> str:
    """A number with so many decimals at the most, half-up, without zeros at the end: 2/3 to 4 places is `0.6667`."""
    scaled = to_whole(value * 10**places)
    digits = str(abs(scaled)).rjust(places + 1, "0")
    integer, decimals = digits[: len(digits) - places], digits[len(digits) - places :].rstrip("0")
    sign = "-" if scaled < 0 else ""
    return f"{sign}{integer}.{decimals}" if decimals else sign + integer


def _money(terms: Terms, minor: int) -> str:
    return f"{format_minor(minor, terms.currency)} {terms.currency}"
