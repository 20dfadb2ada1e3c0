"""Tests: what is drawn anew is masked, and nothing else is."""

import base64

from .masked import masked

ONE, OTHER = b"019a0000-1111-7222-8333-444444444444", b"019a0000-1111-4222-8333-555555555555"


def test_the_same_id_has_the_same_number_and_keeps_its_version() -> None:
    first, second = b"00000000-0000-7000-8000-000000000001", b"00000000-0000-4000-8000-000000000002"
    assert masked(b"%s %s %s" % (ONE, OTHER, ONE)) == b"%s %s %s" % (first, second, first)


def test_hashes_salts_and_keys_keep_their_length() -> None:
    hash_, salt, key = b"ab" * 32, b"cd" * 16, b"Kx_-" * 10 + b"abc"
    raw = b'{"sha256":"%s","salt":"%s","root":"%s","x":"%s"}' % (hash_, salt, hash_, key)
    assert masked(raw) == b'{"sha256":"%064d","salt":"%032d","root":"%064d","x":"%043d"}' % (1, 2, 1, 1)


def test_an_id_in_a_cursor_is_masked_and_another_cursor_stays() -> None:
    cursor = base64.urlsafe_b64encode(ONE).rstrip(b"=")
    raw = b'{"id":"%s","nextCursor":"%s"} <?cursor=%s> <?cursor=Mw>' % (ONE, cursor, cursor)
    id_ = b"00000000-0000-7000-8000-000000000001"
    there = base64.urlsafe_b64encode(id_).rstrip(b"=")
    assert masked(raw) == b'{"id":"%s","nextCursor":"%s"} <?cursor=%s> <?cursor=Mw>' % (id_, there, there)


def test_names_instants_and_text_stay() -> None:
    raw = 'etag: "3"\n\n{"achievedOn":"2026-05-04","recordedAt":"2026-06-01T12:00:00.123456Z","name":"Ærø"}'.encode()
    assert masked(raw) == raw
    assert masked(b"200\ndate: Sat, 28 Nov 2026 13:00:00 GMT\n\nx") == b"200\ndate: -\n\nx"
