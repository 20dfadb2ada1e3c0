import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from services.core.canonical import canonical

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)


def test_keys_are_in_order_and_nulls_are_left_out() -> None:
    assert canonical({"b": [1, {"d": None, "c": "x"}], "a": True}) == b'{"a":true,"b":[1,{"c":"x"}]}'


@given(st.dictionaries(TEXT.map(lambda text: unicodedata.normalize("NFC", text)), TEXT, max_size=5))
def test_the_order_of_keys_does_not_matter(document: dict[str, str]) -> None:
    turned = dict(reversed(document.items()))
    assert canonical(document) == canonical(turned)


@given(TEXT)
def test_two_spellings_of_one_text_are_one(text: str) -> None:
    assert canonical(unicodedata.normalize("NFD", text)) == canonical(unicodedata.normalize("NFC", text))
