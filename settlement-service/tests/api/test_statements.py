"""Tests: one statement in many formats, and to each audience its own."""

import base64
import csv
import hashlib
import io
import json
from typing import Any

import pytest

from services.core.canonical import canonical, sha256
from services.kit.process import clock
from services.kit.testing import a_caller

from ..builders import EVALUATOR, INVESTOR, OTHER, PAYER, PROVIDER, a_cap, a_claim, a_metric, a_rule, claimed, verified
from ..conftest import Settling, refused

EXPLANATION = f"/lines/1/items/{a_claim(1).subject_id}/1/explanation"


def kr(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "DKK"}


async def a_statement(settling: Settling, people: int = 7, **terms: Any) -> str:
    """The path of a posted settlement: jobs for the investor, homes for the provider."""
    rules = [a_rule("job", 10_050, payee=INVESTOR), a_rule("home", 5_000)]
    claims = [a_claim(n, metric) for n in range(people) for metric in ("job", "home")]
    contract = await settling.contract(*claims, rules=rules, **terms)
    return f"/v1/settlements/{(await settling.settle(contract.contract_id))['id']}"


async def test_the_content_hash_can_be_computed_from_what_is_shown(settling: Settling) -> None:
    path = await a_statement(settling)
    for organisation in (PAYER, PROVIDER, INVESTOR, EVALUATOR):
        shown = (await settling.get(organisation, path)).json()
        head = {key: shown[key] for key in ("termsVersion", "currency", "kind", "period", "totals", "total")}
        lines = [{key: value for key, value in line.items() if key != "name"} for line in shown["lines"]]
        assert sha256(canonical({**head, "lines": lines})) == shown["contentSha256"]


async def test_each_party_is_shown_its_own(settling: Settling) -> None:
    path = await a_statement(settling)
    shown = {who: (await settling.get(who, path)).json() for who in (PAYER, PROVIDER, INVESTOR, EVALUATOR)}
    rules = {who: [line["rule"] for line in statement["lines"]] for who, statement in shown.items()}
    assert rules == {
        PAYER: ["job", "home"],
        PROVIDER: ["job", "home"],
        INVESTOR: ["job"],
        EVALUATOR: ["job", "home"],
    }
    assert shown[INVESTOR]["total"] == kr("703.50")
    assert shown[PAYER]["total"] == kr("1053.50")
    assert shown[PAYER]["lines"][0]["name"] == "Has a job"
    assert "subject" in shown[PAYER]["preparedBy"]
    assert all("subject" not in shown[who]["preparedBy"] for who in (PROVIDER, INVESTOR, EVALUATOR))


