"""Tests: two implementations that know nothing of each other compute the same: settlement, and the checker."""

from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import uuid5

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conformance.agreements import PAYERS, PROVIDER, Drawn
from tests.conformance.courses import CONTRACT, Course, id_of
from tests.conformance.measuring import COHORTS, Definition
from tests.invariants.recompute import recompute
from tests.invariants.settling import Posted
from tests.invariants.terms import metrics_paid

from services.core.terms.checks import check_terms
from services.core.terms.model import Agreement
from services.kit.doors import shapes

START = date(2026, 1, 1)
ENDS = ("2026-04-01", "2026-07-01", "2026-10-01", "2027-01-01", "2027-07-01", "2028-01-01")
PEOPLE = [id_of(f"person {number}") for number in range(1, 6)]
SUBJECTS = {
    "participant": PEOPLE,
    "cohort": [str(uuid5(CONTRACT, f"cohort/{code}")) for code in COHORTS],
    "site": [str(uuid5(CONTRACT, f"site/{code}")) for code in ("north", "south")],
}
DECIDED = {"verify": "outcome.verified", "reject": "outcome.rejected", "withdraw": "outcome.withdrawn"}
NOT_AGREED = ("title", "version", "root")
many = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


class Played:
    """A course drawn at random: terms, amendments, people, claims and what becomes of them, settlements."""

    def __init__(self, random: Random) -> None:
        self._random, self._drawn = random, Drawn(random)
        self.course, self.terms = Course(), self._drawn.first()
        self._claims: dict[tuple[str, ...], str] = {}
        self._numbers = 0

    def play(self) -> Course:
        """All of it."""
        self.course.tell("contract.activated", **self.terms)
        for subject in PEOPLE:
            for cohort in self._random.sample(COHORTS, self._random.randint(1, 2)):
                day = self._day(0, 90)
                self.course.tell("participant.enrolled", subjectId=subject, cohort=cohort, enrolledOn=day)
        for _ in range(self._random.randint(8, 45)):
            self._claim()
        for _ in range(self._random.randint(4, 30)):
            self._happen()
        self.course.settle(date(2028, 1, 1))
        return self.course

    def _happen(self) -> None:
        chance = self._random.random()
        if chance < 0.12:
            kind = self._random.choice(["scheduled", "correction"])
            self.course.settle(date.fromisoformat(self._random.choice(ENDS)), kind)
        elif chance < 0.16:
            self.terms = self._drawn.amended(self.terms, self._day(30, 500))
            self.course.tell("contract.amended", **self.terms)
        elif chance < 0.18:
            self.course.tell("contract.terminated", terminatedOn=self._day(200, 700))
        elif chance < 0.5 or not self._claims:
            self._claim()
        else:
            self._decide(
                self._random.choice(sorted(self._claims)), self._random.choice(["verify", "reject", "withdraw"])
            )

    def _claim(self) -> None:
        """A new claim, or a correction of the one that stands there."""
        metric = self._random.choice(self._metrics())
        code, subject = metric["code"], self._random.choice(SUBJECTS[metric["subject"]])
        points = [point["code"] for point in metric.get("measurementPoints", ())] or ["1", "2", "3"]
        occurrence = self._random.choice(points)
        body: dict[str, Any] = {"units": self._random.randint(1, 3)}
        series = ""
        if metric["reports"] == "measurement":
            measurement = self._measurement(code)
            body, series = (
                {"units": 0, "measurement": measurement},
                measurement["arm"] + measurement.get("component", ""),
            )
        key = (code, subject, occurrence, series)
        self._numbers += 1
        claim = id_of(f"claim {self._numbers}")
        body |= {"claimId": claim, "metric": code, "subjectId": subject, "occurrence": occurrence}
        order = f"{self._random.randint(0, 999):03}-{self._numbers:04}"
        body |= {"achievedOn": self._day(0, 720), "reportedBy": PROVIDER, "orderKey": order}
        if key in self._claims:
            body["corrects"] = self._claims[key]
            self.course.tell("outcome.superseded", claimId=self._claims[key], supersededBy=claim)
        self.course.tell("outcome.claimed", **body)
        self._claims[key] = claim
        if self._random.random() < 0.85:
            self._decide(key, self._random.choice(["verify"] * 6 + ["reject"]))

    def _metrics(self) -> list[Definition]:
        """All, and those that rules look at many times."""
        metrics: list[Definition] = self.terms["outcomes"]["metrics"]
        paid = [metric for rule in self.terms["payment"]["rules"] for metric in metrics_paid(rule)]
        return metrics + [metric for metric in metrics for _ in range(5 * paid.count(metric["code"]))]

    def _decide(self, key: tuple[str, ...], what: str) -> None:
        claim = self._claims[key]
        by: dict[str, Any] = {"decidedBy": PAYERS[0], "decidedAt": "2026-06-01T12:00:00Z"}
        if what == "withdraw":
            by = {"withdrawnAt": "2026-06-01T12:00:00Z"}
            del self._claims[key]
        if what == "reject":
            by["reason"] = "not_achieved"
        self.course.tell(DECIDED[what], claimId=claim, **by)

    def _measurement(self, code: str) -> dict[str, Any]:
        number = f"{self._random.randint(-40, 90) / 10:.1f}"
        arm = self._random.choice(["intervention", "intervention", "comparison", "baseline"])
        measurement: dict[str, Any] = {"value": number, "arm": arm}
        if code == "purse":
            measurement |= {"value": f"{self._random.randint(0, 900)}.50", "component": self._random.choice(["a", "b"])}
        if self._random.random() < 0.7:
            measurement["n"] = self._random.randint(1, 9)
        if self._random.random() < 0.8:
            measurement["standardError"] = f"0.{self._random.randint(1, 99):02}"
        return measurement

    def _day(self, first: int, last: int) -> str:
        return (START + timedelta(days=self._random.randint(first, last))).isoformat()


