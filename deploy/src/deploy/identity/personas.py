"""Deploy: the personas, made-up persons and systems, that the token issuer for development has tokens for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

MUNICIPALITY = "0088:9520000001018"
INVESTOR = "0088:9520000002022"
PROVIDER = "0088:9520000003036"
EVALUATOR = "0088:9520000004040"
OTHER_MUNICIPALITY = "0088:9520000005054"
OTHER_PAYERS = {
    2: "0088:9520000006068",
    3: "0088:9520000007072",
    4: "0088:9520000008086",
    5: "0088:9520000009090",
    6: "0088:9520000010102",
    7: "0088:9520000011116",
    8: "0088:9520000012120",
    9: "0088:9520000013134",
}
"""Payers that share a contract with the municipality, from the second one on."""
INVESTOR_2 = "0088:9520000014148"
INVESTOR_3 = "0088:9520000015152"
PROVIDER_2 = "0088:9520000016166"
EVALUATOR_2 = "0088:9520000017170"
GUARANTOR = "0088:9520000018184"
INTERMEDIARY = "0088:9520000019198"
"""Organisations by GLN; GS1 keeps numbers that begin with 952 for examples."""


@dataclass(frozen=True, slots=True)
class Persona:
    """A made-up person or system. `name` is the client id and the subject of its tokens."""

    name: str
    title: str
    organisation: str
    permissions: tuple[str, ...]
    actor: Literal["person", "system"] = "person"


def _preparer_and_approver(number: int, organisation: str) -> tuple[Persona, Persona]:
    """Two persons, so that one may prepare what the other approves."""
    return (
        Persona(
            f"payer-{number}-preparer",
            f"a case manager of payer {number} of a contract with several",
            organisation,
            ("read", "draft", "sign", "enrol", "report", "verify", "prepare", "confirm"),
        ),
        Persona(
            f"payer-{number}-approver",
            f"the head of finance of payer {number}",
            organisation,
            ("read", "sign", "approve", "confirm"),
        ),
    )


_ALL = (
    Persona(
        "municipality-preparer",
        "a municipality's case manager, who prepares settlements",
        MUNICIPALITY,
        ("read", "draft", "sign", "enrol", "report", "verify", "prepare", "confirm"),
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
    Persona("evaluator", "an evaluator, who decides disputes", EVALUATOR, ("read", "sign", "report", "verify")),
    *(persona for number, gln in OTHER_PAYERS.items() for persona in _preparer_and_approver(number, gln)),
    Persona("investor-2", "a second investor's portfolio manager", INVESTOR_2, ("read", "sign")),
    Persona("investor-3", "a third investor's portfolio manager", INVESTOR_3, ("read", "sign")),
    Persona("provider-2", "a second provider's coordinator", PROVIDER_2, ("read", "sign", "enrol", "report")),
    Persona("evaluator-2", "a second evaluator", EVALUATOR_2, ("read", "sign", "report", "verify")),
    Persona("guarantor", "a guarantor's director", GUARANTOR, ("read", "sign")),
    Persona("intermediary", "an intermediary's manager", INTERMEDIARY, ("read", "sign", "report", "verify")),
    # Every permission: what it does not get, it does not get because it is no party.
    Persona(
        "other-municipality",
        "another municipality, which is no party to the contracts of the first",
        OTHER_MUNICIPALITY,
        ("read", "draft", "sign", "enrol", "report", "verify", "prepare", "approve", "confirm"),
    ),
)
PERSONAS: Mapping[str, Persona] = {persona.name: persona for persona in _ALL}
