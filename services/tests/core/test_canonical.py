import unicodedata
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from services.core.canonical import canonical, normal

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
ASCII = st.text(st.characters(codec="ascii"), max_size=8)
LARGEST = (1 << 53) - 1
NUMBERS = st.integers(-LARGEST, LARGEST) | st.floats(allow_nan=False, allow_infinity=False)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | ASCII | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ASCII | TEXT, inner, max_size=4),
)


def test_keys_are_in_order_and_nulls_are_left_out() -> None:
    assert canonical({"b": [1, {"d": None, "c": "x"}], "a": True}) == b'{"a":true,"b":[1,{"c":"x"}]}'


@given(st.dictionaries(TEXT.map(lambda text: unicodedata.normalize("NFC", text)), TEXT, max_size=5))
def test_the_order_of_keys_does_not_matter(document: dict[str, str]) -> None:
    turned = dict(reversed(document.items()))
    assert canonical(document) == canonical(turned)


@given(TEXT)
def test_two_spellings_of_one_text_are_one(text: str) -> None:
    assert canonical(unicodedata.normalize("NFD", text)) == canonical(unicodedata.normalize("NFC", text))


@given(DOCUMENTS)
def test_what_is_written_the_quick_way_is_the_same(document: Any) -> None:
    assert canonical(document) == rfc8785.dumps(normal(document))


@pytest.mark.parametrize("document", [LARGEST + 1, float("nan"), {1: "a"}, {"a": object()}, ["\ud800"]])
def test_what_cannot_be_written_is_refused(document: Any) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical(document)
