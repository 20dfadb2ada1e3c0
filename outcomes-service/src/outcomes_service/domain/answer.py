"""Domain: what became of one row of an upload."""

from typing import Literal, NamedTuple
from uuid import UUID

from services.core.errors import Refusal


class Answer(NamedTuple):
    """`created`, or `replayed` when just this stands already, with the id of what stands if it has one that may be
    told; or `refused`, and why."""

    kind: Literal["created", "replayed", "refused"]
    id: UUID | None = None
    error: Refusal | None = None

    def or_refusal(self) -> "Answer":
        """The answer to a row that was sent alone: a refusal is raised."""
        if self.error is not None:
            raise self.error
        return self


CREATED, REPLAYED = Answer("created"), Answer("replayed")


def refused(refusal: Refusal) -> Answer:
    """The answer to a row that is not kept."""
    return Answer("refused", error=refusal)
