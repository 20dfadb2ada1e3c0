"""The hash that decides a partition is the one of Kafka's own clients."""

import pytest
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.partitioner import murmur2 as murmur2_of_aiokafka
from hypothesis import given
from hypothesis import strategies as st

from services.kit.bus.partition import murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        # From Kafka's own UtilsTest.testMurmur2 (there as signed numbers).
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_hash_is_that_of_kafka(key: bytes, expected: int) -> None:
    assert murmur2(key) == expected % 2**32


@given(st.binary(max_size=80), st.integers(min_value=1, max_value=50))
def test_every_key_lands_where_aiokafka_would_put_it(key: bytes, partitions: int) -> None:
    assert murmur2(key) == murmur2_of_aiokafka(key)
    assert partition_of(key, partitions) == DefaultPartitioner()(key, list(range(partitions)), [])
