"""Kit: the tables that every service has: facts out, facts in, keys remembered, who did what."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB, UUID

metadata = MetaData()


def _instant(name: str) -> "Column[object]":
    return Column(name, DateTime(timezone=True), nullable=False)


fact = Table(
    "fact",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", UUID(as_uuid=True), nullable=False),
    Column("type", Text, nullable=False),
    Column("aggregate", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    _instant("recorded_at"),
    Column("correlation_id", UUID(as_uuid=True), nullable=False),
    Column("body", JSON, nullable=False),
)
fact_unpublished = Table("fact_unpublished", metadata, Column("fact_id", BigInteger, primary_key=True))
fact_head = Table(
    "fact_head",
    metadata,
    Column("aggregate", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)
idempotency = Table(
    "idempotency",
    metadata,
    Column("organisation_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", Integer),
    Column("headers", JSONB),
    Column("body", LargeBinary),
    _instant("recorded_at"),
)
audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _instant("recorded_at"),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("organisation_id", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("correlation_id", UUID(as_uuid=True), nullable=False),
)
inbox = Table(
    "inbox",
    metadata,
    Column("source", Text, primary_key=True),
    Column("aggregate", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("event_id", UUID(as_uuid=True), nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    _instant("received_at"),
)
inbox_head = Table(
    "inbox_head",
    metadata,
    Column("source", Text, primary_key=True),
    Column("aggregate", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)
parked = Table(
    "parked",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("source", Text, nullable=False),
    Column("aggregate", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    _instant("parked_at"),
    Column("replayed_at", DateTime(timezone=True)),
)
