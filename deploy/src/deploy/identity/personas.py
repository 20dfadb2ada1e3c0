"""Deploy: the made-up persons and systems that the token issuer for development speaks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

MUNICIPALITY = "0088:9520000001018"
INVESTOR = "0088:9520000002022"
PROVIDER = "0088:9520000003036"
EVALUATOR = "0088:9520000004040"
OTHER_MUNICIPALITY = "0088:9520000005054"
"""Organisations by GLN; GS1 keeps numbers that begin with 952 for examples."""


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody who asks: `name` is the client id and the subject of the tokens."""

    name: str
    title: str
    organisation: str
    permissions: tuple[str, ...]
    actor: Literal["person", "system"] = "person"


_ALL = (
    Persona(
        "municipality-preparer",
        "a municipality's case manager, who prepares settlements",
        MUNICIPALITY,
        ("read", "draft", "sign", "enrol", "verify", "prepare", "confirm"),
    ),
    Persona(
        "municipality-approver",
        "the same municipality's head of finance, who approves them",
        MUNICIPALITY,
        ("read", "sign", "approve", "confirm"),
    ),
    Persona(
        "municipality-system",
        "the same municipality's finance system",
        MUNICIPALITY,
        ("read", "enrol", "verify", "prepare", "confirm"),
        "system",
    ),
    Persona("investor", "an investor's portfolio manager", INVESTOR, ("read", "sign")),
    Persona("provider", "a provider's coordinator", PROVIDER, ("read", "sign", "enrol", "report")),
    Persona("evaluator", "an evaluator, who decides disputes", EVALUATOR, ("read", "sign", "verify")),
    # Every permission: what it does not get, it does not get because it is no party.
    Persona(
        "other-municipality",
        "another municipality, which is no party to the contracts of the first",
        OTHER_MUNICIPALITY,
        ("read", "draft", "sign", "enrol", "report", "verify", "prepare", "approve", "confirm"),
    ),
)
PERSONAS: Mapping[str, Persona] = {persona.name: persona for persona in _ALL}
