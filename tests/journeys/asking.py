"""Tests: requests byte by byte, as a careless or hostile client sends them, and what a refusal must look like."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from tests.recorder import Recorder
from tests.running import RunningSuite

from deploy.demo.cases.case import Case
from deploy.demo.cases.participants import Participant, participants_of
from deploy.demo.play import contract_steps
from deploy.demo.play.case_run import CaseRun
from deploy.demo.play.connections import open_run
from deploy.demo.play.tokens import Tokens
from services.kit.process import clock

PROBLEM = {"type", "title", "status", "detail", "instance", "code", "correlationId", "errors"}
ENROLLED = 5


@dataclass
class Desk:
    """A contract in force with a few people in it, and somebody who sends anything in anybody's name."""

    run: CaseRun
    contract_id: str
    people: list[Participant]
    http: httpx.Client
    issuer: httpx.Client
    tokens: dict[str, Tokens] = field(default_factory=dict)

    @property
    def contract(self) -> str:
        """The contract's address."""
        return f"/v1/contracts/{self.contract_id}"

    def token(self, persona: str) -> str:
        """A token of a persona."""
        return self.tokens.setdefault(persona, Tokens(self.issuer, persona))()

    def send(self, persona: str, method: str, path: str, body: bytes | Any = b"", **headers: str) -> httpx.Response:
        """`body` is bytes as they are, or anything else as JSON. A key is added, and a media type; `headers` say
        otherwise (with _ for -); an empty one is left out."""
        told = {
            "Authorization": f"Bearer {self.token(persona)}",
            "Idempotency-Key": f"test-{clock.random_id()}",
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        present = {name: value for name, value in told.items() if value}
        return self.http.request(method, path, content=raw or None, headers=present)

    def upload(self, persona: str, path: str, *lines: bytes | Any) -> list[dict[str, Any]]:
        """NDJSON; each line is bytes as they are, or anything else as JSON. Returns the result lines."""
        raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        response = self.send(
            persona, "POST", path, b"\n".join(raw), Content_Type="application/x-ndjson", Idempotency_Key=""
        )
        assert response.status_code == 200, response.text
        return [json.loads(line) for line in response.text.splitlines()]

    def claim(self, external_id: str, **changes: Any) -> dict[str, Any]:
        """A claim that would be taken, but for `changes`."""
        person = self.people[0]
        taken = {
            "externalId": external_id,
            "metric": "m01",
            "participantKey": person.key,
            "achievedOn": person.enrolled_on.isoformat(),
        }
        return {**taken, **changes}


@contextmanager
def a_desk(suite: RunningSuite, case: Case, recorder: Recorder) -> Iterator[Desk]:
    """A desk whose every exchange is written down."""
    with (
        open_run(case, suite.gateway, suite.issuer, recorder.connect) as run,
        recorder.connect(suite.gateway) as http,
        httpx.Client(base_url=suite.issuer, trust_env=False) as issuer,
    ):
        contract_steps.register(run)
        contract_id = contract_steps.draft(run)
        contract = f"/v1/contracts/{contract_id}"
        contract_steps.propose(run, contract)
        contract_steps.sign(run, contract)
        contract_steps.activate(run, contract)
        people = participants_of(case)[:ENROLLED]
        rows = [
            {"participantKey": person.key, "cohort": person.cohort, "enrolledOn": person.enrolled_on.isoformat()}
            for person in people
        ]
        run.provider.upload(f"{contract}/participants", rows)
        yield Desk(run, contract_id, people, http, issuer)


def refusal_of(response: httpx.Response, status: int, code: str, pointer: str | None = None) -> dict[str, Any]:
    """The problem document, which must be whole and say this; `pointer` is of one of its errors."""
    problem: dict[str, Any] = response.json()
    assert (response.status_code, problem.get("code")) == (status, code), problem
    assert response.headers["content-type"] == "application/problem+json"
    assert set(problem) == PROBLEM
    assert problem["status"] == status
    assert problem["type"] == f"urn:enzym:error:{code}"
    assert problem["instance"] == f"urn:uuid:{problem['correlationId']}"
    assert response.headers["x-correlation-id"] == problem["correlationId"]
    assert problem["title"]
    assert problem["detail"]
    check_faults(problem["errors"], pointer)
    return problem


def check_faults(faults: list[dict[str, str]], pointer: str | None) -> None:
    """Each fault says where, which and what is allowed; one of them is at `pointer`."""
    for fault in faults:
        assert set(fault) == {"pointer", "code", "detail"}
        assert all(fault[name] for name in ("code", "detail"))
    if pointer is not None:
        assert pointer in [fault["pointer"] for fault in faults], faults
