"""Core: organisation ids, `<ISO 6523 ICD>:<number>`, each checked by the rules of its register."""

import re
from collections.abc import Callable

from stdnum import ean
from stdnum.dk import cvr
from stdnum.fi import ytunnus
from stdnum.is_ import kennitala
from stdnum.no import orgnr as no_orgnr
from stdnum.se import orgnr as se_orgnr

from services.core.errors import FieldError, Invalid

ORGANISATION_ID_PATTERN = r"^[0-9]{4}:[0-9A-Z]{1,20}$"

SCHEMES = {
    "0184": "Danish CVR number, 8 digits",
    "0192": "Norwegian organisation number, 9 digits",
    "0007": "Swedish organisation number, 10 digits, the third 2 or more",
    "0212": "Finnish business id, 8 digits without the dash",
    "0196": "Icelandic kennitala of an organisation, 10 digits, the first 4 or more",
    "0088": "GLN, 13 digits",
}


class OrganisationIdNotValid(Invalid):
    """Not an id of an organisation in any scheme that is taken here."""

    code = "organisation-id-not-valid"
    title = "This is not the id of an organisation"


def check_organisation_id(text: str, pointer: str = "") -> str:
    """Returns `text` if it is a valid organisation id of one of SCHEMES. Errors: `organisation-id-not-valid`;
    `0237:` (a Danish person) and persons' numbers under 0007 and 0196 are refused like any other."""
    fault = _fault(text)
    if fault:
        raise OrganisationIdNotValid(errors=[FieldError(pointer, OrganisationIdNotValid.code, fault)])
    return text


def _fault(text: str) -> str | None:
    if not re.match(ORGANISATION_ID_PATTERN, text, re.ASCII):
        return "Send '<ISO 6523 ICD>:<number>', such as '0184:12345674'."
    scheme, number = text.split(":")
    if scheme not in SCHEMES:
        return "The scheme is one of " + ", ".join(f"{icd} ({what})" for icd, what in SCHEMES.items()) + "."
    if not _CHECKS[scheme](number):
        return f"Under {scheme} stands a {SCHEMES[scheme]}, with its check digit."
    return None


def _valid(check: Callable[[str], bool], length: int) -> Callable[[str], bool]:
    return lambda number: len(number) == length and number.isdigit() and check(number)


_CHECKS: dict[str, Callable[[str], bool]] = {
    "0184": _valid(cvr.is_valid, 8),
    "0192": _valid(no_orgnr.is_valid, 9),
    "0007": _valid(lambda number: number[2] >= "2" and se_orgnr.is_valid(number), 10),
    "0212": _valid(ytunnus.is_valid, 8),
    "0196": _valid(lambda number: number[0] >= "4" and kennitala.is_valid(number), 10),
    "0088": _valid(ean.is_valid, 13),
}
