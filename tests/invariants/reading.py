"""Tests: reads a snapshot from three databases and from Kafka, directly: by asyncpg and aiokafka alone."""

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from .facts import Fact, OnBus
from .snapshot import SERVICES, TABLES, Row, Snapshot, source_of

TOPICS = ("enzym.contracts.v1", "enzym.outcomes.v1", "enzym.settlements.v1")
CONSUMING = ("outcomes", "settlement")
JSON = ("shares", "now_shares", "before_shares", "measurement", "terms")
FACTS = "select id, event_id::text, type, aggregate, sequence, body::text from fact order by id"


async def read_snapshot(databases: Mapping[str, str], bootstrap: str = "") -> Snapshot:
    """What all services have kept. `databases` are URLs as the administrator, by service; `bootstrap` is Kafka's
    address, or empty for a bus that is not looked at."""
    facts: list[Fact] = []
    tables: dict[str, dict[str, list[Row]]] = {}
    fact_ids: dict[str, dict[int, str]] = {}
    for service in SERVICES:
        connection = await asyncpg.connect(databases[service].replace("+asyncpg", ""))
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                rows = await connection.fetch(FACTS)
                tables[service] = {name: await _table(connection, name) for name in TABLES[service]}
        finally:
            await connection.close()
        fact_ids[service] = {row["id"]: row["event_id"] for row in rows}
        facts += [Fact(source_of(service), *list(row.values())[1:]) for row in rows]
    if not bootstrap:
        return Snapshot(facts, tables, fact_ids)
    return Snapshot(facts, tables, fact_ids, await _records(bootstrap), await _committed(bootstrap))


async def _table(connection: Any, name: str) -> list[Row]:
    rows = await connection.fetch(f'select * from "{name}"')
    return [{column: _plain(column, value) for column, value in row.items()} for row in rows]


def _plain(column: str, value: Any) -> Any:
    """Ids and dates as the texts that stand in events, JSON as what it says; everything else as it is."""
    if column in JSON and value is not None:
        return json.loads(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if type(value) is date:
        return value.isoformat()
    return value


async def _records(bootstrap: str) -> list[OnBus]:
    """Every record of every topic, from the first one on."""
    places = await _places(bootstrap)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        records: list[OnBus] = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            for polled in (await consumer.getmany(timeout_ms=500)).values():
                records += _on_bus(polled)
        return records
    finally:
        await consumer.stop()


async def _places(bootstrap: str) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        told = await admin.describe_topics(list(TOPICS))
    finally:
        await admin.close()
    return [
        TopicPartition(topic["topic"], partition["partition"]) for topic in told for partition in topic["partitions"]
    ]


def _on_bus(polled: Iterable[Any]) -> list[OnBus]:
    records = []
    for record in polled:
        headers = {name: value.decode() for name, value in record.headers}
        records.append(
            OnBus(
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                key=record.key.decode(),
                event_id=headers["ce_id"],
                source=headers["ce_source"],
                type=headers["ce_type"],
                aggregate=headers["ce_subject"],
                sequence=int(headers["ce_sequence"]),
                body=record.value.decode(),
            )
        )
    return records


async def _committed(bootstrap: str) -> dict[str, dict[tuple[str, int], int]]:
    """How far each service has committed, by (topic, partition). A service's group is called as the service."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        rows = {}
        for service in CONSUMING:
            offsets = await admin.list_consumer_group_offsets(f"{service}-service")
            rows[service] = {(place.topic, place.partition): kept.offset for place, kept in offsets.items()}
        return rows
    finally:
        await admin.close()
