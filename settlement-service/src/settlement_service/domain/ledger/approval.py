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
    """The hash that the approver sent is not that of the settlement's content."""

    code = "content-differs"
    title = "This is not the content that you say you approve"


def check_approval(by: Person, prepared: Person, earlier: Sequence[Person], read_sha256: str, sha256: str) -> None:
    """Whether a person may approve. `read_sha256` is the hash that it sends of the content it has read, `sha256` that
    of what the payers are shown. Errors: `person-needed`, `approver-prepared`, `approved-already`,
    `content-differs`."""
    if by.actor != "person":
        raise PersonNeeded("Let a person of your organisation with the permission 'approve' do this.")
    if _same(by, prepared):
        raise ApproverPrepared("Let another person of your organisation with the permission 'approve' do this.")
    own = [approver for approver in earlier if approver.organisation == by.organisation]
    if any(_same(by, approver) for approver in earlier) or len(own) >= persons_needed(prepared):
        raise ApprovedAlready()
    if read_sha256 != sha256:
        raise ContentDiffers("Read the settlement again, check it, and send its contentSha256.")


def persons_needed(prepared: Person) -> int:
    """How many persons of each payer approve. It takes four eyes: who prepared the settlement is two of them, unless a
    system did."""
    return 1 if prepared.actor == "person" else 2


def is_approved(payers: Sequence[str], prepared: Person, approvals: Sequence[Person]) -> bool:
    """Whether enough persons of each payer have approved."""
    organisations = [approver.organisation for approver in approvals]
    return all(organisations.count(payer) >= persons_needed(prepared) for payer in payers)


def _same(first: Person, second: Person) -> bool:
    """By issuer and subject: a person that acts for two organisations is one pair of eyes."""
    return (first.issuer, first.subject) == (second.issuer, second.subject)