def stands(course: Course) -> dict[Any, Any]:
    """What stands posted, as settlement says."""
    return {
        (key.item.rule, str(key.item.subject_id), key.item.occurrence, key.price_minor, key.payee): (
            row.figures.row(),
            dict(row.shares),
        )
        for key, row in course.state.posted.items()
    }


def mine(posted: Posted) -> dict[Any, Any]:
    """What stands posted, as the checker says."""
    return {key: (stood.figures, stood.shares) for key, stood in posted.stood.items()}


@pytest.mark.parametrize("seed", range(40))
def test_drawn_terms_can_be_decided(seed: int) -> None:
    terms = Drawn(Random(seed)).first()
    terms["parties"] = [{name: party[name] for name in ("organisationId", "role")} for party in terms["parties"]]
    check_terms(shapes.read(Agreement, {name: member for name, member in terms.items() if name not in NOT_AGREED}))


@many
@given(st.randoms(use_true_random=False))
def test_the_checker_computes_what_settlement_computes(random: Random) -> None:
    course = Played(random).play()
    findings, posted = recompute(course.kept_facts)
    assert findings == []
    assert mine(posted) == stands(course)


def test_both_leave_the_same_amounts_below_zero_as_they_were_posted() -> None:
    """A course that is rarely drawn: what one gave room to is posted for a date that is not looked at."""
    _settled_twice(Played(Random(216)).play())


@pytest.mark.parametrize("seed", [76, 134, 146, 238, 323, 378, 440, 499, 1106, 1398, 2413, 4391])
def test_settling_the_same_again_posts_nothing_where_it_once_did(seed: int) -> None:
    _settled_twice(Played(Random(seed)).play())


@many
@given(st.randoms(use_true_random=False))
def test_settling_the_same_again_posts_nothing(random: Random) -> None:
    """Whatever caps, splits, retention and versions go together, and whichever period is settled twice."""
    _settled_twice(Played(random).play())


def _settled_twice(course: Course) -> None:
    for end in (*reversed(ENDS), ENDS[-1]):
        course.settle(date.fromisoformat(end), "correction")
        before = stands(course)
        assert course.settle(date.fromisoformat(end), "correction") == []
        assert stands(course) == before
    findings, posted = recompute(course.kept_facts)
    assert findings == []
    assert mine(posted) == stands(course)
