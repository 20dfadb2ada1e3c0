"""Core: the Merkle tree hash of RFC 9162 (section 2.1) and proofs that one leaf is among those hashed."""

import hashlib
from collections.abc import Sequence


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one leaf (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def salted(salt: bytes, raw: bytes) -> bytes:
    """The entry of one input: who lacks the 16-byte salt cannot guess what was hashed."""
    return hashlib.sha256(salt + raw).digest()


def _node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The tree's root over leaf hashes, in one pass: complete subtrees are joined as soon as two are there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    subtrees: list[bytes] = []
    for count, leaf in enumerate(leaves, start=1):
        node = leaf
        while count % 2 == 0:
            node = _node_hash(subtrees.pop(), node)
            count //= 2
        subtrees.append(node)
    root = subtrees.pop()
    while subtrees:
        root = _node_hash(subtrees.pop(), root)
    return root


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def inclusion_proof(place: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The hashes that lead from leaf `place` (from 0) to the root (RFC 9162, 2.1.3.1)."""
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if place < k:
        return [*inclusion_proof(place, leaves[:k]), root_of(leaves[k:])]
    return [*inclusion_proof(place - k, leaves[k:]), root_of(leaves[:k])]


def proves(leaf: bytes, place: int, count: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that `leaf` is number `place` of `count` under `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= place < count:
        return False
    node, last = leaf, count - 1
    for sibling in proof:
        if last == 0:
            return False
        if place % 2 == 1 or place == last:
            node = _node_hash(sibling, node)
            while place % 2 == 0 and place != 0:
                place, last = place >> 1, last >> 1
        else:
            node = _node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root
