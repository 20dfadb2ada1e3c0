"""Kit: what every bus can do, and what goes in and comes out: bytes, never parsed here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

from services.core.errors import Unavailable

Headers: TypeAlias = Sequence[tuple[str, bytes]]


class BusUnavailable(Unavailable):
    """The bus does not answer, or not as it should. What was asked may have happened or not."""

    code = "bus-unavailable"


class Partition(NamedTuple):
    """One ordered log of a topic."""

    topic: str
    number: int


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to send. Records of one key stay in order; the key decides the partition (murmur2, as Kafka)."""

    topic: str
    key: bytes
    headers: Headers
    value: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it stands in its partition. Offsets count from 0 without a gap."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Headers
    value: bytes


OnRevoked: TypeAlias = Callable[[frozenset[Partition]], Awaitable[None]]
"""Called when these partitions are taken away: finish the record in hand, commit what is done, raise nothing."""


class Producer(Protocol):
    """Sends. Used by one task at a time."""

    async def send(self, batch: Sequence[Outgoing]) -> None:
        """Returns when every record is acknowledged. Per partition at most one batch is unacknowledged, filled in
        the order given; partitions go side by side. Errors: `BusUnavailable`: any part may have been kept; send
        all of it again, in the same order."""

    async def close(self) -> None:
        """Lets go, without sending anything more; never waits long, never raises for a bus that is away."""


class Consumer(Protocol):
    """One member of a group. Used by one task at a time, but for `commit` in `OnRevoked`."""

    async def poll(self, max_records: int, timeout: float) -> Mapping[Partition, Sequence[Record]]:
        """The next records, each partition's in order, at most `max_records` in all; empty after `timeout` seconds
        without any. Errors: `BusUnavailable`: close this consumer and open another."""

    async def commit(self, positions: Mapping[Partition, int]) -> None:
        """Keeps, for the group, the offset of the next record to read. Errors: `BusUnavailable`: some were not
        kept (perhaps because another member has the partition now), and their records are read again."""

    def rewind(self, partition: Partition, offset: int) -> None:
        """Reads this partition again from `offset`. Does nothing if it was taken away."""

    def pause(self, partition: Partition) -> None:
        """Gives nothing of this partition until it is resumed. Does nothing if it was taken away."""

    def resume(self, partition: Partition) -> None:
        """Undoes `pause`. Does nothing if it was taken away."""

    async def close(self) -> None:
        """Leaves the group; never waits long, never raises for a bus that is away."""


class Bus(Protocol):
    """Where records are kept for ever, and given to each group at least once."""

    def producer(self) -> Producer:
        """A new producer. Connects at its first use."""

    async def consumer(self, group: str, topics: Sequence[str], on_revoked: OnRevoked) -> Consumer:
        """A new member of `group`, which begins where the group is, or at the first record. Errors:
        `BusUnavailable`."""
