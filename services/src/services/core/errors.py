"""Core: the one family of errors; doors translate it, nobody else.

    EnzymError
    ├── Refusal               the answer is no, and the reason is part of the answer
    │   ├── Malformed         the request cannot be read at all
    │   ├── Unauthenticated   nobody, or nobody we know, is asking
    │   ├── Forbidden         known, and never allowed to do this
    │   ├── NotFound          not there, or not for this party (the two look alike)
    │   ├── Conflict          clashes with what stands already
    │   ├── StaleVersion      the caller decided on an older version
    │   ├── VersionRequired   the caller did not say which version it decided on
    │   ├── TooLarge          more than the limit, which the message names
    │   ├── NotAcceptable     no format that the caller accepts
    │   ├── UnsupportedMedia  a format that this door does not read
    │   └── Invalid           readable, and not allowed; names the fields
    ├── Unavailable           not now; the same request may be sent again
    └── Broken                what we were given by our own kind cannot be right: park it

A concrete error stands beside the function that raises it, sets `code` (kebab-case, stable for ever)
and says in its message what would have been allowed. It never repeats what was sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault in the input. `pointer` is a JSON pointer (RFC 6901) into the body, or `?name` of a query
    parameter, or the name of a header; `detail` says what would have been allowed."""

    pointer: str
    code: str
    detail: str


class EnzymError(Exception):
    """A fault that nobody foresaw: our log tells of it under the answer's `correlationId`. Root of the family."""

    code: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Something went wrong on our side"
    retry_after_seconds: int | None = None

    def __init__(self, detail: str = "", errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = tuple(errors)


class Refusal(EnzymError):
    """A decision, not a failure."""

    code = "refused"
    title = "Refused"


class Malformed(Refusal):
    """The request cannot be read."""

    code = "malformed"
    title = "The request cannot be read"


class Unauthenticated(Refusal):
    """No token, or one that does not hold."""

    code = "unauthenticated"
    title = "A valid access token is needed"


class Forbidden(Refusal):
    """Known, and not allowed."""

    code = "forbidden"
    title = "Not allowed"


class NotFound(Refusal):
    """Not there, or not for this party: never said which."""

    code = "not-found"
    title = "There is no such thing, or it is not yours to see"

    def __init__(self) -> None:
        super().__init__()


class Conflict(Refusal):
    """Clashes with what stands already."""

    code = "conflict"
    title = "This clashes with what stands already"


class StaleVersion(Refusal):
    """Decided on an older version."""

    code = "version-stale"
    title = "This has changed since you read it"


class VersionRequired(Refusal):
    """The version that the caller read is missing."""

    code = "version-required"
    title = "Say which version you read"


class TooLarge(Refusal):
    """Over a limit."""

    code = "too-large"
    title = "The body is larger than the limit"


class NotAcceptable(Refusal):
    """No format that the caller accepts."""

    code = "not-acceptable"
    title = "Not available in a format that you accept"


class UnsupportedMedia(Refusal):
    """A format that this door does not read."""

    code = "unsupported-media-type"
    title = "The body is in a format that is not read here"


class Invalid(Refusal):
    """Readable, and not allowed."""

    code = "invalid"
    title = "Some fields are not as they should be"


class Unavailable(EnzymError):
    """Not now. The same request may be sent again after `retry_after_seconds`."""

    code = "unavailable"
    title = "Not available at this moment"

    def __init__(self, detail: str = "", retry_after_seconds: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class Broken(EnzymError):
    """What one of our own services said cannot be right."""

    code = "broken"
    title = "An event or an answer of another service is not as agreed"
