import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.strict_json import JsonNotReadable, loads, strings_in

REFUSED = {
    "a key twice": b'{"a": 1, "a": 2}',
    "a key twice, deep": b'{"a": [{"b": 1, "b": 1}]}',
    "NaN": b'{"a": NaN}',
    "Infinity": b"[-Infinity]",
    "an exponent": b'{"a": 1e5}',
    "a fraction": b'{"a": 1.0}',
    "sixteen digits": b'{"a": 1234567890123456}',
    "NUL, escaped": b'{"a": "x\\u0000"}',
    "NUL, bare": b'{"a": "x\x00"}',
    "NUL in a key": b'{"\\u0000": 1}',
    "half a surrogate pair": b'"\\ud800"',
    "bytes that are not UTF-8": b'"\xff"',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "nothing": b"",
    "half a document": b'{"a":',
    "two documents": b"{} {}",
    "too deep": b"[" * 33 + b"]" * 33,
    "far too deep": b"[" * 100_000,
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
def test_what_two_parsers_could_read_differently_is_refused(raw: bytes) -> None:
    with pytest.raises(JsonNotReadable):
        loads(raw)


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(JsonNotReadable) as refusal:
        loads(b'{"a": "canary-4711", "a": 1}')
    assert "canary" not in refusal.value.detail


def test_an_escaped_backslash_before_u0000_is_plain_text() -> None:
    assert loads(b'"\\\\u0000"') == "\\u0000"


def test_thirty_two_levels_are_read() -> None:
    assert loads(b"[" * 32 + b"]" * 32)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**14), 10**14)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    lambda child: (
        st.lists(child, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\0")), child, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON, st.booleans())
def test_everything_else_is_read_as_it_was_written(document: object, escaped: bool) -> None:
    assert loads(json.dumps(document, ensure_ascii=escaped)) == document


@given(JSON)
def test_strings_in_finds_every_text(document: object) -> None:
    def texts(node: object) -> list[str]:
        if isinstance(node, str):
            return [node]
        if isinstance(node, dict):
            return [text for key, child in node.items() for text in [key, *texts(child)]]
        return [text for child in node for text in texts(child)] if isinstance(node, list) else []

    assert sorted(strings_in(document)) == sorted(texts(document))
