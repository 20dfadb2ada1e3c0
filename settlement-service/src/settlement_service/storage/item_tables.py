"""Storage: the tables of items that settlements have of their own, and of what is due, to which they refer."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSON, UUID

from settlement_service.storage.figures import figure_columns, figures_and_shares
from settlement_service.storage.tables import metadata


def item_columns() -> list[Column[Any]]:
    """The columns of an item of a settlement."""
    return [
        Column("contract_id", UUID(as_uuid=True), nullable=False),
        Column("rule", Text, nullable=False),
        Column("subject_id", UUID(as_uuid=True), nullable=False),
        Column("occurrence", Text, nullable=False),
        Column("price_minor", BigInteger),
        Column("payee", Text, nullable=False),
        Column("claim_id", UUID(as_uuid=True)),
        Column("version", Integer, nullable=False),
        Column("achieved_on", Date, nullable=False),
        Column("order_key", Text, nullable=False),
        Column("claimed_units", BigInteger, nullable=False),
        *figures_and_shares("now_"),
        *figures_and_shares("before_"),
        Column("measured_people", Integer, nullable=False),
        Column("reason", Text),
        Column("decided_by", ARRAY(Text), nullable=False),
        Column("decided_at", DateTime(timezone=True)),
        Column("deemed", Boolean, nullable=False),
        Column("working", JSON(none_as_null=True)),
        Column("sha256", LargeBinary, nullable=False),
    ]


settlement_item = Table(
    "settlement_item", metadata, Column("settlement_id", UUID(as_uuid=True), nullable=False), *item_columns()
)
settled_individually = Table(
    "settled_individually",
    metadata,
    Column("settlement_id", UUID(as_uuid=True), primary_key=True),
    Column("contract_id", UUID(as_uuid=True), nullable=False),
    Column("subject_id", UUID(as_uuid=True), primary_key=True),
)
accrued_item = Table(
    "accrued_item",
    metadata,
    *item_columns(),
    Column("accrued_after", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger),
    Column("whole_from", Date),
)
accrual = Table(
    "accrual",
    metadata,
    Column("contract_id", UUID(as_uuid=True), nullable=False),
    Column("subject_id", UUID(as_uuid=True), nullable=False),
    Column("rule", Text, nullable=False),
    Column("price_minor", BigInteger),
    Column("payee", Text, nullable=False),
    *figure_columns(),
    Column("shares", ARRAY(BigInteger), nullable=False),
    Column("taken_minor", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("whole_from", Date),
    Column("in_part", Boolean, nullable=False),
)
