"""Tests: the main job over all processes: what was published comes out, and can be explained and computed again."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import CheckAll, Played
from tests.invariants.snapshot import Snapshot

from deploy.demo.compare.amounts import minor
from deploy.demo.play.client import Client

RECOMPUTE = str(Path(sys.executable).with_name("enzym-recompute"))


def test_the_published_statement_comes_out_line_by_line(played: Played) -> None:
    assert played.result.published
    assert played.result.statement["total"] == {"amount": "848540.00", "currency": "GBP"}
    assert len(played.result.statement["lines"]) == 23
    assert played.result.statement["state"] == "posted"


def test_the_whole_file_sent_again_changes_nothing(played: Played) -> None:
    assert played.result.unchanged


def test_a_corrected_claim_is_taken_back_in_the_next_settlement(played: Played) -> None:
    [line] = played.result.correction["lines"]
    assert (line["rule"], line["units"], line["amount"]["amount"]) == ("m01", -1, "-220.00")
    assert played.result.correction["settledToDate"] == {"amount": "848320.00", "currency": "GBP"}


def test_the_last_lines_are_for_scripts(played: Played) -> None:
    first, second = played.result.lines()
    assert first == f"statement sha256:{played.result.statement['contentSha256']} total 848540.00 GBP lines 23"
    assert second == f"statement sha256:{played.result.correction['contentSha256']} total -220.00 GBP lines 1"


def test_the_statement_is_a_table_for_finance_too(played: Played) -> None:
    answer = played.run.payer.get(played.settlement, accept="text/csv")
    rows = list(csv.reader(io.StringIO(answer.raw.decode("utf-8-sig")), delimiter=";"))
    assert len({len(row) for row in rows}) == 1
    amounts = [cell for row in rows for cell in row if cell.endswith(",00")]
    assert "22660,00" in amounts
    assert "content-digest" in answer.headers


def test_every_item_can_be_explained(played: Played) -> None:
    of_line = f"{played.settlement}/lines/17/items"
    items = list(played.run.payer.every(of_line))
    assert len(items) == 20
    item = items[0]
    explained = played.run.payer.get(f"{of_line}/{item['subjectId']}/{item['occurrence']}/explanation").content
    assert explained["rule"]["code"] == "m17"
    assert explained["amount"] == {"amount": "220.00", "currency": "GBP"}
    assert explained["decision"]["decidedBy"] == [played.run.organisations["payer"].id]
    assert explained["text"]


@pytest.mark.parametrize("role", ["payer", "provider", "approver"])
def test_a_party_computes_the_statement_again_without_us(played: Played, role: str, tmp_path: Path) -> None:
    inputs = tmp_path / "inputs.json"
    inputs.write_bytes(played.run.clients[role].get(f"{played.settlement}/inputs").raw)
    done = subprocess.run([RECOMPUTE, str(inputs), "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert result["same"]
    assert result["content"]["total"]["amount"] == "848540.00"


def test_a_changed_input_is_noticed(played: Played, tmp_path: Path) -> None:
    raw = played.run.payer.get(f"{played.settlement}/inputs").raw
    changed = raw.replace(b'"units":1', b'"units":2', 1)
    assert changed != raw
    inputs = tmp_path / "inputs.json"
    inputs.write_bytes(changed)
    done = subprocess.run([RECOMPUTE, str(inputs)], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr


def test_the_position_says_where_the_contract_stands(played: Played) -> None:
    position = played.run.payer.get(f"{played.contract}/position").content
    assert position["settled"] == {"amount": "848320.00", "currency": "GBP"}
    assert position["entitled"] == position["settled"]
    assert minor(position["waiting"]) == 0
    [cap] = position["headroom"]
    assert (cap["cap"], cap["limit"]["amount"], cap["left"]["amount"]) == ("contract", "1083550.00", "235230.00")


def test_the_ledger_has_one_balanced_entry_a_settlement(played: Played) -> None:
    entries = list(played.run.payer.every(f"/v1/ledger/entries?contract={played.result.contract_id}"))
    assert [entry["kind"] for entry in entries if entry["kind"] != "payment"] == ["approval", "approval"]
    for entry in entries:
        assert sum(minor(posting["amount"]) for posting in entry["postings"]) == 0


def test_a_payment_is_confirmed_from_outside(played: Played) -> None:
    payer: Client = played.run.payer
    path = f"/v1/settlements/{played.result.correction['id']}"
    before = payer.get(path)
    body = {"reference": "ERP-2026-1", "paidOn": "2026-11-24", "amount": before.content["total"], "outcome": "paid"}
    paid = payer.post(f"{path}/payments", body, step="pay", etag=before.etag)
    assert paid.content["state"] == "paid"
    assert payer.post(f"{path}/payments", body, step="pay", etag=before.etag).headers["idempotency-replayed"] == "true"


def test_every_command_left_its_row_in_the_audit(played: Played, check_all: CheckAll) -> None:
    snapshot = check_all(played.recorder)
    done = [
        exchange
        for exchange in played.recorder.exchanges()
        if exchange.method in ("POST", "PUT") and exchange.done and b'"replayed":8' not in exchange.answer
    ]
    noted = _noted(snapshot)
    missing = [f"{exchange.method} {exchange.path}" for exchange in done if exchange.correlation_id not in noted]
    replays = [request for request in missing if request.endswith("/payments")]
    assert missing == replays[:1]


def _noted(snapshot: Snapshot) -> set[str]:
    services = ("contracts", "outcomes", "settlement")
    return {str(row["correlation_id"]) for service in services for row in snapshot.rows(service, "audit")}


def test_all_invariants_hold(played: Played, check_all: CheckAll) -> None:
    check_all(played.recorder)
