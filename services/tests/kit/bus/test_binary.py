"""A fact on the bus is a CloudEvent, as the CloudEvents project itself reads it."""

from dataclasses import replace
from datetime import timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from services.kit.bus.binary import MAX_SEQUENCE, envelope_of

from .saying import SAID_AT, a_record, an_envelope

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
