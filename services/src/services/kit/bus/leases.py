"""Kit: who reads what on the embedded bus: members of a group share its partitions by lease, and a fence keeps
out who has lost one without knowing."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.kit.bus.interface import BusUnavailable, OnRevoked, Partition, Record
from services.kit.database.connections import CONNECTION_ERRORS, Connection, connect, disconnect
from services.kit.process import clock

POLL_SECONDS = 0.2


@dataclass(slots=True)
class _Lease:
    """What this member knows of a partition that it holds."""

    fence: int
    position: int
    paused: bool = False


class EmbeddedConsumer:
    """See `Consumer`. Leases are looked after in `poll`, so that none is lost while a record is in hand unless the
    holder was silent for longer than a lease lasts."""

    def __init__(
        self,
        url: str,
        group: str,
        topics: Sequence[str],
        on_revoked: OnRevoked,
        lease_seconds: float,
        tend_seconds: float,
    ) -> None:
        self._url = url
        self._group = group
        self._topics = list(topics)
        self._on_revoked = on_revoked
        self._lease_seconds = lease_seconds
        self._tend_seconds = tend_seconds
        self._id = clock.random_id()
        self._held: dict[Partition, _Lease] = {}
        self._connection: Connection | None = None
        self._woken = asyncio.Event()
        self._tend_at = 0.0

    async def open(self) -> None:
        """Joins the group. Errors: `BusUnavailable`."""
        try:
            # A position that is lost in a crash costs a second reading, a lease a second sharing out.
            self._connection = await connect(self._url, f"bus consumer {self._group}", forgetful=True)
            await self._connection.add_listener("record", lambda *_: self._woken.set())
            await self._tend()
        except CONNECTION_ERRORS as error:
            await disconnect(self._connection)
            raise BusUnavailable("The embedded bus does not answer.") from error
        except BaseException:
            await disconnect(self._connection)
            raise

    async def poll(self, max_records: int, timeout: float) -> Mapping[Partition, Sequence[Record]]:
        """See `Consumer`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        try:
            while True:
                if loop.time() >= self._tend_at:
                    await self._tend()
                self._woken.clear()
                polled = await self._read(max_records)
                left = until - loop.time()
                if polled or left <= 0:
                    return polled
                await self._wait(min(left, POLL_SECONDS))
        except CONNECTION_ERRORS as error:
            raise BusUnavailable("The embedded bus does not answer.") from error

    async def commit(self, positions: Mapping[Partition, int]) -> None:
        """See `Consumer`."""
        rows = [(at, offset, self._held[at].fence) for at, offset in positions.items() if at in self._held]
        try:
            kept = await self._connected().fetch(
                _COMMIT,
                self._group,
                self._id,
                [at.topic for at, _, _ in rows],
                [at.number for at, _, _ in rows],
                [offset for _, offset, _ in rows],
                [fence for _, _, fence in rows],
            )
        except CONNECTION_ERRORS as error:
            raise BusUnavailable("The embedded bus did not keep the positions.") from error
        if len(kept) < len(positions):
            self._tend_at = 0.0
            raise BusUnavailable("Another member has some of these partitions now.")

    def rewind(self, partition: Partition, offset: int) -> None:
        """See `Consumer`."""
        if partition in self._held:
            self._held[partition].position = offset

    def pause(self, partition: Partition) -> None:
        """See `Consumer`."""
        if partition in self._held:
            self._held[partition].paused = True

    def resume(self, partition: Partition) -> None:
        """See `Consumer`."""
        if partition in self._held:
            self._held[partition].paused = False

    async def close(self) -> None:
        """See `Consumer`."""
        connection, self._connection = self._connection, None
        self._held.clear()
        if connection is None or connection.is_closed():
            return
        try:
            async with asyncio.timeout(5):
                await connection.execute(_LEAVE, self._group, self._id)
        except CONNECTION_ERRORS:
            connection.terminate()
        await disconnect(connection)

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            raise BusUnavailable("This consumer is closed.")
        return self._connection

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            self._connected()

    async def _read(self, max_records: int) -> dict[Partition, list[Record]]:
        wanted = [(at, lease.position) for at, lease in self._held.items() if not lease.paused]
        if not wanted:
            return {}
        rows = await self._connected().fetch(
            _READ,
            [at.topic for at, _ in wanted],
            [at.number for at, _ in wanted],
            [position for _, position in wanted],
            max_records,
        )
        polled: dict[Partition, list[Record]] = {}
        for row in sorted(rows, key=lambda row: row["offset"]):
            at = Partition(row["topic"], row["partition"])
            lease = self._held[at]
            # The query's limit may cut anywhere: only what follows without a gap is taken.
            if row["offset"] == lease.position:
                polled.setdefault(at, []).append(_record(row))
                lease.position += 1
        self._turn_round(polled)
        return polled

    def _turn_round(self, polled: Mapping[Partition, object]) -> None:
        """What was read just now is asked for last the next time, so that no partition starves."""
        for at in polled:
            self._held[at] = self._held.pop(at)

    async def _tend(self) -> None:
        """Says that this member lives, takes free partitions up to its share, and gives back what is over it."""
        connection = self._connected()
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtext($1))", self._group)
            await connection.execute(_FORGET_THE_SILENT, self._group, self._id)
            await connection.execute(_LIVE, self._group, self._id, self._lease_seconds)
            await connection.execute(_KNOW_PARTITIONS, self._group, self._topics)
            await connection.execute(_SHARE, self._group, self._topics, self._id)
            rows = await connection.fetch(_HELD, self._group, self._topics, self._id)
        self._tend_at = asyncio.get_running_loop().time() + self._tend_seconds
        leased = {Partition(row["topic"], row["partition"]): row for row in rows}
        lost = frozenset(
            at for at, lease in self._held.items() if at not in leased or leased[at]["fence"] != lease.fence
        )
        for at in lost:
            del self._held[at]
        for at, row in leased.items():
            self._held.setdefault(at, _Lease(fence=row["fence"], position=row["position"]))
        if lost:
            await self._on_revoked(lost)


