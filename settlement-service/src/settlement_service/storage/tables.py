"""Storage: the service's own tables, as the migrations make them."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB, UUID

from settlement_service.domain.items import FIGURES

metadata = MetaData()


def figures(prefix: str = "") -> list[Column[Any]]:
    """The columns of an item's figures, and of what each payer pays of it."""
    columns: list[Column[Any]] = [Column(prefix + name, BigInteger, nullable=False) for name in FIGURES]
    return [*columns, Column(f"{prefix}shares", JSONB, nullable=False)]


contract = Table(
    "contract",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("party_ids", ARRAY(Text), nullable=False),
    Column("payer_ids", ARRAY(Text), nullable=False),
    Column("left_ids", ARRAY(Text), nullable=False),
    Column("activation", JSON),
    Column("amendments", ARRAY(Text), nullable=False),
    Column("suspended", Boolean, nullable=False),
    Column("terminated_on", Date),
    Column("settlements", Integer, nullable=False),
    Column("independent", Boolean, nullable=False),
    Column("posted_inputs", BigInteger, nullable=False),
)
readership = Table(
    "readership",
    metadata,
    Column("contract_id", UUID(as_uuid=True), primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("before", Date, primary_key=True, nullable=True),
    Column("reader_ids", ARRAY(Text), nullable=False),
)
input = Table(
    "input",
    metadata,
    Column("contract_id", UUID(as_uuid=True), primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("source", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("part", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("achieved_on", Date),
    Column("salt", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
)
claim = Table(
    "claim",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("contract_id", UUID(as_uuid=True), nullable=False),
    Column("metric", Text, nullable=False),
    Column("subject_id", UUID(as_uuid=True), nullable=False),
    Column("occurrence", Text, nullable=False),
    Column("achieved_on", Date, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("reported_by", Text, nullable=False),
    Column("order_key", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("disputed", Boolean, nullable=False),
    Column("decided_by", ARRAY(Text), nullable=False),
    Column("decided_at", DateTime(timezone=True)),
    Column("deemed", Boolean, nullable=False),
    Column("superseded_by", UUID(as_uuid=True)),
    Column("measurement", JSONB),
)
enrolment = Table(
    "enrolment",
    metadata,
    Column("contract_id", UUID(as_uuid=True), primary_key=True),
    Column("subject_id", UUID(as_uuid=True), primary_key=True),
    Column("cohort", Text, primary_key=True),
    Column("enrolled_on", Date, primary_key=True),
)
item = Table(
    "item",
    metadata,
    Column("contract_id", UUID(as_uuid=True), primary_key=True),
    Column("claim_id", UUID(as_uuid=True), primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("metric", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("subject_id", UUID(as_uuid=True), nullable=False),
    Column("occurrence", Text, nullable=False),
    Column("achieved_on", Date, nullable=False),
    Column("order_key", Text, nullable=False),
    Column("claimed_units", BigInteger, nullable=False),
    Column("price_minor", BigInteger),
    Column("units", BigInteger, nullable=False),
    Column("gross_minor", BigInteger, nullable=False),
    Column("reason", Text),
    Column("decided_by", ARRAY(Text), nullable=False),
    Column("decided_at", DateTime(timezone=True)),
    Column("deemed", Boolean, nullable=False),
    Column("working", JSON(none_as_null=True)),
)
posted_item = Table(
    "posted_item",
    metadata,
    Column("contract_id", UUID(as_uuid=True), nullable=False),
    Column("rule", Text, nullable=False),
    Column("subject_id", UUID(as_uuid=True), nullable=False),
    Column("occurrence", Text, nullable=False),
    Column("price_minor", BigInteger),
    Column("payee", Text, nullable=False),
    Column("claim_id", UUID(as_uuid=True)),
    Column("version", Integer, nullable=False),
    Column("achieved_on", Date, nullable=False),
    *figures(),
)
open_subject = Table(
    "open_subject",
    metadata,
    Column("contract_id", UUID(as_uuid=True), primary_key=True),
    Column("subject_id", UUID(as_uuid=True), primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("due_inputs", BigInteger),
)
posted_total = Table(
    "posted_total",
    metadata,
    Column("contract_id", UUID(as_uuid=True), primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("payee", Text, primary_key=True),
    Column("month", Text, primary_key=True),
    Column("payer", Text, primary_key=True),
    Column("under_caps_minor", BigInteger, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
)
input_chunk = Table(
    "input_chunk",
    metadata,
    Column("contract_id", UUID(as_uuid=True), primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("root", LargeBinary, nullable=False),
)
settlement = Table(
    "settlement",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("contract_id", UUID(as_uuid=True), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("period_start", Date, nullable=False),
    Column("period_end", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("prepared_issuer", Text, nullable=False),
    Column("prepared_subject", Text, nullable=False),
    Column("prepared_organisation", Text, nullable=False),
    Column("prepared_actor", Text, nullable=False),
    Column("prepared_at", DateTime(timezone=True), nullable=False),
    Column("heads", JSONB),
    Column("waiting", JSONB, nullable=False),
    Column("terms_version", Integer),
    Column("known", JSONB, nullable=False),
    Column("inputs", BigInteger),
    Column("inputs_sha256", Text),
    Column("items_sha256", Text),
    Column("lines", JSONB, nullable=False),
    Column("due_after", BigInteger),
    Column("content_sha256", Text),
    Column("calculated_at", DateTime(timezone=True)),
    Column("posted_at", DateTime(timezone=True)),
    Column("document_on", Date),
    Column("accounting_on", Date),
    Column("value_on", Date),
)
settlement_line = Table(
    "settlement_line",
    metadata,
    Column("settlement_id", UUID(as_uuid=True), primary_key=True),
    Column("contract_id", UUID(as_uuid=True), nullable=False),
    Column("number", Integer, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("price_minor", BigInteger),
    Column("payee", Text, nullable=False),
    Column("nature", Text, nullable=False),
    Column("people", Integer, nullable=False),
    *figures(),
    Column("amount_minor", BigInteger, nullable=False),
)
statement = Table(
    "statement",
    metadata,
    Column("settlement_id", UUID(as_uuid=True), primary_key=True),
    Column("contract_id", UUID(as_uuid=True), nullable=False),
    Column("organisation_id", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("content_sha256", Text, nullable=False),
    Column("previously_minor", BigInteger, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
)
approval = Table(
    "approval",
    metadata,
    Column("settlement_id", UUID(as_uuid=True), primary_key=True),
    Column("contract_id", UUID(as_uuid=True), nullable=False),
    Column("organisation_id", Text, nullable=False),
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("content_sha256", Text, nullable=False),
    Column("approved_at", DateTime(timezone=True), nullable=False),
)
entry = Table(
    "entry",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("contract_id", UUID(as_uuid=True), nullable=False),
    Column("settlement_id", UUID(as_uuid=True), nullable=False),
    Column("kind", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("document_on", Date, nullable=False),
    Column("accounting_on", Date, nullable=False),
    Column("value_on", Date, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("reverses", UUID(as_uuid=True)),
)
posting = Table(
    "posting",
    metadata,
    Column("entry_id", UUID(as_uuid=True), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("contract_id", UUID(as_uuid=True), nullable=False),
    Column("settlement_id", UUID(as_uuid=True), nullable=False),
    Column("account", Text, nullable=False),
    Column("organisation_id", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
)
payment = Table(
    "payment",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("settlement_id", UUID(as_uuid=True), nullable=False),
    Column("contract_id", UUID(as_uuid=True), nullable=False),
    Column("payer", Text, nullable=False),
    Column("payee", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("paid_on", Date, nullable=False),
    Column("entry_id", UUID(as_uuid=True)),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
)
