"""Tests: the root of a large tree is the same whether its complete parts were kept or not."""

import hashlib

import pytest

from services.core.merkle import root_of
from settlement_service.domain.facts.hashes import CHUNK, InputTree, inputs_hash

ROOT = "ab" * 32


@pytest.mark.parametrize("count", [0, 1, CHUNK - 2, CHUNK - 1, CHUNK, 2 * CHUNK - 1, 2 * CHUNK, 3 * CHUNK + 17])
def test_kept_parts_give_the_root_over_all_leaves(count: int) -> None:
    leaves = [hashlib.sha256(str(number).encode()).digest() for number in range(count)]
    begun, more = leaves[: CHUNK - 1], leaves[CHUNK - 1 :]
    kept = [root_of(more[CHUNK * n : CHUNK * (n + 1)]) for n in range(len(more) // CHUNK)]
    fresh = InputTree(ROOT, begun, [], more)
    again = InputTree(ROOT, begun, kept, more[CHUNK * len(kept) :])
    assert (fresh.inputs, again.inputs) == (count, count)
    assert fresh.root.hex() == again.root.hex() == inputs_hash(ROOT, leaves)
