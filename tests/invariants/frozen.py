"""Tests: whether what a settlement froze is what it hashed (invariant 5): a Merkle tree of the checker's own."""

import hashlib
from collections.abc import Iterator, Sequence

from .recompute import frozen_history
from .snapshot import Snapshot


def inputs_hold(snapshot: Snapshot, contract_id: str) -> Iterator[str]:
    """5: `inputsSha256` of each settlement is the root (RFC 9162) over the newest terms' root and its first
    inputs."""
    rows = [row for row in snapshot.rows("settlement", "input") if row["contract_id"] == contract_id]
    rows.sort(key=lambda row: row["position"])
    leaves = [_leaf(hashlib.sha256(row["salt"] + row["body"]).digest()) for row in rows]
    for row, leaf in zip(rows, leaves, strict=True):
        if row["leaf"] != leaf:
            yield f"5: input {row['position']} of {contract_id} is not what its leaf was made of"
    roots = {
        row["version"]: row["root"]
        for row in snapshot.rows("contracts", "terms_version")
        if row["contract_id"] == contract_id
    }
    for settlement in snapshot.rows("settlement", "settlement"):
        if settlement["contract_id"] != contract_id or settlement["inputs_sha256"] is None:
            continue
        newest = frozen_history(snapshot.of_contract(contract_id), settlement["id"]).newest
        terms = _leaf(bytes.fromhex(roots[newest.version]))
        if _root([terms, *leaves[: settlement["inputs"]]]).hex() != settlement["inputs_sha256"]:
            yield f"5: settlement {settlement['id']}: the inputs have another hash than it says"


def _leaf(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def _root(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, as it is written there."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + _root(leaves[:split]) + _root(leaves[split:])).digest()