class TestAnInvestor:
    async def test_sees_no_item_no_input_no_sequence(self, settling: Settling) -> None:
        path = await a_statement(settling)
        for below in ("/lines/1/items", EXPLANATION, "/inputs"):
            refused(await settling.get(INVESTOR, path + below), 403, "role-not-allowed")
        told = (await settling.get(INVESTOR, path)).text + (await settling.get(INVESTOR, f"{path}/lines")).text
        for hidden in (str(a_claim(1).subject_id), "claimId", "sequence", "waitingFor", "2026-03-01"):
            assert hidden not in told

    async def test_is_told_a_total_alone_when_few_people_stand_behind_it(self, settling: Settling) -> None:
        path = await a_statement(settling, people=4)
        shown = (await settling.get(INVESTOR, path)).json()
        assert (shown["lines"], shown["total"]) == ([], kr("402.00"))
        as_csv = (await settling.get(INVESTOR, path, "text/csv")).text
        assert as_csv.splitlines()[1:] == ["total;;;;;;;;;;;;402,00;;;;DKK;;"]

    async def test_is_told_nothing_of_drafts_that_could_be_subtracted(self, settling: Settling) -> None:
        contract = await settling.contract(*(a_claim(n) for n in range(9)), rules=[a_rule(payee=INVESTOR)])
        drafted = await settling.prepare(contract.contract_id)
        path = f"/v1/settlements/{drafted['id']}"
        shown = (await settling.get(INVESTOR, path)).json()
        assert shown["state"] == "calculated"
        assert not shown.keys() & {"lines", "total", "contentSha256", "previouslySettled"}
        assert (await settling.get(INVESTOR, f"{path}/lines")).json() == {"items": []}
        listed = await settling.get(INVESTOR, f"/v1/contracts/{contract.contract_id}/settlements")
        assert "total" not in listed.json()["items"][0]
        approved = await settling.approve(drafted)
        assert "total" not in (await settling.get(INVESTOR, path)).json()
        await settling.posted(approved)
        assert (await settling.get(INVESTOR, path)).json()["total"] == kr("900.00")

    async def test_position_is_that_of_the_last_posted_statement(self, settling: Settling) -> None:
        contract = await settling.contract(
            *(a_claim(n) for n in range(9)), rules=[a_rule(payee=INVESTOR)], caps=[a_cap("contract", 100_000)]
        )
        path = f"/v1/contracts/{contract.contract_id}/position"
        nothing = (await settling.get(INVESTOR, path)).json()
        assert (nothing["entitled"], nothing["settled"], nothing["waiting"]) == (kr("0.00"), kr("0.00"), kr("0.00"))
        assert "asOf" not in nothing
        settled = await settling.settle(contract.contract_id)
        await settling.verify(contract.contract_id, a_claim(20))
        told = (await settling.get(INVESTOR, path)).json()
        assert (told["entitled"], told["settled"], told["waiting"]) == (kr("900.00"), kr("900.00"), kr("0.00"))
        assert told["asOf"] == {"settlementId": settled["id"], "number": 1, "period": settled["period"]}
        assert told["headroom"] == [
            {"cap": "contract", "limit": kr("1000.00"), "used": kr("900.00"), "left": kr("100.00")}
        ]
        assert not told.keys() & {"rules", "notPaid"}


HEADINGS = (
    *("line", "rule", "name", "price", "people", "units"),
    *("cut_person", "cut_rule", "cut_period", "cut_contract", "cut_retention", "cut_payer"),
    *("amount", "payee", "nature", "state", "currency"),
    *("payer", "share"),
)


OURS = ("service", "", "DKK", PAYER)
HOME = ("0", "0", "0", "53,50", "0", "0")


class TestFormats:
    async def test_csv_as_danish_spreadsheets_read_it(self, settling: Settling) -> None:
        path = await a_statement(settling, caps=[a_cap("contract", 100_000)])
        answer = await settling.get(PAYER, path, "text/csv")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert "\r\n" in answer.text
        rows = list(csv.reader(io.StringIO(answer.text), delimiter=";"))
        assert rows == [
            list(HEADINGS),
            ["1", "job", "Has a job", "100,50", "7", "7", *["0"] * 6, "703,50", INVESTOR, *OURS, "703,50"],
            ["2", "home", "Has a home", "50,00", "7", "7", *HOME, "296,50", PROVIDER, *OURS, "296,50"],
            ["total", *[""] * 11, "1000,00", "", "", "", "DKK", PAYER, "1000,00"],
        ]

    @pytest.mark.parametrize(("accept", "query"), [("text/csv; charset=utf-8-sig", {}), ("text/csv", {"bom": "true"})])
    async def test_csv_with_a_byte_order_mark(self, settling: Settling, accept: str, query: dict[str, str]) -> None:
        answer = await settling.get(PAYER, await a_statement(settling), accept, **query)
        assert answer.content.startswith(b"\xef\xbb\xbfline;")

    async def test_a_name_that_looks_like_a_formula_is_text(self, settling: Settling) -> None:
        metrics = [a_metric("job", name="=HYPERLINK(1)")]
        contract = await settling.contract(rules=[a_rule("job")], metrics=metrics)
        settled = await settling.settle(contract.contract_id)
        answer = await settling.get(PAYER, f"/v1/settlements/{settled['id']}", "text/csv")
        assert ";'=HYPERLINK(1);" in answer.text

    @pytest.mark.parametrize(
        ("accept", "media_type"),
        [
            ("*/*", "application/json"),
            ("text/*", "text/csv; charset=utf-8"),
            ("application/json;q=0.5, text/csv", "text/csv; charset=utf-8"),
            ("text/csv;q=0.2, application/json;q=0.8", "application/json"),
            ("text/csv;q=0, */*;q=0.1", "application/json"),
        ],
    )
    async def test_the_client_says_which_one(self, settling: Settling, accept: str, media_type: str) -> None:
        answer = await settling.get(PAYER, await a_statement(settling), accept)
        assert answer.headers["content-type"] == media_type

    async def test_others_are_not_to_be_had(self, settling: Settling) -> None:
        refused(await settling.get(PAYER, await a_statement(settling), "application/pdf"), 406, "not-acceptable")

    @pytest.mark.parametrize("accept", ["application/json", "text/csv", "text/csv; charset=utf-8-sig"])
    async def test_what_the_client_has_is_not_sent_again(self, settling: Settling, accept: str) -> None:
        path = await a_statement(settling)
        answer = await settling.get(PAYER, path, accept)
        digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
        assert answer.headers["content-digest"] == f"sha-256=:{digest}:"
        client = settling.doors.as_(a_caller(PAYER))
        held = {"Accept": accept, "If-None-Match": answer.headers["etag"]}
        again = await client.get(path, headers=held)
        assert (again.status_code, again.content) == (304, b"")
        other = "text/csv" if accept == "application/json" else "application/json"
        assert (await client.get(path, headers={**held, "Accept": other})).status_code == 200


