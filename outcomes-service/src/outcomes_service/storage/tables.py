"""Storage: this service's own tables, as the migrations make them."""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Identity, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

metadata = MetaData()

contract = Table(
    "contract",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("terms_version", Integer, nullable=False),
    Column("parties", JSONB, nullable=False),
    Column("party_ids", ARRAY(Text), nullable=False),
    Column("reader_ids", ARRAY(Text), nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("service_start", Date, nullable=False),
    Column("service_end", Date, nullable=False),
    Column("outcome_start", Date, nullable=False),
    Column("outcome_end", Date, nullable=False),
    Column("claims_close_on", Date, nullable=False),
    Column("terminated_on", Date),
)
metric = Table(
    "metric",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("contract_id", UUID(as_uuid=True), nullable=False),
    Column("terms_version", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("reported_by", Text, nullable=False),
    Column("verified_by", Text, nullable=False),
    Column("disputes_decided_by", Text, nullable=False),
    Column("dispute_days", Integer, nullable=False),
    Column("max_payments_per_person", Integer, nullable=False),
    Column("points", ARRAY(Text), nullable=False),
    Column("evidence_required", Boolean, nullable=False),
    Column("party_ids", ARRAY(Text), nullable=False),
    Column("reader_ids", ARRAY(Text), nullable=False),
)
cohort = Table(
    "cohort",
    metadata,
    Column("contract_id", UUID(as_uuid=True), primary_key=True),
    Column("terms_version", Integer, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("start_on", Date),
    Column("end_on", Date),
    Column("size", Integer),
    Column("people", Integer, nullable=False),
)
participant = Table(
    "participant",
    metadata,
    Column("subject_id", UUID(as_uuid=True), primary_key=True),
    Column("contract_id", UUID(as_uuid=True), nullable=False),
    Column("participant_key", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
)
enrolment = Table(
    "enrolment",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("contract_id", UUID(as_uuid=True), nullable=False),
    Column("subject_id", UUID(as_uuid=True), nullable=False),
    Column("cohort", Text, nullable=False),
    Column("enrolled_on", Date, nullable=False),
    Column("left_on", Date),
    Column("enrolled_by", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
)
claim = Table(
    "claim",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("contract_id", UUID(as_uuid=True), nullable=False),
    Column("metric_id", BigInteger, nullable=False),
    Column("subject_id", UUID(as_uuid=True), nullable=False),
    Column("occurrence", Text, nullable=False),
    Column("achieved_on", Date, nullable=False),
    Column("units", Integer, nullable=False),
    Column("evidence", JSONB),
    Column("external_id", Text, nullable=False),
    Column("reported_by", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("corrects", UUID(as_uuid=True)),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("superseded_by", UUID(as_uuid=True)),
)
claim_record = Table(
    "claim_record",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("claim_id", UUID(as_uuid=True), nullable=False),
    Column("metric_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("said_by", ARRAY(Text), nullable=False),
    Column("said_at", DateTime(timezone=True), nullable=False),
    Column("verdict", Text),
    Column("reason", Text),
)
