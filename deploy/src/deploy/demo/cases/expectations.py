"""Deploy: the expected result of a case: a payment, gates, a refusal or a split."""

from typing import Annotated, Literal, TypeAlias

from services.core.money import Money
from services.core.terms.nature import Nature
from services.core.terms.payment import CapKind
from services.core.values import BY_KIND, value

CutBy: TypeAlias = Literal[CapKind, "retention"]
Holds: TypeAlias = Literal["yes", "no", "not_yet_measured"]


@value
class Line:
    """One line of a statement. A field that is left out is not compared."""

    rule: str
    amount: Money
    price: Money | None = None
    people: int | None = None
    units: int | None = None


@value
class Cut:
    """The amount that all caps of a kind cut, or that was held back, over all lines."""

    cap: CutBy
    amount: Money


@value
class Share:
    """The amount that one payer pays, over all lines."""

    payer: str
    amount: Money


@value
class Payment:
    """The amount of one nature that one payee receives, over all lines."""

    payee: str
    nature: Nature
    amount: Money


@value
class Statement:
    """The statement of one settlement, which is the difference to what was settled before. A field that is left out is
    not compared. A list that is there is compared whole: lines in their order, all others in any order."""

    total: Money
    lines: tuple[Line, ...] | None = None
    cut: tuple[Cut, ...] | None = None
    shares: tuple[Share, ...] | None = None
    payees: tuple[Payment, ...] | None = None


@value
class ExpectedPayment:
    """One statement for each settlement of the case, in its order."""

    kind: Literal["payment"]
    statements: tuple[Statement, ...]


@value
class GateOutcome:
    """Whether the condition of a rule holds after the last settlement."""

    rule: str
    holds: Holds


@value
class ExpectedGate:
    """Whether each gate named holds; and the statements, if they are known."""

    kind: Literal["gate"]
    gates: tuple[GateOutcome, ...]
    statements: tuple[Statement, ...] | None = None


@value
class Fault:
    """One fault for which terms are refused: its code, and where it is in the body of POST /v1/contracts."""

    pointer: str
    code: str


@value
class ExpectedRefusal:
    """The contract cannot be drafted: the code of the problem, and exactly these faults in any order."""

    kind: Literal["refusal"]
    code: str
    errors: tuple[Fault, ...]


@value
class ExpectedSplit:
    """The total of all settlements, and each payer's share of it."""

    kind: Literal["split"]
    total: Money
    shares: tuple[Share, ...]


Expected: TypeAlias = Annotated[ExpectedPayment | ExpectedGate | ExpectedRefusal | ExpectedSplit, BY_KIND]
