"""Kit: which partition a key belongs to: murmur2 (32 bits, Austin Appleby), with the seed that Kafka uses."""

from functools import lru_cache

_SEED = 0x9747B28C
_MIX = 0x5BD1E995
_32_BITS = 0xFFFFFFFF


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition, from 0, that Kafka's default partitioner chooses for `key`."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """MurmurHash2 as an unsigned number of 32 bits."""
    length = len(data)
    whole = length & ~3
    h = _SEED ^ length
    for start in range(0, whole, 4):
        k = int.from_bytes(data[start : start + 4], "little") * _MIX & _32_BITS
        k = (k ^ k >> 24) * _MIX & _32_BITS
        h = h * _MIX & _32_BITS ^ k
    if whole < length:
        h = (h ^ int.from_bytes(data[whole:], "little")) * _MIX & _32_BITS
    h = (h ^ h >> 13) * _MIX & _32_BITS
    return h ^ h >> 15
