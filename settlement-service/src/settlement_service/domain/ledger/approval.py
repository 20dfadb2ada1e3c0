"""Domain: who may approve a settlement, and when it is approved: four eyes, and never a machine's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.core.errors import Conflict, Forbidden
from settlement_service.domain.ledger.lifecycle import Person


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's approval, for its organisation."""

    by: Person
    approved_at: datetime


class PersonNeeded(Forbidden):
    """A system asked to approve."""

    code = "person-needed"
    title = "Only a person approves a settlement"


class ApproverPrepared(Forbidden):
    """Who prepared a settlement asked to approve it."""

    code = "approver-prepared"
    title = "Another person than the one who prepared a settlement approves it"


class ApprovedAlready(Conflict):
    """The person, or its organisation, has approved already."""

    code = "approved-already"
    title = "You or your organisation have approved this already"


class ContentDiffers(Conflict):
    """What the approver says it saw is not what the settlement says."""

    code = "content-differs"
    title = "This is not the content that you say you approve"


def check_approval(by: Person, prepared: Person, earlier: Sequence[Person], said: str, content: str) -> None:
    """Errors: `person-needed`, `approver-prepared`, `approved-already`, and `content-differs` unless `said` is the
    hash of what the payers are shown."""
    if by.actor != "person":
        raise PersonNeeded("Let a person of your organisation with the permission 'approve' do this.")
    if _same(by, prepared):
        raise ApproverPrepared("Let another person of your organisation with the permission 'approve' do this.")
    own = [one for one in earlier if one.organisation == by.organisation]
    if any(_same(by, one) for one in earlier) or len(own) >= persons_needed(prepared):
        raise ApprovedAlready()
    if said != content:
        raise ContentDiffers("Read the settlement again, check it, and send its contentSha256.")


def persons_needed(prepared: Person) -> int:
    """How many persons of each payer approve: with the one who prepared it, two have looked at it."""
    return 1 if prepared.actor == "person" else 2


def is_approved(payers: Sequence[str], prepared: Person, approvals: Sequence[Person]) -> bool:
    """Whether enough persons of each payer have approved."""
    given = [one.organisation for one in approvals]
    return all(given.count(payer) >= persons_needed(prepared) for payer in payers)


def _same(one: Person, other: Person) -> bool:
    return (one.issuer, one.subject) == (other.issuer, other.subject)
