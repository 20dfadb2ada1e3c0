"""Tests: the service writes what tests/compatibility keeps byte by byte, whatever way it settles."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest

from services.events import CATALOGUE
from services.kit.doors import shapes
from services.kit.testing import as_admin

from ..builders import PAYER, PROVIDER, a_claim
from ..conftest import Settling

KEPT = Path(__file__).parents[3] / "tests" / "compatibility"
COURSES = {file.stem: file.read_text().splitlines() for file in sorted((KEPT / "inputs" / "courses").glob("*.ndjson"))}
PAYERS = (PAYER, "0184:12345674", "0088:9521000000063")
NDJSON = "application/x-ndjson"
WHOLE = {"position", "salt", "input"}
SEQUENCE, SHARES = re.compile(r'"sequence":[0-9]+'), re.compile(r'(?<="shares":\[)[^]]+(?=\])')


def kept(file: str, course: str) -> Iterator[tuple[str, str]]:
    """What is kept of a course, by what it is."""
    for section in ("\n" + (KEPT / "snapshots" / file).read_text().removesuffix("\n")).split("\n== ")[1:]:
        name, _, text = section.partition("\n")
        if name.startswith(course):
            yield name.removeprefix(f"{course} "), text


def comparable(body: str) -> str:
    """An input without what the service and the domain alone write in two ways. What is posted counts with the facts of
    the service, and where the domain plays alone with the settlements; shares stand as the database orders payers, and
    in the domain in party order."""
    return SHARES.sub(lambda shares: "".join(sorted(re.findall("{.*?}", shares[0]))), SEQUENCE.sub("", body))


@pytest.mark.parametrize("course", COURSES)
async def test_a_course_through_the_service_gives_the_hashes_and_inputs_that_are_kept(
    settling: Settling, course: str
) -> None:
    hashes, contract_id, number = dict(kept("hashes-of-courses.txt", course)), uuid5(NAMESPACE_URL, course), 0
    for line in COURSES[course]:
        step: dict[str, Any] = json.loads(line)
        if "tell" in step:
            shape = CATALOGUE[f"eu.enzym.{step['tell']}.v1"].shape
            await settling.tell(shapes.read(shape, {"contractId": str(contract_id), **step["body"]}))
        else:
            number += 1
            shown = await settled(settling, contract_id, step)
            expected = hashes[f"settlement {number}"].splitlines()[1:]
            assert await told(settling, shown["id"], expected) == expected
    rows = await as_admin(settling.urls, "select position, body from input where contract_id = $1", contract_id)
    log = {f"input {row['position']}": row["body"].decode() for row in rows}
    for name, body in kept("inputs.txt", course):
        assert comparable(log[name]) == comparable(body)


async def settled(settling: Settling, contract_id: UUID, step: Mapping[str, str]) -> dict[str, Any]:
    """A settlement that every payer has approved who must."""
    shown = await settling.prepare(contract_id, step["kind"], date.fromisoformat(step["settle"]))
    for place, payer in enumerate(PAYERS):
        if shown["state"] == "calculated":
            content, path = {"contentSha256": shown["contentSha256"]}, f"/v1/settlements/{shown['id']}"
            answer = await settling.post(payer, f"{path}/approvals", content, shown["revision"], f"bo {place}")
            shown = answer.json() if answer.status_code == 200 else shown
    return await settling.posted(shown)


async def told(settling: Settling, settlement_id: str, expected: Sequence[str]) -> list[str]:
    """`itemsSha256`, and `contentSha256` for each party, as HTTP tells them."""
    path = f"/v1/settlements/{settlement_id}"
    head = json.loads((await settling.get(PAYER, f"{path}/inputs", NDJSON)).text.splitlines()[0])
    lines = [f"itemsSha256 {head['itemsSha256']}"]
    for line in expected[1:]:
        _, _, _, role, organisation = line.split()
        shown = (await settling.get(organisation, path)).json()
        lines.append(f"contentSha256 {shown['contentSha256']} for {role} {organisation}")
    return lines


@pytest.mark.parametrize(("organisation", "members"), [(PAYER, WHOLE), (PROVIDER, {*WHOLE, "proof"})])
async def test_what_stands_beside_an_input_has_the_names_that_it_had(
    settling: Settling, organisation: str, members: set[str]
) -> None:
    contract = await settling.contract(a_claim(1))
    path = f"/v1/settlements/{(await settling.settle(contract.contract_id))['id']}/inputs"
    head, *rows = map(json.loads, (await settling.get(organisation, path, NDJSON)).text.splitlines())
    as_json = (await settling.get(organisation, path)).json()
    assert as_json == {**head, "inputs": rows}
    assert [set(row) for row in rows] == [members] * 3