class TestDetails:
    async def test_lines_page_by_page(self, settling: Settling) -> None:
        path = await a_statement(settling)
        first = (await settling.get(PAYER, f"{path}/lines", limit="1")).json()
        rest = (await settling.get(PAYER, f"{path}/lines", cursor=first["nextCursor"])).json()
        assert [line["rule"] for line in first["items"] + rest["items"]] == ["job", "home"]
        assert "nextCursor" not in rest

    async def test_items_page_by_page_and_the_explanation_of_each(self, settling: Settling) -> None:
        path = await a_statement(settling)
        items, query = [], {"limit": "3"}
        while True:
            page = (await settling.get(PAYER, f"{path}/lines/2/items", **query)).json()
            items += page["items"]
            if "nextCursor" not in page:
                break
            query["cursor"] = page["nextCursor"]
        subjects = [item["subjectId"] for item in items]
        assert subjects == sorted(set(subjects))
        assert len(subjects) == 7
        for item in items:
            own = f"{path}/lines/2/items/{item['subjectId']}/{item['occurrence']}/explanation"
            told = (await settling.get(PAYER, own)).json()
            assert (told["line"], told["subjectId"], told["occurrence"]) == (2, item["subjectId"], item["occurrence"])
            assert (told["rule"]["code"], told["amount"]) == ("home", kr("50.00"))
            assert told["decision"]["decidedBy"] == [PAYER]
            assert "decided by" in told["text"]
        other = f"lines/2/items/{clock.new_id()}/1/explanation"
        for missing in ("lines/3/items", other, own.removeprefix(f"{path}/").replace("lines/2", "lines/3")):
            refused(await settling.get(PAYER, f"{path}/{missing}"), 404, "not-found")
        for nonsense in ("lines/0/items", "lines/2/items/x/1/explanation"):
            refused(await settling.get(PAYER, f"{path}/{nonsense}"), 404, "not-found")
        refused(await settling.get(PAYER, f"{path}/lines/2/items", cursor="eyJ4IjoxfQ"), 422, "cursor-not-valid")

    async def test_the_explanation_says_that_nobody_had_decided_in_time(self, settling: Settling) -> None:
        contract, claim = await settling.contract(), a_claim(1)
        id_ = contract.contract_id
        await settling.tell(claimed(id_, claim), verified(id_, claim, deemed=True))
        path = f"/v1/settlements/{(await settling.settle(id_))['id']}"
        told = (await settling.get(PROVIDER, f"{path}{EXPLANATION}")).json()
        assert told["decision"]["deemed"] is True
        assert "nobody had decided in time" in told["text"]

    async def test_who_decides_disputes_sees_lines_and_no_items(self, settling: Settling) -> None:
        path = await a_statement(settling)
        for below in ("/lines/1/items", EXPLANATION, "/inputs"):
            refused(await settling.get(EVALUATOR, path + below), 403, "role-not-allowed")

    async def test_a_provider_sees_its_own_items_under_lines_of_its_own(self, settling: Settling) -> None:
        rules = [a_rule("job"), a_rule("home", payee=OTHER)]
        metrics = [a_metric("job"), a_metric("home", reported_by=OTHER)]
        claims = [a_claim(n, metric) for n in range(5) for metric in ("job", "home")]
        contract = await settling.contract(
            *claims, rules=rules, metrics=metrics, parties=(PAYER, PROVIDER, OTHER, EVALUATOR)
        )
        path = f"/v1/settlements/{(await settling.settle(contract.contract_id))['id']}"
        shown = (await settling.get(OTHER, path)).json()
        assert [(line["number"], line["rule"]) for line in shown["lines"]] == [(1, "home")]
        items = (await settling.get(OTHER, f"{path}/lines/1/items")).json()["items"]
        assert [item["rule"] for item in items] == ["home"] * 5
        told = (await settling.get(OTHER, f"{path}{EXPLANATION}")).json()
        assert told["rule"]["code"] == "home"
        refused(await settling.get(OTHER, path + EXPLANATION.replace("lines/1", "lines/2")), 404, "not-found")
        everything = json.dumps([shown, items, told])
        for hidden in [str(claim.id) for claim in claims if claim.metric == "job"]:
            assert hidden not in everything


