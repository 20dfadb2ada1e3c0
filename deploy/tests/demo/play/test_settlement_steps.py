"""Tests: a settlement of several payers: prepared by one, approved by a person of each; and which item is explained."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from deploy.demo.cases.case_file import CASES, read_case
from deploy.demo.cases.parties import PARTIES, approver_of
from deploy.demo.play.case_run import CaseRun, Organisation
from deploy.demo.play.client import Client
from deploy.demo.play.settlement_steps import explain_first_item, settle

SETTLEMENT = "/v1/settlements/s1"
ZERO, TEN = {"amount": "0.00", "currency": "USD"}, {"amount": "10.00", "currency": "USD"}


class Gateway:
    """Answers as a settlement of two payers would, and remembers who asked for what."""

    def __init__(self, items: Mapping[int, int]) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self._items, self._revision, self._asked_since = items, 1, 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        who, path = request.headers["authorization"].removeprefix("Bearer "), request.url.path
        self.asked.append((who, request.method, path))
        if request.method == "POST" and path == "/v1/contracts/c1/settlements":
            return httpx.Response(202, headers={"location": SETTLEMENT}, json={})
        if request.method == "POST":
            assert request.headers["if-match"] == f'"{self._revision}"'
            assert json.loads(request.content) == {"contentSha256": "f" * 64}
            self._revision += 1
            return httpx.Response(201, json={})
        return httpx.Response(200, json=self._shown(path), headers={"etag": f'"{self._revision}"'})

    def _shown(self, path: str) -> dict[str, Any]:
        if path == SETTLEMENT:
            return {"state": self._state(), "contentSha256": "f" * 64}
        if path.endswith("/items"):
            number = self._items.get(int(path.split("/")[-2]))
            return {"items": [] if number is None else [{"subjectId": f"person-{number}", "occurrence": "1"}]}
        return {"explained": path.removeprefix(SETTLEMENT)}

    def _state(self) -> str:
        """What both have approved is posted a little later."""
        if self._revision < 3:
            return "calculated"
        self._asked_since += 1
        return "posted" if self._asked_since > 2 else "approved"


def a_run(gateway: Gateway) -> CaseRun:
    case = read_case(CASES / "cameroon-kangaroo-care.json")
    http = httpx.Client(base_url="http://gateway", transport=httpx.MockTransport(gateway))
    names = [*case.parts, *(approver_of(part) for part in case.parts if part.startswith("payer"))]
    clients = {name: Client(http, lambda name=name: name, f"run-{name}") for name in names}  # type: ignore[misc]
    return CaseRun(case, {part: Organisation(PARTIES[part].organisation, part) for part in case.parts}, clients)


def test_a_person_of_every_payer_approves_what_it_has_read() -> None:
    gateway = Gateway({})
    statement = settle(a_run(gateway), "/v1/contracts/c1", {"kind": "scheduled", "period": {}})
    assert statement["state"] == "posted"
    commands = [(who, path.rpartition("/")[2]) for who, method, path in gateway.asked if method == "POST"]
    assert commands == [("payer", "settlements"), ("approver", "approvals"), ("approver-2", "approvals")]
    assert ("approver-2", "GET", SETTLEMENT) in gateway.asked


def statement_of(*amounts: Mapping[str, str]) -> dict[str, Any]:
    return {"id": "s1", "lines": [{"number": place, "amount": amount} for place, amount in enumerate(amounts, start=1)]}


def test_what_is_paid_is_explained_first() -> None:
    assert explain_first_item(a_run(Gateway({1: 1, 2: 2})), statement_of(ZERO, TEN)) == {
        "explained": "/lines/2/items/person-2/1/explanation"
    }


def test_where_nothing_is_paid_any_item_is_explained() -> None:
    assert explain_first_item(a_run(Gateway({2: 7})), statement_of(ZERO, ZERO)) == {
        "explained": "/lines/2/items/person-7/1/explanation"
    }
    assert explain_first_item(a_run(Gateway({})), statement_of(ZERO)) is None
