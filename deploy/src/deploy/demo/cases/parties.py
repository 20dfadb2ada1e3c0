"""Deploy: the parties that a case may name, each by its part, such as `payer` or `investor-2`."""

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.identity.personas import OTHER_PAYERS, PERSONAS


@dataclass(frozen=True, slots=True)
class Party:
    """A made-up organisation: its name and the persona who acts for it. A payer also has an approver, a second
    persona."""

    title: str
    persona: str
    approver: str | None = None

    @property
    def organisation(self) -> str:
        """The organisation's id."""
        return PERSONAS[self.persona].organisation


PARTIES: Mapping[str, Party] = {
    "payer": Party("Example Municipality", "municipality-preparer", "municipality-approver"),
    **{
        f"payer-{number}": Party(f"Example Payer {number}", f"payer-{number}-preparer", f"payer-{number}-approver")
        for number in OTHER_PAYERS
    },
    "investor": Party("Example Social Investment Fund", "investor"),
    "investor-2": Party("Example Foundation", "investor-2"),
    "investor-3": Party("Example Pension Fund", "investor-3"),
    "provider": Party("Example Youth Services", "provider"),
    "provider-2": Party("Example Family Services", "provider-2"),
    "evaluator": Party("Example Evaluation Institute", "evaluator"),
    "evaluator-2": Party("Example University", "evaluator-2"),
    "guarantor": Party("Example Guarantee Fund", "guarantor"),
    "intermediary": Party("Example Outcomes Partnership", "intermediary"),
}
ORGANISATIONS: Mapping[str, str] = {part: party.organisation for part, party in PARTIES.items()}
"""The organisation id of each part."""


def role_of(part: str) -> str:
    """The role of a part: `payer-2` is a payer."""
    return part.partition("-")[0]


def approver_of(part: str) -> str:
    """The name of a payer's second person in a run: who prepares a settlement never approves it."""
    return part.replace("payer", "approver")
