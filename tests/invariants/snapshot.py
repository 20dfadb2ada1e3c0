"""Tests: everything that the services have kept, read once, as plain rows that a test can also break by hand."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .facts import Fact, Heard, OnBus

Row = Mapping[str, Any]

SERVICES = ("contracts", "outcomes", "settlement")
KIT_TABLES = ("fact_unpublished", "fact_head", "audit", "idempotency", "inbox", "parked")
TABLES: Mapping[str, tuple[str, ...]] = {
    "contracts": (*KIT_TABLES, "contract", "organisation", "terms_version", "signature"),
    "outcomes": (*KIT_TABLES, "contract", "metric", "cohort", "participant", "enrolment", "claim"),
    "settlement": (
        *KIT_TABLES,
        *("contract", "input", "claim", "enrolment", "item", "posted_item", "settlement", "settled_item"),
        *("entry", "posting"),
    ),
}


def source_of(service: str) -> str:
    """`contracts` as `urn:enzym:contracts-service`."""
    return f"urn:enzym:{service}-service"


@dataclass(frozen=True)
class Snapshot:
    """What three databases and the bus held at one quiet moment. `tables` are by service and name; `records` and
    `committed` (service, (topic, partition) -> offset) are None for a bus that is not looked at."""

    facts: Sequence[Fact]
    tables: Mapping[str, Mapping[str, Sequence[Row]]]
    fact_ids: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    records: Sequence[OnBus] | None = None
    committed: Mapping[str, Mapping[tuple[str, int], int]] = field(default_factory=dict)

    def rows(self, service: str, table: str) -> Sequence[Row]:
        """The rows of one table."""
        return self.tables[service].get(table, ())

    def of_contract(self, contract_id: str) -> list[Fact]:
        """Every fact about one contract, of all services."""
        return [fact for fact in self.facts if fact.aggregate == contract_id]

    def contracts(self) -> list[str]:
        """Contracts that were ever in force."""
        return [fact.aggregate for fact in self.facts if fact.type == "eu.enzym.contract.activated.v1"]

    def heads(self) -> dict[tuple[str, str], int]:
        """The last sequence of each (source, aggregate), as its owner keeps it."""
        return {
            (source_of(service), row["aggregate"]): row["sequence"]
            for service in SERVICES
            for row in self.rows(service, "fact_head")
        }

    def unpublished(self, service: str) -> list[str]:
        """Event ids that wait to be sent."""
        ids = self.fact_ids.get(service, {})
        return [ids.get(row["fact_id"], str(row["fact_id"])) for row in self.rows(service, "fact_unpublished")]

    def heard(self, service: str) -> Iterator[Heard]:
        """What a service has taken in or parked."""
        for table in ("inbox", "parked"):
            yield from (Heard(row["source"], row["aggregate"], row["sequence"]) for row in self.rows(service, table))

    def parked(self, service: str) -> list[Heard]:
        """What a service has parked and not taken in since."""
        return [
            Heard(row["source"], row["aggregate"], row["sequence"])
            for row in self.rows(service, "parked")
            if row["replayed_at"] is None
        ]


def bodies(facts: Sequence[Fact], source: str) -> list[tuple[str, dict[str, Any]]]:
    """(type, body) of what one source said, in its order."""
    published = sorted((fact for fact in facts if fact.source == source), key=lambda fact: fact.sequence)
    return [(fact.type, json.loads(fact.body)) for fact in published]
