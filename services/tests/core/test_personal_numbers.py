import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.errors import FieldError
from services.core.personal_numbers import (
    PersonalNumberFound,
    find_personal_number,
    may_hold_personal_number,
    refuse_personal_numbers,
)

# Documentation and test numbers of the registers; none belongs to a living person.
FOUND = [
    ("211062-5629", "dk"),  # as the CPR office writes it in its description of modulus 11
    ("2110625629", "dk"),
    ("0101901234", "dk"),  # without modulus 11, born on 1 January
    ("8110625627", "dk"),  # replacement number: day + 60
    ("8803200016", "se"),
    ("880320+0016", "se"),
    ("198803200016", "se"),
    ("19880320-0016", "se"),
    ("15108695088", "no"),
    ("151086 95088", "no"),
    ("131052-308T", "fi"),
    ("131052A308T", "fi"),
    ("131052-308t", "fi"),
    ("120174-3399", "is"),
    ("1201743399", "is"),
    ("case 211062-5629 of today", "dk"),
    ("apollo_2110625629_m01", "dk"),
    ("id:2110625629/3", "dk"),
    ("211062\u20135629", "dk"),  # an en dash
    ("２１１０６２５６２９", "dk"),  # full-width digits
    ("010190.1234", "dk"),
    ("01.01.90-1234", "dk"),
    ("01.01.90.1234", "dk"),
    ("01.01.901234", "dk"),
    ("born 21.10.62-5629, moved", "dk"),
    ("case_211062.5629.", "dk"),
    ("880320.0016", "se"),
    ("19880320.0016", "se"),
    ("88.03.20-0016", "se"),
    ("15.10.86.95088", "no"),
    ("151086.95088", "no"),
    ("12.01.74-3399", "is"),
]
NOT_FOUND = [
    "a2110625629",  # no token: letters go on
    "52110625629",
    "3110625629",  # no such day
    "2110625628",  # modulus 11 does not hold
    "450401-3150",  # an Icelandic organisation
    "556036-0793",  # a Swedish organisation
    "9521000000018",  # a GLN
    "2019-03-01",
    "apollo-m01-p001",
    "848540.00",
    "21.10.62-5628",  # modulus 11 does not hold
    "32.10.62-5629",  # no such day
    "01.01.1990",
    "1.1.1990",
    "01.01.90",
    "1990.01.01-1234",
    "01.01.2024-31.12.2024",
    "01.01.24 1230",  # a day, and a time of it
    "01.01.24 12:30",
    "10.10.20.123",  # an address of IPv4
    "1.234.567.8900",
    "12.345.678,90",
    "010190.12",
    "010190.12345678",
    "1010190.1234",
    "",
]


@pytest.mark.parametrize(("text", "country"), FOUND)
def test_a_personal_number_is_found_formatted_or_bare(text: str, country: str) -> None:
    assert find_personal_number(text) == country


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_is_no_personal_number_passes(text: str) -> None:
    assert find_personal_number(text) is None


def test_a_document_is_refused_with_the_pointer_and_never_the_value() -> None:
    with pytest.raises(PersonalNumberFound) as refusal:
        refuse_personal_numbers({"rows": [{"note/x": "person 211062-5629"}]})
    (fault,) = refusal.value.errors
    assert fault == FieldError("/rows/0/note~1x", "personal-number", fault.detail)
    assert "211062" not in fault.detail + refusal.value.detail


def test_a_key_that_is_a_personal_number_is_refused() -> None:
    with pytest.raises(PersonalNumberFound):
        refuse_personal_numbers({"211062-5629": 1})


@pytest.mark.parametrize(
    "typed",
    [
        "19880320-0016-4000-8000-000000000000"[:36],
        "0007:5560360793",
        "2110625629.00",
        "0" * 54 + "2110625629",
        "2026-11-24T03:00:00Z",
        "211062.5629",  # a quantity
        "-211062.5629",
        "151086.95088",
    ],
)
def test_a_typed_value_is_left_to_its_own_grammar(typed: str) -> None:
    refuse_personal_numbers({"value": typed})


@pytest.mark.parametrize("text", ["010190.1234", "0101901234.00", "211062.5629 ", "01.01.90-1234"])
def test_what_no_quantity_looks_like_is_refused(text: str) -> None:
    with pytest.raises(PersonalNumberFound):
        refuse_personal_numbers({"value": text})


@given(st.dates(), st.sampled_from(["%d.%m.%Y", "%d.%m.%y", "%Y.%m.%d", "%d.%m.%Y %H:%M", "%d.%m.%y %H%M"]))
def test_a_date_with_dots_is_no_personal_number(day: date, form: str) -> None:
    assert find_personal_number(day.strftime(form)) is None


@given(st.integers(0, 10**9), st.integers(0, 4))
def test_an_amount_is_no_personal_number(minor: int, places: int) -> None:
    whole, rest = divmod(minor, 10**places)
    refuse_personal_numbers({"value": f"{whole}.{rest:0{places}}" if places else f"{whole}.0"})


def test_a_danish_person_is_no_organisation() -> None:
    with pytest.raises(PersonalNumberFound):
        refuse_personal_numbers({"id": "0237:2110625629"})


@pytest.mark.parametrize("text", [text for text, _ in FOUND])
@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_raw_json_that_holds_one_is_never_passed_over(text: str, ensure_ascii: bool) -> None:
    assert may_hold_personal_number(json.dumps({"key": text}, ensure_ascii=ensure_ascii).encode())
    assert may_hold_personal_number(json.dumps({text: ["x"]}, ensure_ascii=ensure_ascii).encode())
    assert may_hold_personal_number(text.encode())


@pytest.mark.parametrize("text", NOT_FOUND)
def test_raw_json_that_plainly_holds_none_needs_no_second_look(text: str) -> None:
    assert not may_hold_personal_number(json.dumps({"key": text}).encode())


@given(
    st.lists(
        st.one_of(st.sampled_from([text for text, _ in FOUND]), st.text(alphabet='0123456789-+ :.a_"\\/', max_size=14)),
        max_size=4,
    )
)
def test_what_the_cheap_look_passes_the_thorough_one_passes(texts: list[str]) -> None:
    if not may_hold_personal_number(json.dumps(texts).encode()):
        refuse_personal_numbers(texts)
