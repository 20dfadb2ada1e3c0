"""Deploy: the shape of a case file (its format is described beside the published cases)."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal, TypeAlias

from deploy.demo.cases.expectations import Expected
from services.core.measurement import Measurement
from services.core.period import Period
from services.core.terms.model import Agreement
from services.core.values import value
from services.kit.doors import shapes

PLACEHOLDER = re.compile(r"\{([a-z]+(?:-[0-9]+)?)\}", re.ASCII)

Decision: TypeAlias = Literal["verified", "rejected", "undecided"]


@value
class Contract(Agreement):
    """The body of POST /v1/contracts."""

    title: str
    decision_ref: str | None = None
    procurement_ref: str | None = None


@value
class Group:
    """`count` participants of a cohort. All are enrolled on `enrolled_on`, or each on a day that is made up."""

    cohort: str
    count: int
    enrolled_on: date | None = None


@value
class ParticipantOutcomes:
    """How many participants achieved an outcome. `units` counts their claims, one a participant when left out. The
    verifier rejects the last `rejected` claims."""

    metric: str
    people: int
    units: int | None = None
    cohort: str | None = None
    occurrence: str | None = None
    rejected: int = 0


@value
class SiteOutcomes:
    """How many sites achieved an outcome. The fields count as those of ParticipantOutcomes."""

    metric: str
    sites: int
    units: int | None = None
    occurrence: str | None = None
    rejected: int = 0


@value
class SingleClaim:
    """One claim, about a participant (a number from 1, in the order of `people`), a cohort or a site."""

    metric: str
    achieved_on: date
    participant: int | None = None
    cohort: str | None = None
    site: str | None = None
    occurrence: str | None = None
    units: int | None = None
    measurement: Measurement | None = None
    decision: Decision = "verified"


@value
class Outcomes:
    """The claims of a case and the decision on each. Metrics `one_after_another` are a row: who achieves one of them
    has achieved those before it."""

    participants: tuple[ParticipantOutcomes, ...] = ()
    sites: tuple[SiteOutcomes, ...] = ()
    claims: tuple[SingleClaim, ...] = ()
    one_after_another: tuple[tuple[str, ...], ...] = ()


@value
class SettlementRequest:
    """The body of POST /v1/contracts/{id}/settlements."""

    kind: Literal["scheduled", "correction"]
    period: Period


@value
class Case:
    """A contract, its participants and outcomes, and the expected result. `contract` is the body of
    POST /v1/contracts. In place of each organisation id it has a part, such as `{payer}`."""

    format: Literal["enzym-case/2"]
    id: str
    title: str
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    synthetic: tuple[str, ...]
    contract: dict[str, Any]
    expected: Expected
    place: str | None = None
    published: dict[str, Any] | None = None
    people: tuple[Group, ...] = ()
    outcomes: Outcomes = Outcomes()
    settlements: tuple[SettlementRequest, ...] = ()

    @property
    def outcome_period(self) -> Period:
        """The days on which an outcome can be achieved."""
        return shapes.read(Period, self.contract["outcomePeriod"])

    @property
    def service_period(self) -> Period:
        """The days on which a participant can be enrolled."""
        return shapes.read(Period, self.contract["servicePeriod"])

    @property
    def participants(self) -> int:
        """The number of participants, in all cohorts."""
        return sum(group.count for group in self.people)

    @property
    def parties(self) -> tuple[str, ...]:
        """The parts of the parties, in party order."""
        return _parts_in(self.contract.get("parties"))

    @property
    def parts(self) -> tuple[str, ...]:
        """Every part that the contract names, each once, the parties first."""
        return tuple(dict.fromkeys([*self.parties, *_parts_in(self.contract)]))

    def metric(self, code: str) -> Mapping[str, Any]:
        """A metric of the contract."""
        metrics: list[Mapping[str, Any]] = self.contract["outcomes"]["metrics"]
        return next(metric for metric in metrics if metric["code"] == code)

    def part_for(self, metric: str, does: Literal["reportedBy", "verifiedBy"]) -> str:
        """The part that reports or verifies claims on a metric."""
        return str(self.metric(metric)[does]).strip("{}")

    @property
    def rule_names(self) -> dict[str, str]:
        """A readable name of each payment rule and window, by code: of a rule its first metric, else its kind."""
        names = {metric["code"]: metric["name"] for metric in self.contract["outcomes"]["metrics"]}
        payment = self.contract["payment"]
        windows = {window["code"]: str(window["mode"]) for window in payment.get("windows", ())}
        return windows | {rule["code"]: _name_of(rule, names) for rule in payment["rules"]}

    def contract_between(self, organisations: Mapping[str, str]) -> dict[str, Any]:
        """The contract with organisation ids (by part) in their places."""
        body: dict[str, Any] = with_organisations(self.contract, organisations)
        return body


def _parts_in(document: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(PLACEHOLDER.findall(json.dumps(document))))


def _name_of(rule: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return names.get(_metric_in(rule), str(rule["kind"]).replace("_", " "))


def _metric_in(rule: Mapping[str, Any]) -> str:
    if "metric" in rule:
        return str(rule["metric"])
    inner = [rule.get("measure"), rule.get("condition"), *rule.get("conditions", ())]
    return next((_metric_in(node) for node in inner if node), "")


def with_organisations(document: Any, organisations: Mapping[str, str]) -> Any:
    """A JSON document with organisation ids in place of parts."""
    text = json.dumps(document)
    return json.loads(re.sub(rf'"{PLACEHOLDER.pattern}"', lambda match: json.dumps(organisations[match[1]]), text))


def steps_into(node: Any) -> Iterator[tuple[str | int, Any]]:
    """The children of a JSON document, each with its name or its place from 0; none of a scalar."""
    if isinstance(node, dict):
        yield from node.items()
    elif isinstance(node, list):
        yield from enumerate(node)
