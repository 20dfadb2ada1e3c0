import hashlib

from hypothesis import given
from hypothesis import strategies as st

from services.core.canonical import canonical
from services.core.terms.signing import part_hash, root_document, root_of

AGREEMENT = {
    "parties": [{"organisationId": "0088:9521000000018", "role": "payer"}],
    "currency": "DKK",
    "timeZone": "Europe/Copenhagen",
    "servicePeriod": {"start": "2026-01-01", "end": "2028-01-01"},
    "outcomePeriod": {"start": "2026-01-01", "end": "2029-01-01"},
    "claimsCloseOn": "2029-07-01",
    "effectiveFrom": "2026-01-01",
}
HASHES = {"outcomes": "a" * 64, "payment": "b" * 64}


def test_a_part_is_hashed_behind_its_salt() -> None:
    assert part_hash(b"s" * 16, b"{}") == hashlib.sha256(b"ssssssssssssssss{}").hexdigest()


def test_the_root_can_be_computed_by_anyone_from_what_it_covers() -> None:
    document = root_document("c1", 2, AGREEMENT, HASHES)
    assert document["periods"] == {
        "service": {"start": "2026-01-01", "end": "2028-01-01"},
        "outcome": {"start": "2026-01-01", "end": "2029-01-01"},
        "claimsCloseOn": "2029-07-01",
    }
    assert root_of(document) == hashlib.sha256(canonical(document)).hexdigest()


@given(st.sampled_from(sorted(AGREEMENT)), st.text(min_size=1, max_size=5))
def test_whatever_changes_changes_the_root(name: str, other: str) -> None:
    before = root_of(root_document("c1", 1, AGREEMENT, HASHES))
    assert root_of(root_document("c1", 1, {**AGREEMENT, name: other}, HASHES)) != before
    assert root_of(root_document("c1", 2, AGREEMENT, HASHES)) != before
    assert root_of(root_document("c2", 1, AGREEMENT, HASHES)) != before
    assert root_of(root_document("c1", 1, AGREEMENT, {**HASHES, "payment": "c" * 64})) != before
