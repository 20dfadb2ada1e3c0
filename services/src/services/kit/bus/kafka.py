"""Kit: the bus on Apache Kafka, by aiokafka. Every wait is bounded, and a client that failed is thrown away."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from itertools import chain, groupby
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from services.kit.bus.interface import BusUnavailable, Consumer, OnRevoked, Outgoing, Partition, Producer, Record
from services.kit.bus.partition import partition_of

log = structlog.get_logger()

REQUEST_SECONDS = 5
OPEN_SECONDS = 30
COMMIT_SECONDS = 5
CLOSE_SECONDS = 5
BATCH_BYTES = 512 * 1024
MAX_RECORD_BYTES = 4 * 1024 * 1024
"""As `max.message.bytes` of the topics."""

FETCH_WAIT_MILLISECONDS = 50
"""How long a broker holds a request when it has nothing. A client has one request open with each broker, for partitions
of which it has no record in hand: when it has given out the last record of one, that partition waits until the request
for the others comes back."""


class KafkaBus:
    """`bootstrap` is host:port of one or more brokers, separated by commas. A batch that is not acknowledged within
    `send_seconds` has failed; a member that is not heard of for `session_seconds` has left its group."""

    def __init__(self, bootstrap: str, *, send_seconds: float = 10, session_seconds: float = 10) -> None:
        self._bootstrap = bootstrap
        self._send_seconds = send_seconds
        self._session_seconds = session_seconds

    def producer(self) -> Producer:
        """See `Bus`."""
        return KafkaProducer(self._bootstrap, self._send_seconds)

    async def consumer(self, group: str, topics: Sequence[str], on_revoked: OnRevoked) -> Consumer:
        """See `Bus`."""
        consumer = KafkaConsumer(self._bootstrap, group, self._session_seconds)
        await consumer.open(topics, on_revoked)
        return consumer


class KafkaProducer:
    """See `Producer`. Idempotent, acknowledged by all replicas; after any error the next send begins anew."""

    def __init__(self, bootstrap: str, send_seconds: float) -> None:
        self._bootstrap = bootstrap
        self._send_seconds = send_seconds
        self._client: AIOKafkaProducer | None = None

    async def send(self, batch: Sequence[Outgoing]) -> None:
        """See `Producer`."""
        if not batch:
            return
        sending: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout(self._send_seconds):
                client = await self._started()
                for at, rows in (await _by_partition(client, batch)).items():
                    sending.append(asyncio.create_task(_send_in_order(client, at, rows)))
                done, _ = await asyncio.wait(sending, return_when=asyncio.FIRST_EXCEPTION)
                for task in done:
                    task.result()
        except (KafkaError, OSError, TimeoutError) as error:
            await self._throw_away()
            raise BusUnavailable("Kafka did not acknowledge.") from error
        except BaseException:
            await self._throw_away()
            raise
        finally:
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)

    async def close(self) -> None:
        """See `Producer`."""
        await self._throw_away()

    async def _started(self) -> AIOKafkaProducer:
        if self._client is None:
            self._client = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                acks="all",
                enable_idempotence=True,
                request_timeout_ms=REQUEST_SECONDS * 1000,
                max_batch_size=BATCH_BYTES,
                max_request_size=MAX_RECORD_BYTES,
            )
            await self._client.start()
        return self._client

    async def _throw_away(self) -> None:
        """Stops without flushing. An idempotent producer flushes for ever while its broker is away, and has no other
        way to stop: so its sender is ended first, then nobody waits for an acknowledgement, then it stops."""
        client, self._client = self._client, None
        if client is None:
            return
        sender = client._sender.sender_task
        for _ in range(CLOSE_SECONDS):
            if sender is None or sender.done():
                break
            sender.cancel()  # the first lets a request in flight end, each further one cuts one off
            await asyncio.wait({sender}, timeout=1)
        waiting = client._message_accumulator
        for batch in [*chain.from_iterable(waiting._batches.values()), *waiting._pending_batches]:
            batch.future.cancel()
        await _closed(client.stop(), client.client)


class KafkaConsumer:
    """See `Consumer`."""

    def __init__(self, bootstrap: str, group: str, session_seconds: float) -> None:
        self._client = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=REQUEST_SECONDS * 1000,
            fetch_max_wait_ms=FETCH_WAIT_MILLISECONDS,
            max_partition_fetch_bytes=MAX_RECORD_BYTES,
            retry_backoff_ms=500,
            session_timeout_ms=int(session_seconds * 1000),
            heartbeat_interval_ms=int(session_seconds * 1000 / 3),
            rebalance_timeout_ms=30_000,
        )

    async def open(self, topics: Sequence[str], on_revoked: OnRevoked) -> None:
        """Joins the group. Errors: `BusUnavailable`, also while a topic does not exist."""
        self._client.subscribe(topics=list(topics), listener=_Listener(on_revoked))
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await self._client.start()
        except (KafkaError, OSError, TimeoutError) as error:
            await self.close()
            raise BusUnavailable("Kafka does not answer.") from error
        except BaseException:
            await self.close()
            raise

    async def poll(self, max_records: int, timeout: float) -> Mapping[Partition, Sequence[Record]]:
        """See `Consumer`."""
        try:
            polled = await self._client.getmany(timeout_ms=int(timeout * 1000), max_records=max_records)
        except (KafkaError, OSError) as error:
            raise BusUnavailable("Kafka does not answer.") from error
        return {
            Partition(at.topic, at.partition): [_record(row) for row in rows] for at, rows in polled.items() if rows
        }

    async def commit(self, positions: Mapping[Partition, int]) -> None:
        """See `Consumer`."""
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await self._client.commit({_place(at): offset for at, offset in positions.items()})
        except (KafkaError, OSError, TimeoutError) as error:
            raise BusUnavailable("Kafka did not keep the positions.") from error

    def rewind(self, partition: Partition, offset: int) -> None:
        """See `Consumer`."""
        try:
            self._client.seek(_place(partition), offset)
        except IllegalStateError:
            log.debug("partition was taken away", topic=partition.topic, partition=partition.number)

    def pause(self, partition: Partition) -> None:
        """See `Consumer`."""
        if _place(partition) in self._client.assignment():
            self._client.pause(_place(partition))

    def resume(self, partition: Partition) -> None:
        """See `Consumer`."""
        if _place(partition) in self._client.assignment():
            self._client.resume(_place(partition))

    async def close(self) -> None:
        """See `Consumer`."""
        await _closed(self._client.stop(), self._client._client)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Rebalances run in the background: what is raised here would only be logged."""

    def __init__(self, on_revoked: OnRevoked) -> None:
        self._on_revoked = on_revoked

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        await self._on_revoked(frozenset(Partition(at.topic, at.partition) for at in revoked))

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        log.info("partitions assigned", count=len(assigned))


