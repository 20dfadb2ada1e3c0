"""Domain: the hashes that hold a settlement to what it rests on and to what it says."""

import hashlib
from collections.abc import Iterable, Sequence

from services.core.canonical import canonical, sha256
from services.core.merkle import leaf_hash, root_of, salted


def input_leaf(salt: bytes, body: bytes) -> bytes:
    """The leaf of one input: over SHA-256 of its 16-byte salt and its canonical JSON."""
    return leaf_hash(salted(salt, body))


def terms_leaf(root: str) -> bytes:
    """The first leaf: over the root of the terms (hex), which every party has signed."""
    return leaf_hash(bytes.fromhex(root))


def inputs_hash(terms_root: str, leaves: Sequence[bytes]) -> str:
    """`inputsSha256` (hex): the Merkle root over the terms' leaf and those of the frozen inputs, in their order."""
    return root_of([terms_leaf(terms_root), *leaves]).hex()


def content_hash(content: dict[str, object]) -> str:
    """`contentSha256` (hex): over the canonical JSON of what a statement says to one audience."""
    return sha256(canonical(content))


def item_hash(item: dict[str, object]) -> bytes:
    """SHA-256 over the canonical JSON of one item."""
    return hashlib.sha256(canonical(item)).digest()


def over(hashes: Iterable[bytes]) -> bytes:
    """SHA-256 over hashes, in their order."""
    digest = hashlib.sha256()
    for each in hashes:
        digest.update(each)
    return digest.digest()


CHUNK = 4096
"""Leaves in one part of the tree whose root is kept: a power of two, so that the parts are subtrees of the whole."""


class WholeTree:
    """The root of a large tree out of the roots of its parts. `first` are the leaves of the first part without that of
    the terms, whose root changes with an amendment. `chunk_roots` are the roots of the complete parts after it. `last`
    are the leaves behind those.

    10,000 inputs are 4,095 in the first part beside the terms, one part of 4,096, and 1,809 leaves.
    """

    def __init__(
        self, terms_root: str, first: Sequence[bytes], chunk_roots: Sequence[bytes], last: Sequence[bytes]
    ) -> None:
        roots = [root_of(last[at : at + CHUNK]) for at in range(0, len(last), CHUNK)]
        self.inputs = len(first) + CHUNK * len(chunk_roots) + len(last)
        self.root = root_of([root_of([terms_leaf(terms_root), *first]), *chunk_roots, *roots])


class Tree:
    """A Merkle tree (RFC 9162) kept level by level, so that each of many proofs takes as many steps as it has
    hashes. A node without a sibling is carried up as it is, which gives the same root as the recursive rule."""

    def __init__(self, terms_root: str, leaves: Sequence[bytes]) -> None:
        self._levels = [[terms_leaf(terms_root), *leaves]]
        while len(self._levels[-1]) > 1:
            level = self._levels[-1]
            self._levels.append([root_of(level[at : at + 2]) for at in range(0, len(level), 2)])

    @property
    def root(self) -> bytes:
        """The tree's root hash."""
        return self._levels[-1][0]

    def proof(self, position: int) -> list[bytes]:
        """The hashes that lead from input `position` (from 1; 0 is the terms' leaf) to the root (RFC 9162, 2.1.3.1)."""
        hashes = []
        for level in self._levels[:-1]:
            sibling = position ^ 1
            if sibling < len(level):
                hashes.append(level[sibling])
            position >>= 1
        return hashes
