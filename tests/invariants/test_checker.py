"""Tests: the checker finds nothing in what is sound, and each fault in what was broken by hand."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from .agreed import CONTRACT, PRICE, STATEMENT, gbp
from .building import a_sound_snapshot, with_rows
from .checker import check
from .snapshot import Snapshot


def changed(snapshot: Snapshot, service: str, table: str, place: int, **values: Any) -> Snapshot:
    """One row otherwise than it was."""
    rows: list[Mapping[str, Any]] = list(snapshot.rows(service, table))
    rows[place] = {**rows[place], **values}
    return with_rows(snapshot, service, table, rows)


def without(snapshot: Snapshot, service: str, table: str, place: int) -> Snapshot:
    """One row fewer."""
    rows = [row for number, row in enumerate(snapshot.rows(service, table)) if number != place]
    return with_rows(snapshot, service, table, rows)


def said_otherwise(snapshot: Snapshot, noun: str, **values: Any) -> Snapshot:
    """One fact with another body, in the outbox and on the bus."""
    type_ = f"eu.enzym.{noun}.v1"

    def other(body: str) -> str:
        return json.dumps({**json.loads(body), **values})

    facts = [replace(fact, body=other(fact.body)) if fact.type == type_ else fact for fact in snapshot.facts]
    records = [
        replace(record, body=other(record.body)) if record.type == type_ else record
        for record in snapshot.records or ()
    ]
    return replace(snapshot, facts=facts, records=records)


def test_a_sound_snapshot_has_no_finding() -> None:
    assert check(a_sound_snapshot()) == []


def broken(service: str, table: str, place: int, **values: Any) -> Snapshot:
    """The sound snapshot with one row changed."""
    return changed(a_sound_snapshot(), service, table, place, **values)


def calculated(**values: Any) -> Snapshot:
    """The sound snapshot with something else said of its settlement."""
    return said_otherwise(a_sound_snapshot(), "settlement.calculated", **values)


def several_changed(table: str, *changes: tuple[int, str, Any]) -> Snapshot:
    """The sound snapshot with several rows of settlement changed."""
    snapshot = a_sound_snapshot()
    for place, column, value in changes:
        snapshot = changed(snapshot, "settlement", table, place, **{column: value})
    return snapshot


ENROLLED = {"contract_id": CONTRACT, "subject_id": "p1", "cohort": "c", "enrolled_on": "2020-01-01"}
BROKEN: Mapping[str, tuple[int, Snapshot]] = {
    "a posting is another amount": (1, broken("settlement", "posting", 0, amount_minor=18_001)),
    "one payer owes what another does": (
        1,
        several_changed("posting", (2, "amount_minor", -14_401), (3, "amount_minor", -7_199)),
    ),
    "payers pay less than an item is": (1, broken("settlement", "settled_item", 2, now_shares={"payer": 2_400})),
    "an entry is told and not kept": (1, without(a_sound_snapshot(), "settlement", "posting", 0)),
    "an item is not in the entry": (1, without(a_sound_snapshot(), "settlement", "settled_item", 1)),
    "a verified claim has no item": (2, without(a_sound_snapshot(), "settlement", "item", 0)),
    "an item has another price": (2, broken("settlement", "item", 0, price_minor=1)),
    "a rejected claim has an item": (2, broken("settlement", "item", 0, claim_id="k3")),
    "more stands posted than was": (2, broken("settlement", "posted_item", 0, gross_minor=2 * PRICE)),
    "less stands posted than is due": (3, broken("settlement", "posted_item", 0, gross_minor=1)),
    "a person is paid twice": (3, broken("settlement", "item", 1, subject_id="p1")),
    "another payer paid what stands": (3, broken("settlement", "posted_item", 2, shares={"region": 3_600})),
    "what is held back was posted": (3, broken("settlement", "posted_item", 0, retained_minor=0)),
    "an item is by other terms": (2, broken("settlement", "item", 0, version=2)),
    "a gate was paid that is not due": (3, broken("settlement", "posted_item", 2, gross_minor=0)),
    "more was posted than the cap": (4, broken("settlement", "settled_item", 2, now_cut_contract_minor=0)),
    "the cap of the year was overlooked": (3, broken("settlement", "posted_item", 2, cut_period_minor=0)),
    "a settlement tells other lines": (5, calculated(lines=STATEMENT["lines"][:1])),
    "a settlement tells another total": (5, calculated(total=gbp(1))),
    "a settlement says another hash": (5, calculated(contentSha256="0")),
    "an input was changed": (5, broken("settlement", "input", 2, salt=bytes(16))),
    "the inputs have another hash": (5, broken("settlement", "settlement", 0, inputs_sha256="0")),
    "a head is behind": (6, broken("outcomes", "fact_head", 0, sequence=5)),
    "a claim has another state": (9, broken("settlement", "claim", 0, state="rejected")),
    "a claim is missing": (9, without(a_sound_snapshot(), "outcomes", "claim", 2)),
    "a copy ends on another day": (9, broken("outcomes", "contract", 0, terminated_on="2020-02-02")),
    "a copy knows an amendment that is none": (9, broken("settlement", "contract", 0, amendments=["{}"])),
    "a copy is suspended": (9, broken("settlement", "contract", 0, suspended=True)),
    "somebody is enrolled in a copy alone": (9, with_rows(a_sound_snapshot(), "settlement", "enrolment", [ENROLLED])),
    "a claim has another value": (9, broken("settlement", "claim", 0, measurement={"value": "1"})),
    "a copy of the terms is another": (9, broken("settlement", "contract", 0, activation="{}")),
    "a contract is in another state": (9, broken("contracts", "contract", 0, state="draft")),
    "an input is missing": (9, without(a_sound_snapshot(), "settlement", "input", 6)),
    "what was approved is not posted": (12, broken("settlement", "settlement", 0, state="approved")),
    "a fact waits to be sent": (
        12,
        with_rows(a_sound_snapshot(), "settlement", "fact_unpublished", [{"fact_id": 1}]),
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_is_broken_is_found(fault: str) -> None:
    number, snapshot = BROKEN[fault]
    assert any(finding.startswith(f"{number}: ") for finding in check(snapshot)), check(snapshot)


def test_a_settlement_that_overlooked_a_cap_is_found_though_all_services_agree() -> None:
    snapshot = a_sound_snapshot()
    activated = json.loads(snapshot.facts[0].body)
    activated["payment"]["caps"].append({"kind": "rule", "rule": "r", "amount": {"amount": "1.00", "currency": "GBP"}})
    findings = check(said_otherwise(snapshot, "contract.activated", **activated))
    assert {"3", "4", "5"} <= {finding.partition(":")[0] for finding in findings}


@pytest.mark.parametrize(
    "part",
    [{"split": None}, {"retention": None}, {"caps": []}, {"rules": []}, {"rounding": "floor", "retention": None}],
)
def test_a_settlement_by_other_terms_than_were_said_is_found(part: dict[str, Any]) -> None:
    snapshot = a_sound_snapshot()
    activated = json.loads(snapshot.facts[0].body)
    activated["payment"] |= part
    findings = check(said_otherwise(snapshot, "contract.activated", **activated))
    assert "5" in {finding.partition(":")[0] for finding in findings}


def test_a_lost_record_is_found() -> None:
    snapshot = a_sound_snapshot()
    findings = check(replace(snapshot, records=list(snapshot.records or ())[:-1]))
    assert any(finding.startswith("7: ") and "not on the bus" in finding for finding in findings)


def test_an_offset_ahead_of_the_inbox_is_found() -> None:
    topic = "urn:enzym:contracts-service"
    findings = check(replace(a_sound_snapshot(), committed={"settlement": {(topic, 0): 1}}))
    assert [finding for finding in findings if finding.startswith("8: ") and CONTRACT in finding]
