import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.money import AmountNotValid, Money, format_minor, from_minor, places_of, to_minor

CURRENCIES = st.sampled_from(["DKK", "SEK", "NOK", "EUR", "ISK", "GBP", "USD", "BHD", "CLF"])


@given(st.integers(-(10**14), 10**14), CURRENCIES)
def test_an_amount_outside_and_inside_is_the_same(minor: int, currency: str) -> None:
    assert to_minor(from_minor(minor, currency)) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (84854000, "GBP", "848540.00"),
        (-5, "DKK", "-0.05"),
        (-7, "ISK", "-7"),
        (1, "BHD", "0.001"),
        (0, "EUR", "0.00"),
    ],
)
def test_an_amount_has_exactly_the_places_of_its_currency(minor: int, currency: str, text: str) -> None:
    assert format_minor(minor, currency) == text


@pytest.mark.parametrize(
    "amount",
    ["1", "1.0", "1.000", "01.00", "1e2", "NaN", "+1.00", "1,00", " 1.00", "1.00\n", "", "١.٠٠", "-", "1" * 17 + ".00"],
)
def test_another_spelling_of_an_amount_is_refused(amount: str) -> None:
    with pytest.raises(AmountNotValid) as refusal:
        to_minor(Money(amount=amount, currency="DKK"), "/price")
    assert refusal.value.errors[0].pointer == "/price/amount"


def test_a_currency_that_is_none_is_refused_and_gold_is_none() -> None:
    assert places_of("XAU") is None
    with pytest.raises(AmountNotValid):
        to_minor(Money(amount="1.00", currency="XAU"))
