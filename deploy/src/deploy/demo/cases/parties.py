"""Deploy: the parts of a case, such as `payer` and `investor-2`, and the made-up organisation that plays each."""

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.identity.personas import OTHER_PAYERS, PERSONAS


@dataclass(frozen=True, slots=True)
class Part:
    """Who plays a part: the organisation and its name, the persona who acts for it, and for a payer the other persona,
    who approves."""

    title: str
    persona: str
    approver: str | None = None

    @property
    def organisation(self) -> str:
        """The organisation's id."""
        return PERSONAS[self.persona].organisation


PARTS: Mapping[str, Part] = {
    "payer": Part("Example Municipality", "municipality-preparer", "municipality-approver"),
    **{
        f"payer-{number}": Part(f"Example Payer {number}", f"payer-{number}-preparer", f"payer-{number}-approver")
        for number in OTHER_PAYERS
    },
    "investor": Part("Example Social Investment Fund", "investor"),
    "investor-2": Part("Example Foundation", "investor-2"),
    "investor-3": Part("Example Pension Fund", "investor-3"),
    "provider": Part("Example Youth Services", "provider"),
    "provider-2": Part("Example Family Services", "provider-2"),
    "evaluator": Part("Example Evaluation Institute", "evaluator"),
    "evaluator-2": Part("Example University", "evaluator-2"),
    "guarantor": Part("Example Guarantee Fund", "guarantor"),
    "intermediary": Part("Example Outcomes Partnership", "intermediary"),
}
ORGANISATIONS: Mapping[str, str] = {name: part.organisation for name, part in PARTS.items()}
"""The organisation id of each part."""


def role_of(part: str) -> str:
    """The role of a part: `payer-2` is a payer."""
    return part.partition("-")[0]


def approver_of(part: str) -> str:
    """What a payer's second person is called on the stage: who prepares a settlement never approves it."""
    return part.replace("payer", "approver")
