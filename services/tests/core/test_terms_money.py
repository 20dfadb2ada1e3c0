from typing import Any

import pytest

from ..builders import GONE, INVESTOR, PAYER, PAYER_2, PROVIDER, STRANGER, changed, money
from .deciding import Row, faults_of, table

CAPS, SPLIT = "/payment/caps", "/payment/split"
CONTRACT, PERSON, RULE, PERIOD, BY_PAYER = (f"{CAPS}/{place}" for place in range(5))


def shares(*weights: tuple[str, int]) -> dict[str, Any]:
    """A split by weights."""
    return {"kind": "shares", "weights": [{"payer": payer, "weight": weight} for payer, weight in weights]}


def maxima(*amounts: tuple[str, str]) -> dict[str, Any]:
    """A split by maxima in order."""
    listed = [{"payer": payer, "amount": money(amount)} for payer, amount in amounts]
    return {"kind": "maxima_in_order", "maxima": listed}


ENOUGH = maxima((PAYER, "400000.00"), (PAYER_2, "100000.00"))
BELOW = maxima((PAYER, "400000.00"), (PAYER_2, "99999.99"))
ALONE = {"/parties/1/role": "evaluator", CAPS: []}
OF_CAPS: list[Row] = [
    ({f"{CONTRACT}/amount/amount": "0.00"}, f"{CONTRACT}/amount/amount", "amount-too-low"),
    ({f"{CONTRACT}/amount/amount": "-1.00"}, f"{CONTRACT}/amount/amount", "amount-too-low"),
    ({f"{CONTRACT}/amount/amount": "5e9"}, f"{CONTRACT}/amount/amount", "amount-not-valid"),
    ({f"{CONTRACT}/amount/currency": "SEK"}, f"{CONTRACT}/amount/currency", "currency-differs"),
    ({f"{CAPS}/-": {"kind": "contract", "amount": money("1.00")}}, f"{CAPS}/5", "cap-twice"),
    ({f"{CAPS}/-": {"kind": "person", "amount": money("1.00")}}, f"{CAPS}/5", "cap-twice"),
    ({f"{CAPS}/-": {"kind": "rule", "rule": "placed", "amount": money("1.00")}}, f"{CAPS}/5", "cap-twice"),
    ({f"{RULE}/rule": "unknown"}, f"{RULE}/rule", "rule-unknown"),
    ({f"{RULE}/rule": GONE}, f"{RULE}/rule", "rule-unknown"),
    ({f"{PERSON}/rule": "placed"}, f"{PERSON}/rule", "rule-not-expected"),
    ({f"{BY_PAYER}/payer": STRANGER}, f"{BY_PAYER}/payer", "payer-unknown"),
    ({f"{BY_PAYER}/payer": INVESTOR}, f"{BY_PAYER}/payer", "payer-unknown"),
    ({f"{BY_PAYER}/payer": GONE}, f"{BY_PAYER}/payer", "payer-unknown"),
    ({f"{CONTRACT}/payer": PAYER}, f"{CONTRACT}/payer", "payer-not-expected"),
    ({f"{BY_PAYER}/overflow": GONE}, f"{BY_PAYER}/overflow", "overflow-missing"),
    ({f"{PERIOD}/overflow": "lost"}, f"{PERIOD}/overflow", "overflow-not-expected"),
    ({f"{BY_PAYER}/payer": PAYER_2}, f"{BY_PAYER}/overflow", "next-payer-missing"),
    ({f"{BY_PAYER}/headroom": "by_date"}, f"{BY_PAYER}/headroom", "headroom-not-expected"),
    (
        {f"{PERIOD}/periodBasis": "settled", f"{PERIOD}/headroom": "by_date"},
        f"{PERIOD}/headroom",
        "headroom-not-expected",
    ),
    ({f"{PERIOD}/every": GONE}, f"{PERIOD}/every", "every-missing"),
    ({f"{CONTRACT}/every": "year"}, f"{CONTRACT}/every", "every-not-expected"),
    ({f"{PERIOD}/periodBasis": GONE}, f"{PERIOD}/periodBasis", "period-basis-missing"),
    ({f"{PERSON}/periodBasis": "achieved"}, f"{PERSON}/periodBasis", "period-basis-not-expected"),
]
OF_SPLITS: list[Row] = [
    ({SPLIT: shares()}, f"{SPLIT}/weights", "payers-missing"),
    ({SPLIT: shares((PAYER, 1), (PAYER, 2))}, f"{SPLIT}/weights/1/payer", "stands-twice"),
    ({SPLIT: shares((PAYER, 1), (PROVIDER, 2))}, f"{SPLIT}/weights/1/payer", "payer-unknown"),
    ({SPLIT: shares((PAYER, 1), (STRANGER, 2))}, f"{SPLIT}/weights/1/payer", "payer-unknown"),
    ({SPLIT: shares((PAYER, 0), (PAYER_2, 0))}, f"{SPLIT}/weights", "weights-all-zero"),
    ({SPLIT: shares((PAYER, -1), (PAYER_2, 1))}, f"{SPLIT}/weights/0/weight", "number-out-of-range"),
    ({SPLIT: shares((PAYER, 10**14), (PAYER_2, 1))}, f"{SPLIT}/weights/0/weight", "number-out-of-range"),
    ({SPLIT: shares((PAYER_2, 1))}, f"{SPLIT}/weights", "payer-left-out"),
    ({SPLIT: maxima((PAYER_2, "600000.00"))}, f"{SPLIT}/maxima", "payer-left-out"),
    ({SPLIT: maxima((PAYER, "0.00"), (PAYER_2, "0.00")), CAPS: []}, f"{SPLIT}/maxima", "maxima-all-zero"),
    ({"/payment/rules/4/split": shares((PAYER, 0))}, "/payment/rules/4/split/weights", "weights-all-zero"),
    ({SPLIT: maxima(), f"{CONTRACT}/amount/amount": "1.00"}, f"{SPLIT}/maxima", "payers-missing"),
    ({SPLIT: maxima((PAYER, "300000.00"), (PAYER, "300000.00"))}, f"{SPLIT}/maxima/1/payer", "stands-twice"),
    ({SPLIT: maxima((PAYER, "600000.00"), (PAYER_2, "-0.01"))}, f"{SPLIT}/maxima/1/amount/amount", "amount-too-low"),
    ({SPLIT: BELOW}, f"{SPLIT}/maxima", "maxima-below-cap"),
    ({"/payment/rules/0/split": maxima((PAYER_2, "8999.99"))}, "/payment/rules/0/split/maxima", "maxima-below-cap"),
    ({"/payment/rules/4/split": shares((STRANGER, 1))}, "/payment/rules/4/split/weights/0/payer", "payer-unknown"),
]


