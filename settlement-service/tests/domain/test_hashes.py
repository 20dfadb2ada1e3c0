"""Tests: the tree over a settlement's inputs is that of RFC 9162, and so are its proofs."""

import pytest

from services.core.merkle import inclusion_proof, leaf_hash, proves, root_of, salted
from settlement_service.domain.facts.hashes import Tree, input_leaf, inputs_hash, terms_leaf

ROOT = "cd" * 32


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 64, 100])
def test_the_tree_kept_by_levels_is_the_recursive_one(count: int) -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(count)]
    tree, all_leaves = Tree(ROOT, leaves), [terms_leaf(ROOT), *leaves]
    assert tree.root == root_of(all_leaves)
    assert inputs_hash(ROOT, leaves) == tree.root.hex()
    for place, leaf in enumerate(all_leaves):
        proof = tree.proof(place)
        assert proof == inclusion_proof(place, all_leaves)
        assert proves(leaf, place, len(all_leaves), proof, tree.root)
        assert not proves(leaf_hash(b"another"), place, len(all_leaves), proof, tree.root)


def test_a_leaf_tells_nothing_without_its_salt() -> None:
    body = b'{"claim":"holds"}'
    assert input_leaf(b"s" * 16, body) == leaf_hash(salted(b"s" * 16, body))
    assert input_leaf(b"s" * 16, body) != input_leaf(b"t" * 16, body)
