"""Kit: a fact as a CloudEvent in Kafka's binary mode (CloudEvents 1.0, Kafka protocol binding 1.0.2), and back."""

from datetime import UTC, datetime
from uuid import UUID

from services.core.errors import Broken
from services.events.envelope import Envelope
from services.kit.bus.interface import Headers, Outgoing, Record

MAX_ATTRIBUTE = 256
MAX_SEQUENCE = 2**63 - 1


class EventNotReadable(Broken):
    """A record whose headers are not those of a CloudEvent of ours."""

    code = "event-not-readable"
    title = "A record on the bus is not an event as agreed"


def outgoing(topic: str, envelope: Envelope) -> Outgoing:
    """The record of a fact: attributes as headers, the aggregate as key, the fact's exact bytes as value."""
    aggregate = envelope.aggregate.encode()
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(envelope.id).encode()),
        ("ce_source", envelope.source.encode()),
        ("ce_type", envelope.type.encode()),
        ("ce_subject", aggregate),
        ("ce_time", _instant(envelope.time)),
        ("ce_dataschema", f"urn:enzym:schema:{envelope.type}".encode()),
        ("ce_sequence", str(envelope.sequence).encode()),
        ("ce_partitionkey", aggregate),
        ("ce_correlationid", str(envelope.correlation_id).encode()),
        ("content-type", b"application/json"),
    ]
    return Outgoing(topic=topic, key=aggregate, headers=headers, value=envelope.body)


def envelope_of(record: Record) -> Envelope:
    """The fact in a record; its body is not looked at. Errors: `EventNotReadable`, naming the header."""
    attributes = _Attributes(record.headers)
    if attributes.text("ce_specversion") != "1.0":
        raise EventNotReadable("ce_specversion must be 1.0.")
    return Envelope(
        id=attributes.uuid("ce_id"),
        type=attributes.text("ce_type"),
        source=attributes.text("ce_source"),
        aggregate=attributes.text("ce_subject"),
        sequence=attributes.sequence("ce_sequence"),
        time=attributes.instant("ce_time"),
        correlation_id=attributes.uuid("ce_correlationid"),
        body=record.value,
    )


def _instant(time: datetime) -> bytes:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z").encode()


class _Attributes:
    """The headers of one record, each read as what it must be."""

    def __init__(self, headers: Headers) -> None:
        self._headers = dict(headers)
        if len(self._headers) != len(headers):
            raise EventNotReadable("A header stands twice.")

    def text(self, name: str) -> str:
        try:
            text = self._headers[name].decode()
        except KeyError:
            raise EventNotReadable(f"{name} is missing.") from None
        except UnicodeDecodeError:
            raise EventNotReadable(f"{name} must be UTF-8.") from None
        if not (0 < len(text) <= MAX_ATTRIBUTE and text.isprintable()):
            raise EventNotReadable(f"{name} must have 1 to {MAX_ATTRIBUTE} printable characters.")
        return text

    def uuid(self, name: str) -> UUID:
        try:
            return UUID(self.text(name))
        except ValueError:
            raise EventNotReadable(f"{name} must be a UUID.") from None

    def sequence(self, name: str) -> int:
        text = self.text(name)
        if not (text.isascii() and text.isdecimal() and len(text) <= 19 and 1 <= int(text) <= MAX_SEQUENCE):
            raise EventNotReadable(f"{name} must be a whole number from 1.")
        return int(text)

    def instant(self, name: str) -> datetime:
        try:
            time = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise EventNotReadable(f"{name} must be an instant (RFC 3339).") from None
        if time.tzinfo is None:
            raise EventNotReadable(f"{name} must say its offset from UTC.")
        return time.astimezone(UTC)