@table([*OF_CAPS, *OF_SPLITS])
def test_caps_and_splits_that_do_not_add_up_are_refused_at_their_field(
    changes: dict[str, Any], pointer: str, code: str
) -> None:
    assert faults_of(changed(changes)) == [(pointer, code)]


@pytest.mark.parametrize(
    "changes",
    [
        {SPLIT: ENOUGH},
        {SPLIT: BELOW, CONTRACT: {"kind": "contract", "amount": money("499999.99")}},
        {SPLIT: maxima((PAYER, "2000000.00"), (PAYER_2, "800000.00"))},
        {SPLIT: BELOW, "/payment/rules/0/split": shares((PAYER, 1))},
        {SPLIT: maxima((PAYER, "1.00"), (PAYER_2, "0.00")), CAPS: []},
        {"/payment/rules/4/split": maxima((PAYER, "1.00"))},
        {SPLIT: shares((PAYER, 0), (PAYER_2, 1))},
        {"/payment/rules/4/split": shares((PAYER_2, 1))},
        {f"{BY_PAYER}/payer": PAYER_2, f"{BY_PAYER}/overflow": "lost"},
        {f"{CAPS}/-": {"kind": "payer", "payer": PAYER_2, "overflow": "lost", "amount": money("1.00")}},
        {f"{CAPS}/-": {"kind": "rule", "rule": "fee", "amount": money("1.00"), "headroom": "by_date"}},
        {**ALONE, SPLIT: GONE},
        {**ALONE, SPLIT: shares((PAYER, 3))},
    ],
)
def test_caps_and_splits_that_add_up_pass(changes: dict[str, Any]) -> None:
    assert faults_of(changed(changes)) == []


def test_several_payers_share_every_rule_and_every_grant() -> None:
    document = changed({SPLIT: GONE, "/payment/rules/0/split": shares((PAYER, 1), (PAYER_2, 1))})
    grant = [(SPLIT, "split-missing")]
    assert faults_of(document) == grant + [(f"/payment/rules/{place}/split", "split-missing") for place in range(1, 10)]
