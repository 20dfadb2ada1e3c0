"""Door: refuses addresses with a personal number, because addresses are logged, kept and forwarded by others."""

import re
from urllib.parse import parse_qsl

from gateway.policy import GRAMMAR
from services.core.errors import EnzymError, Malformed
from services.core.ids import ORGANISATION_ID_PATTERN, check_organisation_id
from services.core.personal_numbers import find_personal_number


class PersonalNumberInUrl(Malformed):
    """A personal number in the path or the query. It is not repeated or logged."""

    code = "personal-number-in-url"
    title = "An address must not contain a personal number; nothing of it was kept"


_SHORT_OR_WORD = re.compile(r"[0-9]{1,9}|[A-Za-z_]*", re.ASCII)


def refuse_personal_numbers(path: str, query: bytes) -> None:
    """Looks through each segment of a decoded path, and through each name and value of a query.
    Errors: `personal-number-in-url`."""
    texts = path.split("/")
    if query:
        texts += query_texts(query)
    if any(_has_personal_number(text) for text in texts):
        raise PersonalNumberInUrl("Send what identifies a person in the body, as a key made outside Enzym.")


def query_texts(query: bytes) -> list[str]:
    """Names and values of a query, decoded as the services decode them."""
    text = query.decode("latin-1")
    if "%" not in text and "+" not in text:
        return re.split("[&=]", text)
    return [part for pair in parse_qsl(text, keep_blank_values=True) for part in pair]


def _has_personal_number(text: str) -> bool:
    if _SHORT_OR_WORD.fullmatch(text) or GRAMMAR["id"].fullmatch(text) or _is_organisation(text):
        return False
    return find_personal_number(text) is not None


def _is_organisation(text: str) -> bool:
    if re.fullmatch(ORGANISATION_ID_PATTERN, text, re.ASCII) is None:
        return False
    try:
        check_organisation_id(text)
    except EnzymError:
        return False
    return True