def _record(row: Any) -> Record:
    return Record(
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
        key=row["key"],
        headers=tuple(zip(row["header_names"], row["header_values"], strict=True)),
        value=row["value"],
    )


_READ = """
select found.* from unnest($1::text[], $2::integer[], $3::bigint[]) as wanted (topic, partition, position)
cross join lateral (
    select topic, partition, "offset", key, header_names, header_values, value from record
    where record.topic = wanted.topic and record.partition = wanted.partition and "offset" >= wanted.position
    order by "offset" limit $4
) found
limit $4
"""
_COMMIT = """
update group_partition held set position = done.position
from unnest($3::text[], $4::integer[], $5::bigint[], $6::bigint[]) as done (topic, partition, position, fence)
where held.consumer_group = $1 and held.holder = $2
  and held.topic = done.topic and held.partition = done.partition and held.fence = done.fence
returning 1
"""
_FORGET_THE_SILENT = """
with gone as (
    delete from member where consumer_group = $1 and alive_until < clock_timestamp() and id <> $2 returning id
)
update group_partition set holder = null where consumer_group = $1 and holder in (select id from gone)
"""
_LIVE = """
insert into member (consumer_group, id, alive_until) values ($1, $2, clock_timestamp() + make_interval(secs => $3))
on conflict (consumer_group, id) do update set alive_until = excluded.alive_until
"""
_KNOW_PARTITIONS = """
insert into group_partition (consumer_group, topic, partition)
select $1, topic, partition from topic_partition where topic = any($2::text[])
on conflict do nothing
"""
_SHARE = """
with share as (
    select ceil(count(*)::numeric / (select count(*) from member where consumer_group = $1))::integer as size
    from group_partition where consumer_group = $1 and topic = any($2::text[])
), ranked as (
    select topic, partition, holder, row_number() over (order by holder nulls last, topic, partition) as place
    from group_partition
    where consumer_group = $1 and topic = any($2::text[]) and (holder = $3 or holder is null)
)
update group_partition held
set holder = case when ranked.place <= share.size then $3 end,
    fence = fence + case when held.holder is null then 1 else 0 end
from ranked, share
where held.consumer_group = $1 and held.topic = ranked.topic and held.partition = ranked.partition
  and (held.holder is null) = (ranked.place <= share.size)
"""
_HELD = """
select topic, partition, position, fence from group_partition
where consumer_group = $1 and topic = any($2::text[]) and holder = $3
"""
_LEAVE = """
with gone as (delete from member where consumer_group = $1 and id = $2)
update group_partition set holder = null where consumer_group = $1 and holder = $2
"""
