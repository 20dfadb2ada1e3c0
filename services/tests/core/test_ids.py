import pytest

from services.core.ids import OrganisationIdNotValid, check_organisation_id

VALID = [
    "0184:13585628",  # DK, CVR
    "0192:988077917",  # NO
    "0007:5560360793",  # SE
    "0212:20774740",  # FI
    "0196:4504013150",  # IS
    "0088:9521000000018",  # GLN of GS1's example range 952
]
REFUSED = {
    "a Danish person": "0237:2110625629",
    "a Swedish person": "0007:8803200016",
    "an Icelandic person": "0196:1201743399",
    "a wrong check digit": "0088:9521000000019",
    "too short": "0184:1358562",
    "an unknown scheme": "9999:12345678",
    "no scheme": "13585628",
    "a line end": "0184:13585628\n",
    "other digits": "0184:１３５８５６２８",
    "a formatted number": "0212:2077474-0",
}


@pytest.mark.parametrize("text", VALID)
def test_an_organisation_of_each_scheme_is_taken(text: str) -> None:
    assert check_organisation_id(text) == text


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_organisation_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(OrganisationIdNotValid) as refusal:
        check_organisation_id(text, "/id")
    (fault,) = refusal.value.errors
    assert fault.pointer == "/id"
    assert text not in fault.detail
