"""Core: the two ways in which a party is turned away: as if there were nothing, or because of its role."""

from collections.abc import Collection

from services.core.errors import Forbidden, NotFound
from services.core.terms.parties import Party, Role


class RoleNotAllowed(Forbidden):
    """A party of the contract whose role may never do this."""

    code = "role-not-allowed"
    title = "Your role in this contract does not allow this"


def require_role(party: Party | None, allowed: Collection[Role]) -> Party:
    """The party, if its role is among `allowed`. Errors: `not-found` for who is no party (as for an unknown id),
    `role-not-allowed` for a party whose role is another."""
    if party is None:
        raise NotFound()
    if party.role not in allowed:
        raise RoleNotAllowed("This is for: " + ", ".join(sorted(allowed)) + ".")
    return party
