"""Tests: a mechanism that nobody but the two tables knows goes all the way; one without rows goes nowhere."""

import json
from dataclasses import replace
from typing import Any

import pytest

from services.core.terms.checks import TermsNotValid, check_terms
from services.core.terms.mechanisms.table import MechanismMissing
from services.core.terms.model import Agreement
from services.core.terms.parties import Party
from services.events.contracts import ContractActivated
from services.kit.doors import shapes
from settlement_service.commands.recompute import read_inputs
from settlement_service.domain.agreement.history import history_of
from settlement_service.domain.explaining.explanation import explain
from settlement_service.domain.mechanisms.working import holds_together
from settlement_service.domain.recomputation import recompute
from settlement_service.domain.settling.accruals import accrues
from settlement_service.domain.simulation.simulate import Simulated

from ..books import Books, Settled
from ..builders import INVESTOR, PAYER, PROVIDER, a_claim, a_metric, a_rule
from ..mechanisms import a_contract, a_limit, kr, lines
from ..supposing import jobs, model_over, simulated
from ..toy_mechanism import add, an_advance

ADVANCE = an_advance(kr(20_000), payee=PROVIDER)


@pytest.fixture
def seventh(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are seven mechanisms."""
    add(monkeypatch)


def terms(*rules: Any, **more: Any) -> ContractActivated:
    return a_contract(*rules, metrics=[a_metric("job"), a_metric("home")], **more)


def books_with(*rules: Any, people: int = 4, homes: int = 3, **more: Any) -> Books:
    """Some have a job by the end of June, others have a home in August."""
    books = Books(terms(*rules, **more))
    books.verify(*(a_claim(n, "job", day="2026-06-01") for n in range(1, people + 1)))
    books.verify(*(a_claim(n, "home", day="2026-08-01") for n in range(1, homes + 1)))
    return books


def agreement_of(activation: ContractActivated, **payment: Any) -> Agreement:
    names = [field for field in Agreement.__dataclass_fields__ if field not in ("parties", "payment")]
    return Agreement(
        parties=tuple(Party(organisation_id=one.organisation_id, role=one.role) for one in activation.parties),
        payment=replace(activation.payment, **payment),
        **{name: getattr(activation, name) for name in names},
    )


class TestWithoutRows:
    """A shape that stands in the union alone fails closed: at drafting, and wherever it would count."""

    @pytest.fixture(autouse=True)
    def shape_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        add(monkeypatch, rows=False)

    def test_it_is_not_drafted(self) -> None:
        with pytest.raises(MechanismMissing, match=r"Advance has no row .* faults, .*pays_each_subject"):
            check_terms(agreement_of(terms(ADVANCE)))

    def test_it_is_not_taken_in(self) -> None:
        with pytest.raises(MechanismMissing, match="Advance has no row"):
            history_of([terms(ADVANCE)])


@pytest.mark.usefixtures("seventh")
class TestWithRows:
    def test_it_is_drafted_and_its_faults_are_told(self) -> None:
        agreement = agreement_of(terms(ADVANCE, a_rule("job"), a_rule("home")))
        check_terms(shapes.read_json(Agreement, shapes.text(agreement)))
        wrong = replace(ADVANCE, metric="unheard-of", amount=kr(-1))
        with pytest.raises(TermsNotValid) as refused:
            check_terms(agreement_of(terms(wrong, a_rule("job"), a_rule("home"))))
        pointers = {fault.pointer: fault.code for fault in refused.value.errors}
        assert pointers["/payment/rules/0/metric"] == "metric-unknown"
        assert pointers["/payment/rules/0/amount/amount"] == "amount-too-low"

    def test_it_is_settled_after_the_caps_of_rules_and_before_that_of_the_contract(self) -> None:
        """4 jobs at 100.00 under a cap of 300.00 on their rule, 3 homes at 100.00, less 4 x 200.00, but not more than
        there is."""
        rules = (a_rule("job", 10_000), a_rule("home", 10_000), ADVANCE)
        caps = [a_limit("rule", 30_000, rule="job"), a_limit("contract", 50_000)]
        settled = books_with(*rules, caps=caps).settle()
        assert lines(settled) == {"job": (30_000, None), "home": (30_000, None), "advance": (-60_000, None)}
        small = replace(ADVANCE, amount=kr(4_000))
        settled = books_with(*rules[:2], small, caps=caps).settle()
        assert lines(settled) == {"job": (30_000, None), "home": (30_000, None), "advance": (-16_000, None)}
        smaller = replace(ADVANCE, amount=kr(1_000))
        settled = books_with(*rules[:2], smaller, caps=caps).settle()
        assert sum(amount for amount, _ in lines(settled).values()) == 50_000

    def test_it_measures_as_of_a_day(self) -> None:
        books = books_with(a_rule("home", 10_000), ADVANCE, homes=9)
        books.verify(*(a_claim(n, "job", day="2026-07-01") for n in range(5, 9)))
        assert lines(books.settle())["advance"] == (-80_000, None)

    def test_it_says_why_it_gives_nothing(self) -> None:
        assert lines(books_with(a_rule("home"), ADVANCE, people=0).settle())["advance"] == (0, "not-yet-measured")

    def test_what_changes_later_is_a_difference(self) -> None:
        books = books_with(a_rule("home", 10_000), ADVANCE)
        assert lines(books.settle())["advance"] == (-30_000, None)
        assert books.settle().changes == []
        books.verify(*(a_claim(n, "home", day="2026-09-01") for n in range(10, 13)))
        assert lines(books.settle())["advance"] == (-30_000, None)

    def test_everything_is_looked_at(self) -> None:
        assert not accrues(history_of([terms(a_rule("home"), ADVANCE)]))
        assert accrues(history_of([terms(a_rule("home"))]))

    def test_it_is_explained(self) -> None:
        books = books_with(a_rule("home", 10_000), ADVANCE)
        [change] = [change for change in books.settle().changes if change.key.item.rule == "advance"]
        assert change.working is not None
        assert holds_together(change.working)
        explanation = explain(books.history, books.terms, 2, change)
        assert explanation["amount"]["amount"] == "-300.00"
        assert "Not more than 300.00 DKK" in explanation["text"]
        assert explanation["rule"]["kind"] == "advance"

    def test_a_count_that_nobody_knows_of_is_hidden_from_an_investor(self) -> None:
        """Its line is not told by itself, as an amount for each person tells how many there were."""
        rules = (a_rule("home", 10_000, payee=INVESTOR), replace(ADVANCE, payee=INVESTOR, amount=kr(1_000)))
        settled = books_with(*rules, homes=9).settle()
        assert [row.get("rule") for row in settled.shown_to(PAYER).content["lines"]] == ["home", "advance"]
        told = settled.shown_to(INVESTOR).content["lines"]
        assert "advance" not in [row.get("rule") for row in told]
        assert all("units" not in row for row in told if "rules" in row)

    def test_it_is_recomputed_from_the_file_that_a_payer_is_given(self) -> None:
        books = books_with(a_rule("home", 10_000), ADVANCE, caps=[a_limit("contract", 50_000)])
        first, second = books.settle(), books.settle()
        for settled in (first, second):
            assert recompute(*read_inputs(_file(books, settled))).same

    def test_a_changed_amount_is_found(self) -> None:
        books = books_with(a_rule("home", 10_000), ADVANCE)
        file = _file(books, books.settle()).replace(b'"-300.00"', b'"-200.00"')
        assert not recompute(*read_inputs(file)).same

    def test_it_is_simulated(self) -> None:
        outcomes = (jobs(4, "2026-06-01"), jobs(3, "2026-08-01", metric="home"))
        history = history_of([terms(a_rule("home", 10_000), replace(ADVANCE, amount=kr(5_000)))])
        simulation: Simulated = simulated(model_over(history), *outcomes)
        amounts = {effect.rule: effect.figures.amount_minor for effect in simulation.effects.rules}
        assert amounts == {"home": 30_000, "advance": -20_000}


def _file(books: Books, settled: Settled) -> bytes:
    given, inputs = books.given_to(PAYER, settled)
    rows = [{"position": one.position, "salt": one.salt.hex(), "input": json.loads(one.body)} for one in inputs]
    return b"\n".join([shapes.text(given), *(json.dumps(row).encode() for row in rows)])