class TestPosition:
    async def test_entitled_settled_waiting_and_headroom(self, settling: Settling) -> None:
        caps = [a_cap("person", 15_000), a_cap("rule", 100_000, "job"), a_cap("contract", 60_000)]
        claims = [a_claim(1, occurrence=str(n)) for n in (1, 2)] + [a_claim(n) for n in (2, 3)]
        contract = await settling.contract(*claims, caps=caps)
        path = f"/v1/contracts/{contract.contract_id}/position"
        await settling.settle(contract.contract_id)
        await settling.verify(contract.contract_id, a_claim(4), a_claim(5, day="2026-04-01"))
        told = (await settling.get(PAYER, path)).json()
        assert (told["entitled"], told["settled"], told["waiting"]) == (kr("550.00"), kr("350.00"), kr("200.00"))
        assert told["headroom"] == [
            {"cap": "person", "limit": kr("150.00"), "peopleAtLimit": 1},
            {"cap": "rule", "appliesTo": "job", "limit": kr("1000.00"), "used": kr("550.00"), "left": kr("450.00")},
            {"cap": "contract", "limit": kr("600.00"), "used": kr("550.00"), "left": kr("50.00")},
        ]
        (rule,) = told["rules"]
        assert (rule["people"], rule["units"], rule["gross"]) == (5, 6, kr("600.00"))
        assert rule["cut"] == [{"cap": "person", "amount": kr("50.00")}]

    async def test_what_is_not_paid_says_why(self, settling: Settling) -> None:
        metrics = [a_metric("job", max_payments_per_person=1), a_metric("mood", use="observed")]
        claims = [a_claim(1), a_claim(1, occurrence="2"), a_claim(1, "mood")]
        contract = await settling.contract(*claims, metrics=metrics)
        path = f"/v1/contracts/{contract.contract_id}/position"
        told = (await settling.get(PAYER, path)).json()["notPaid"]
        assert [(row.get("rule"), row["reason"], row["count"]) for row in told] == [
            (None, "no-rule", 1),
            ("job", "over-payments-per-person", 1),
        ]

    async def test_a_provider_sees_its_own_rules_under_the_common_cap(self, settling: Settling) -> None:
        rules = [a_rule("job"), a_rule("home", payee=OTHER)]
        metrics = [a_metric("job"), a_metric("home", reported_by=OTHER)]
        contract = await settling.contract(
            *(a_claim(n, metric) for n in range(3) for metric in ("job", "home")),
            rules=rules,
            metrics=metrics,
            caps=[a_cap("person", 500_000), a_cap("rule", 100_000, "job"), a_cap("contract", 50_000)],
            parties=(PAYER, PROVIDER, OTHER, EVALUATOR),
        )
        told = (await settling.get(OTHER, f"/v1/contracts/{contract.contract_id}/position")).json()
        assert [rule["rule"] for rule in told["rules"]] == ["home"]
        assert told["entitled"] == kr("200.00")
        assert [(row["cap"], row["left"]) for row in told["headroom"]] == [("contract", kr("0.00"))]
