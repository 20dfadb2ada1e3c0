"""Domain: what senders call things by: their own ids of claims, keys of participants, references to evidence."""

import re
from uuid import UUID

from services.core.errors import FieldError, Invalid
from services.core.personal_numbers import find_personal_number

_EXTERNAL_ID = re.compile(r"[A-Za-z0-9._:/-]{1,64}", re.ASCII)
_ONLY_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_LIKE_A_QUANTITY = re.compile(r"[0-9]+\.[0-9]+", re.ASCII)
"""Elsewhere a quantity is left to its own grammar; an id is none, and may be a personal number with a dot in it."""
_LIKE_A_NUMBER_OF_A_PERSON = re.compile(r"(?<![A-Za-z0-9])[0-9]{10,12}(?![A-Za-z0-9])", re.ASCII)
_PARTICIPANT_KEY = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_-]{16,128}", re.ASCII)


class ExternalIdNotValid(Invalid):
    """Not in the form of an external id."""

    code = "external-id-not-valid"
    title = "This cannot be the id of a claim"


class ParticipantKeyNotValid(Invalid):
    """Not in the form of a participant key."""

    code = "participant-key-not-valid"
    title = "This cannot be the key of a participant"


def is_external_id(text: str) -> bool:
    """1 to 64 letters, digits and `. _ : / -`, of which one is not a digit, and no part between other characters is
    ten to twelve digits alone: so long are personal numbers."""
    return bool(
        _EXTERNAL_ID.fullmatch(text)
        and not _ONLY_DIGITS.fullmatch(text)
        and not _LIKE_A_NUMBER_OF_A_PERSON.search(text)
        and not (_LIKE_A_QUANTITY.fullmatch(text) and find_personal_number(text))
    )


def as_claim_id(sent: object) -> UUID | None:
    """The id of a claim that was sent as text; None for anything else."""
    if not isinstance(sent, str):
        return None
    try:
        return UUID(sent)
    except ValueError:
        return None


def check_external_id(text: str) -> str:
    """The same text. Errors: `external-id-not-valid`."""
    if not is_external_id(text):
        allowed = (
            "1 to 64 of A-Z a-z 0-9 . _ : / -, at least one of them no digit, and no part of only ten to twelve digits."
        )
        raise ExternalIdNotValid(errors=[FieldError("/externalId", ExternalIdNotValid.code, allowed)])
    return text


def check_participant_key(text: str) -> str:
    """The same text: opaque, made outside Enzym. Errors: `participant-key-not-valid`."""
    if not _PARTICIPANT_KEY.fullmatch(text):
        allowed = "16 to 128 of A-Z a-z 0-9 _ -, at least one of them a letter."
        raise ParticipantKeyNotValid(errors=[FieldError("/participantKey", ParticipantKeyNotValid.code, allowed)])
    return text
