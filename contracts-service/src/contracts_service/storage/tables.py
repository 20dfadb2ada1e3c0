"""Storage: the registry's own tables, as the migrations make them."""

from sqlalchemy import Column, Date, DateTime, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

metadata = MetaData()

organisation = Table(
    "organisation",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("units", JSONB, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("registered_at", DateTime(timezone=True), nullable=False),
)
contract = Table(
    "contract",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("title", Text, nullable=False),
    Column("decision_ref", Text),
    Column("procurement_ref", Text),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("party_ids", ARRAY(Text), nullable=False),
    Column("member_ids", ARRAY(Text), nullable=False),
    Column("began_on", Date),
    Column("terminated_on", Date),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
terms_version = Table(
    "terms_version",
    metadata,
    Column("contract_id", UUID(as_uuid=True), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("root", Text, nullable=False),
    Column("root_document", LargeBinary, nullable=False),
    Column("effective_from", Date, nullable=False),
    Column("party_ids", ARRAY(Text), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
)
terms_part = Table(
    "terms_part",
    metadata,
    Column("contract_id", UUID(as_uuid=True), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("reader_ids", ARRAY(Text), nullable=False),
)
signature = Table(
    "signature",
    metadata,
    Column("contract_id", UUID(as_uuid=True), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("organisation_id", Text, primary_key=True),
    Column("root", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("jws", Text),
    Column("signed_at", DateTime(timezone=True), nullable=False),
)
