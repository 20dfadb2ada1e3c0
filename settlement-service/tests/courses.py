"""Tests: contracts of all mechanisms, and courses of events over them, for hypothesis to make up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from services.core.measurement import Measurement
from services.core.subjects import subject_id_of
from services.core.terms.components import AggregateBaseline, MeasuredBaseline, PerPersonBaseline
from services.core.terms.measures import AsEnrolled, Condition, Fixed, Measure, Rounding
from services.core.terms.mechanisms.savings_share import Slice
from services.core.terms.outcomes import Cohort
from services.core.terms.payment import Index, IndexValue, Retention
from services.core.terms.rules import PaymentRule
from services.core.terms.splits import Split
from services.events.contracts import ContractActivated
from services.events.outcomes import OutcomeRejected, OutcomeVerified, OutcomeWithdrawn
from settlement_service.domain.facts.claims import Claim

from .books import Books, Settled
from .builders import EVALUATOR, NOON, OTHER, PAYER, a_claim, a_metric, a_price, a_rule, claimed
from .mechanisms import (
    COHORTS,
    PAYERS,
    a_component,
    a_contract,
    a_fee,
    a_gate,
    a_grant,
    a_limit,
    a_measure,
    a_milestone,
    a_pause,
    a_savings_share,
    a_threshold,
    all_of,
    any_of,
    enrolled,
    flat,
    kr,
    maxima,
    measured_metric,
    moved,
    point,
    rate,
    some_bands,
    spent_metric,
    weights,
)

START = date(2026, 1, 1)
ENDS = (date(2026, 4, 1), date(2026, 7, 1), date(2027, 1, 1))
LATER = date(2028, 1, 1)
PEOPLE = (1, 2, 3, 4)
UNITS = ("job", "home", "plan", "moved")
VALUES = ("rate", "spent")
OCCURRENCES = ("y1", "y2")
INTO_TWO: Sequence[Cohort] = COHORTS[:2]
SPLITS: Sequence[Split | None] = (
    None,
    weights((PAYERS[0], 1), (PAYERS[1], 2)),
    weights((PAYERS[0], 1), (PAYERS[1], 1), (PAYERS[2], 1)),
    maxima((PAYERS[1], 20_000), (PAYERS[0], 30_000)),
)
minors = st.integers(1, 60).map(lambda n: 250 * n + n % 7)


@dataclass(frozen=True)
class Course:
    """Terms, claims (as they will be decided), and what happens to which in which order, `settle` among it."""

    terms: ContractActivated
    claims: tuple[Claim, ...]
    events: tuple[tuple[str, int], ...]


@st.composite
def measures(draw: st.DrawFn) -> tuple[Measure, tuple[str, ...]]:
    """A measure, and values to hold it against."""
    at = draw(st.sampled_from([None, "y1"]))
    cohorts = draw(st.sampled_from([None, ("a",), ("a", "b")]))
    if draw(st.booleans()):
        share = draw(st.booleans())
        leaving = AsEnrolled(kind="as_enrolled", neutral_exits=("moved",))
        denominator = draw(st.sampled_from([None, leaving, Fixed(kind="fixed", number=3)])) if share else None
        rounding = draw(st.sampled_from([None, Rounding(mode="half_up", places=1)]))
        measure = a_measure("job", "share" if share else "count", cohorts=cohorts, at=at, rounding=rounding)
        return replace(measure, denominator=denominator), ("0.25", "0.5", "1") if share else ("1", "2", "3")
    basis = draw(st.sampled_from(["mean", "difference", "relative_change"]))
    against = None if basis == "mean" else "comparison"
    missing = draw(st.sampled_from(["as_failure", "excluded"]))
    return a_measure("rate", basis, cohorts=cohorts, at=at, against=against, missing=missing), ("-1", "0", "10")


@st.composite
def conditions(draw: st.DrawFn, depth: int = 2) -> Condition:
    if depth and draw(st.booleans()):
        parts = [draw(conditions(depth - 1)) for _ in range(draw(st.integers(1, 2)))]
        return all_of(*parts) if draw(st.booleans()) else any_of(*parts)
    measure, values = draw(measures())
    return a_threshold(measure, draw(st.sampled_from(["ge", "gt"])), draw(st.sampled_from(values)))


@st.composite
def bands(draw: st.DrawFn) -> PaymentRule:
    measure, _ = draw(measures())
    two_sided = draw(st.booleans())
    method = draw(st.sampled_from(["flat", "marginal", "interpolated"]))
    lowest = -20_000 if two_sided else 0
    amounts = sorted(draw(st.lists(st.integers(lowest, 40_000), min_size=3, max_size=3)))
    if method == "interpolated":
        parts: Any = [point(at, minor) for at, minor in zip(("-5", "1", "20"), amounts, strict=True)]
    else:
        band: Any = flat if method == "flat" else rate
        parts = [
            band(*ends, minor) for ends, minor in zip(((None, "1"), ("1", "10"), ("10", None)), amounts, strict=True)
        ]
    per = "contract" if measure.basis == "share" else draw(st.sampled_from(["contract", "subject"]))
    ceiling = draw(st.sampled_from([None, kr(30_000)]))
    return some_bands(measure, method, *parts, per=per, two_sided=two_sided, ceiling=ceiling)


@st.composite
def savings(draw: st.DrawFn) -> PaymentRule:
    baseline: Any = draw(
        st.sampled_from(
            [
                AggregateBaseline(kind="aggregate", amount=kr(30_00)),
                PerPersonBaseline(kind="per_person", amount=kr(4_00)),
                MeasuredBaseline(kind="measured", arm="comparison"),
            ]
        )
    )
    component = a_component("purse", baseline=baseline, flow=draw(st.sampled_from(["cost", "revenue"])))
    shares = draw(
        st.sampled_from([(Slice(share="0.33"),), (Slice(share="0.80", up_to=kr(10_00)), Slice(share="0.50"))])
    )
    accumulation = draw(st.sampled_from(["cumulative", "per_period"]))
    return a_savings_share(component, shares=shares, accumulation=accumulation, two_sided=draw(st.booleans()))


@st.composite
def rules(draw: st.DrawFn) -> list[PaymentRule]:
    maybe = st.none() | st.none() | st.none() | conditions()
    half = date(2026, 6, 1)
    index = draw(st.sampled_from([None, "wages"]))
    job = a_rule(
        "job",
        a_price(draw(minors), end=half),
        a_price(draw(minors), start=half),
        index=index,
        max_units=draw(st.none() | st.integers(1, 6)),
        when=draw(maybe),
    )
    others: list[PaymentRule] = [
        a_rule("home", draw(st.integers(-3_000, 5_000)), two_sided=True, payee=OTHER),
        a_gate(draw(conditions()), draw(st.integers(1, 50_000)), when=draw(maybe)),
        draw(bands()),
        draw(savings()),
        a_milestone("plan", draw(st.integers(1, 30_000)), due_on=half, late=draw(st.sampled_from(["pays", "lost"]))),
        a_fee(draw(st.integers(1, 9_000)), delivery=draw(st.sampled_from([None, "plan"]))),
    ]
    chosen = draw(st.lists(st.sampled_from(range(len(others))), unique=True, min_size=1, max_size=4))
    split = draw(st.sampled_from(SPLITS))
    return [replace(job, split=split), *(others[n] for n in sorted(chosen))]


@st.composite
def some_caps(draw: st.DrawFn) -> list[Any]:
    headroom = st.sampled_from(["keep_paid", "by_date"])
    basis, overflow = draw(st.sampled_from(["achieved", "settled"])), draw(st.sampled_from(["next_payer", "lost"]))
    caps = [
        a_limit("person", draw(st.integers(1, 20_000)), headroom=draw(headroom)),
        a_limit("rule", draw(st.integers(1, 40_000)), rule="job", headroom=draw(headroom)),
        a_limit("period", draw(st.integers(1, 50_000)), every="quarter", period_basis=basis, headroom=draw(headroom)),
        a_limit("contract", draw(st.integers(1, 80_000)), headroom=draw(headroom)),
        a_limit("payer", draw(st.integers(1, 40_000)), payer=PAYERS[0], overflow=overflow),
        a_limit("payer", draw(st.integers(1, 40_000)), payer=PAYERS[1], overflow="lost"),
    ]
    return [cap for cap in caps if draw(st.booleans())]


@st.composite
def contracts(draw: st.DrawFn) -> ContractActivated:
    windows = draw(
        st.sampled_from(
            [
                (),
                (a_grant(date(2026, 2, 1), date(2026, 4, 1)),),
                (a_pause(date(2026, 2, 1), date(2026, 5, 1), True),),
                (a_pause(date(2026, 2, 1), date(2026, 5, 1), False),),
            ]
        )
    )
    held = [
        None,
        Retention(share="0.15", release_on=date(2026, 8, 1)),
        Retention(share="0.10", release_when=draw(conditions(1))),
    ]
    values = (IndexValue(from_=START, value="100"), IndexValue(from_=date(2026, 5, 1), value="103.7"))
    metrics = [a_metric(code, max_payments_per_person=2) for code in UNITS] + [measured_metric(), spent_metric()]
    if draw(st.booleans()):
        metrics = [replace(metric, reported_by=EVALUATOR) if metric.code == "home" else metric for metric in metrics]
    job_after = draw(st.sampled_from([False, False, True]))
    return a_contract(
        *draw(rules()),
        metrics=[
            replace(metric, prerequisite="plan") if metric.code == "job" and job_after else metric for metric in metrics
        ],
        caps=draw(some_caps()),
        cohorts=INTO_TWO,
        payers=PAYERS,
        windows=windows,
        retention=draw(st.sampled_from(held)),
        indices=(Index(code="wages", base="100", values=values),),
        split=draw(st.sampled_from(SPLITS[1:])),
        rounding=draw(st.sampled_from(["half_up", "floor", "ceil"])),
    )


@st.composite
def claims_on(draw: st.DrawFn, contract: ContractActivated) -> tuple[Claim, ...]:
    """Claims that outcomes-service would let in: no two live ones on the same."""
    days = st.integers(0, 364).map(lambda n: (START + timedelta(days=n)).isoformat())
    keys = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(UNITS), st.sampled_from(OCCURRENCES))
    counted = draw(st.lists(keys, unique=True, min_size=3, max_size=8))
    claims = [a_claim(*key, draw(days), units=draw(st.integers(1, 3))) for key in counted]
    measured = st.tuples(
        st.sampled_from(VALUES),
        st.sampled_from("ab"),
        st.sampled_from(OCCURRENCES),
        st.sampled_from(["intervention", "comparison"]),
    )
    arm: Any
    for metric, cohort, occurrence, arm in draw(st.lists(measured, unique=True, min_size=3, max_size=7)):
        value = draw(st.sampled_from(["0", "3.5", "8", "12.25", "25"]))
        measurement = Measurement(
            value=value, arm=arm, n=draw(st.integers(1, 9)), component="purse" if metric == "spent" else None
        )
        subject = subject_id_of(contract.contract_id, "cohort", cohort)
        claims.append(a_claim(0, metric, occurrence, draw(days), subject_id=subject, units=0, measurement=measurement))
    return tuple(replace(claim, state="submitted", decided_by=(), decided_at=None) for claim in claims)


@st.composite
def courses(draw: st.DrawFn, settlements: int = 3) -> Course:
    contract = draw(contracts())
    claims = draw(claims_on(contract))
    what = st.sampled_from(["verify", "reject", "withdraw", "move"])
    events = [("verify", n) for n in range(len(claims))]
    events += [(draw(what), draw(st.integers(0, len(claims) - 1))) for _ in range(4) if claims]
    events += [("settle", draw(st.integers(0, len(ENDS) - 1))) for _ in range(settlements)]
    return Course(contract, claims, tuple(draw(st.permutations(events))))


def books_before_events(course: Course, *, report: bool = True) -> Books:
    """The contract with its people enrolled and, unless told otherwise, all claims reported."""
    books = Books(course.terms)
    enrolled(books, *PEOPLE[:2], cohort="a")
    enrolled(books, *PEOPLE[2:], cohort="b")
    if report:
        books.tell(*(claimed(books.contract_id, claim) for claim in course.claims))
    return books


def happen(books: Books, claim: Claim, what: str) -> None:
    fields: dict[str, Any] = {"contract_id": books.contract_id, "claim_id": claim.id}
    if books.state.claims[claim.id].state in ("withdrawn", "superseded"):
        return
    if what == "move":
        moved(books, claim, START + (claim.achieved_on - START + timedelta(days=170)) % timedelta(days=365))
    elif what == "withdraw":
        books.tell(OutcomeWithdrawn(**fields, withdrawn_at=NOON))
    elif what == "reject":
        books.tell(OutcomeRejected(**fields, decided_by=PAYER, decided_at=NOON, reason="not_achieved"))
    else:
        books.tell(OutcomeVerified(**fields, decided_by=PAYER, decided_at=NOON))


def steps(course: Course, books: Books) -> Any:
    """Lets everything happen; gives each settlement as it is posted, and one over everything at the end."""
    for what, n in course.events:
        if what == "settle":
            yield books.settle(ENDS[n])
        else:
            happen(books, course.claims[n], what)
    yield books.settle(LATER)


def played(course: Course) -> tuple[Books, list[Settled]]:
    books = books_before_events(course)
    return books, list(steps(course, books))
