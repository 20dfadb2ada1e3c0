"""A fact on the bus is a CloudEvent, as the CloudEvents project itself reads it."""

from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.bus.binary import MAX_SEQUENCE, EventNotReadable, envelope_of

from .saying import SAID_AT, a_record, an_envelope, unreadable

attribute = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=60)


@given(
    aggregate=attribute,
    sequence=st.integers(min_value=1, max_value=MAX_SEQUENCE),
    body=st.binary(),
    source=attribute,
    type_=attribute,
)
def test_what_is_written_is_read(aggregate: str, sequence: int, body: bytes, source: str, type_: str) -> None:
    envelope = replace(an_envelope(aggregate, sequence % 1000), sequence=sequence, body=body, source=source, type=type_)
    record = a_record(envelope)
    assert envelope_of(record) == envelope
    assert record.key == aggregate.encode()
    assert record.value == body


def test_instants_are_written_in_utc() -> None:
    elsewhere = SAID_AT.astimezone(timezone(timedelta(hours=5)))
    headers = dict(a_record(an_envelope("a", 1, time=elsewhere)).headers)
    assert headers["ce_time"] == b"2026-03-01T12:30:15.123456Z"


@pytest.mark.parametrize(
    "name",
    ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "ce_sequence", "ce_correlationid"],
)
def test_a_record_without_one_of_its_attributes_is_not_an_event(name: str) -> None:
    with pytest.raises(EventNotReadable, match=name):
        envelope_of(unreadable(a_record(an_envelope("a", 1)), name))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_specversion", b"0.3"),
        ("ce_id", b"7"),
        ("ce_sequence", b"0"),
        ("ce_sequence", b"-1"),
        ("ce_sequence", "١".encode()),
        ("ce_sequence", b"9223372036854775808"),
        ("ce_time", b"yesterday"),
        ("ce_time", b"2026-01-01T00:00:00"),
        ("ce_subject", b""),
        ("ce_subject", b"a\x00b"),
        ("ce_subject", b"\xff"),
        ("ce_subject", b"a" * 257),
    ],
)
def test_an_attribute_that_is_not_what_it_must_be_is_refused(name: str, value: bytes) -> None:
    record = unreadable(a_record(an_envelope("a", 1)), name)
    with pytest.raises(EventNotReadable, match=name):
        envelope_of(replace(record, headers=(*record.headers, (name, value))))


def test_a_header_that_stands_twice_is_refused() -> None:
    record = a_record(an_envelope("a", 1))
    with pytest.raises(EventNotReadable, match="twice"):
        envelope_of(replace(record, headers=(*record.headers, ("ce_id", b"7"))))
