import hashlib

from hypothesis import given
from hypothesis import strategies as st

from services.core.merkle import inclusion_proof, leaf_hash, proves, root_of

# Test vectors of the reference implementation of Certificate Transparency (RFC 6962, whose tree RFC 9162 keeps).
ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_the_root_is_that_of_the_published_vectors() -> None:
    leaves = [leaf_hash(bytes.fromhex(entry)) for entry in ENTRIES]
    assert [root_of(leaves[:count]).hex() for count in range(1, 9)] == ROOTS


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert root_of([]) == hashlib.sha256(b"").digest()


@given(st.integers(1, 70), st.data())
def test_a_proof_proves_its_leaf_at_its_place_and_nothing_else(count: int, draw: st.DataObject) -> None:
    leaves = [leaf_hash(bytes([place])) for place in range(count)]
    place = draw.draw(st.integers(0, count - 1))
    proof, root = inclusion_proof(place, leaves), root_of(leaves)
    assert proves(leaves[place], place, count, proof, root)
    assert not proves(leaf_hash(b"another"), place, count, proof, root)
    assert not proves(leaves[place], place, count, [*proof, root], root)
    assert not proves(leaves[place], count, count, proof, root)
    if count > 1:
        assert not proves(leaves[place], (place + 1) % count, count, proof, root)
        assert not proves(leaves[place], place, count, proof[:-1], root)