async def _by_partition(client: AIOKafkaProducer, batch: Sequence[Outgoing]) -> Mapping[Partition, Sequence[Outgoing]]:
    counts = {topic: len(await client.partitions_for(topic)) for topic in {row.topic for row in batch}}

    def place(row: Outgoing) -> Partition:
        return Partition(row.topic, partition_of(row.key, counts[row.topic]))

    return {at: list(rows) for at, rows in groupby(sorted(batch, key=place), key=place)}


async def _send_in_order(client: AIOKafkaProducer, at: Partition, rows: Sequence[Outgoing]) -> None:
    rest = list(reversed(rows))
    while rest:
        batch = client.create_batch()
        while rest and _appended(batch, rest[-1]):
            rest.pop()
        batch.close()
        await (await client.send_batch(batch, at.topic, partition=at.number))


def _appended(batch: Any, row: Outgoing) -> bool:
    return batch.append(key=row.key, value=row.value, headers=list(row.headers), timestamp=None) is not None


async def _closed(stopping: Coroutine[Any, Any, None], connections: Any) -> None:
    """In a task of its own: when the broker is away, what aiokafka cancels within itself while it stops comes out as
    if it were the caller who is cancelled, and then its connections are still open."""
    stop = asyncio.create_task(stopping)
    _, late = await asyncio.wait({stop}, timeout=CLOSE_SECONDS)
    if late or stop.cancelled() or stop.exception() is not None:
        log.warning("a client of kafka did not close in order")
        stop.cancel()
        rest = asyncio.gather(stop, connections.close(), return_exceptions=True)
        await asyncio.wait({rest}, timeout=CLOSE_SECONDS)


def _place(partition: Partition) -> TopicPartition:
    return TopicPartition(partition.topic, partition.number)


def _record(row: Any) -> Record:
    return Record(
        topic=row.topic,
        partition=row.partition,
        offset=row.offset,
        key=row.key,
        headers=tuple((name, value or b"") for name, value in row.headers),
        value=row.value or b"",
    )
