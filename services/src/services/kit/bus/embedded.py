"""Kit: the bus as a log in a PostgreSQL database of its own, for `make run`: as durable as that database."""

import asyncio
from collections.abc import Mapping, Sequence

from services.kit.bus.interface import BusUnavailable, Consumer, OnRevoked, Outgoing, Partition, Producer
from services.kit.bus.leases import EmbeddedConsumer
from services.kit.bus.partition import partition_of
from services.kit.database.connections import CONNECTION_ERRORS, Connection, connect, disconnect

SEND_SECONDS = 20

TABLES = """
create table if not exists topic_partition (
    topic text not null,
    partition integer not null,
    next_offset bigint not null default 0,
    primary key (topic, partition)
);
create table if not exists record (
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    key bytea not null,
    header_names text[] not null,
    header_values bytea[] not null,
    value bytea not null,
    primary key (topic, partition, "offset")
);
create table if not exists member (
    consumer_group text not null,
    id uuid not null,
    alive_until timestamptz not null,
    primary key (consumer_group, id)
);
create table if not exists group_partition (
    consumer_group text not null,
    topic text not null,
    partition integer not null,
    position bigint not null default 0,
    holder uuid,
    fence bigint not null default 0,
    primary key (consumer_group, topic, partition)
);
"""

GRANTS = """
do $$ begin
    if exists (select from pg_roles where rolname = 'bus_worker') then
        grant usage on schema public to bus_worker;
        grant select, update on topic_partition to bus_worker;
        grant select, insert on record to bus_worker;
        grant select, insert, update on group_partition to bus_worker;
        grant select, insert, update, delete on member to bus_worker;
    end if;
end $$;
"""


class PartitionsAreFixed(Exception):
    """A topic stands with another number of partitions: its keys would move, and their order be lost."""


async def create_tables(url: str, partitions: Mapping[str, int]) -> None:
    """Creates, as the owner of the database `bus`, its tables and topics, and lets the role `bus_worker` use them
    if there is one. May be run again. `partitions` is how many each topic has. Errors: `PartitionsAreFixed`."""
    connection = await connect(url, "bus owner")
    try:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtext('create_tables'))")
            await connection.execute(TABLES + GRANTS)
            for topic, count in partitions.items():
                there = await connection.fetchval("select count(*) from topic_partition where topic = $1", topic)
                if there == 0:
                    await connection.execute(_INSERT_PARTITIONS, topic, count)
                elif there != count:
                    raise PartitionsAreFixed(f"{topic} has {there} partitions and is declared with {count}.")
    finally:
        await disconnect(connection)


class EmbeddedBus:
    """`url` is that of the database `bus`, as the role `bus_worker`. A member that is not heard of for
    `lease_seconds` has left; members look after their leases every `tend_seconds`."""

    def __init__(self, url: str, *, lease_seconds: float = 10, tend_seconds: float = 1) -> None:
        self._url = url
        self._lease_seconds = lease_seconds
        self._tend_seconds = tend_seconds

    def producer(self) -> Producer:
        """See `Bus`."""
        return EmbeddedProducer(self._url)

    async def consumer(self, group: str, topics: Sequence[str], on_revoked: OnRevoked) -> Consumer:
        """See `Bus`."""
        consumer = EmbeddedConsumer(self._url, group, topics, on_revoked, self._lease_seconds, self._tend_seconds)
        await consumer.open()
        return consumer


class EmbeddedProducer:
    """See `Producer`. A batch is one transaction; offsets are given under the lock of the partition's row, so that
    they are visible in order and without a gap."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None

    async def send(self, batch: Sequence[Outgoing]) -> None:
        """See `Producer`."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                if self._connection is None:
                    self._connection = await connect(self._url, "bus producer")
                await self._keep(self._connection, batch)
                await self._connection.execute("notify record")
        except CONNECTION_ERRORS as error:
            await self.close()
            raise BusUnavailable("The embedded bus did not acknowledge.") from error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """See `Producer`."""
        connection, self._connection = self._connection, None
        await disconnect(connection)

    async def _keep(self, connection: Connection, batch: Sequence[Outgoing]) -> None:
        topics = sorted({row.topic for row in batch})
        async with connection.transaction():
            counted = await connection.fetch(_COUNT_PARTITIONS, topics)
            counts = dict(counted)
            if missing := [topic for topic in topics if topic not in counts]:
                raise BusUnavailable(f"The embedded bus has no topic {missing[0]}.")
            placed: dict[Partition, list[Outgoing]] = {}
            for row in batch:
                at = Partition(row.topic, partition_of(row.key, counts[row.topic]))
                placed.setdefault(at, []).append(row)
            # In one order everywhere: two producers can wait for each other, but never in a circle.
            for at, rows in sorted(placed.items()):
                first = await connection.fetchval(_TAKE_OFFSETS, at.topic, at.number, len(rows))
                await connection.copy_records_to_table(
                    "record",
                    records=[
                        (at.topic, at.number, first + place, row.key, *_headers(row), row.value)
                        for place, row in enumerate(rows)
                    ],
                    columns=["topic", "partition", "offset", "key", "header_names", "header_values", "value"],
                )


def _headers(row: Outgoing) -> tuple[list[str], list[bytes]]:
    return [name for name, _ in row.headers], [value for _, value in row.headers]


_INSERT_PARTITIONS = """
insert into topic_partition (topic, partition) select $1, place from generate_series(0, $2::integer - 1) place
"""
_COUNT_PARTITIONS = "select topic, count(*) from topic_partition where topic = any($1::text[]) group by topic"
_TAKE_OFFSETS = """
update topic_partition set next_offset = next_offset + $3 where topic = $1 and partition = $2
returning next_offset - $3
"""
