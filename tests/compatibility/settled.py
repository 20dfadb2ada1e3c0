"""Tests: what is hashed of settlements: inputs, items, what each party is shown; and how it goes outside."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from services.core.canonical import canonical, sha256
from services.kit.doors import shapes
from settlement_service.api.formats import csv_of
from settlement_service.api.schemas import SettlementBody, lines_of
from settlement_service.api.schemas_items import ExplanationBody, item_list
from settlement_service.domain.agreement.audience import Audience
from settlement_service.domain.explaining.explanation import explain
from settlement_service.domain.mechanisms.working import packed
from settlement_service.domain.recomputation import Given
from settlement_service.domain.settling.change import Change
from settlement_service.domain.settling.posted_items import item_document
from settlement_service.domain.settling.sealing import items_hash, sealed
from settlement_service.domain.statement.projection import Projection

from .play import COURSES, Played, played_course
from .sections import plain

Row = tuple[str, bytes]
HEAD = Path(__file__).parent / "inputs" / "given.json"
ID, INSTANT = "00000000-0000-4000-8000-000000000001", "2026-06-01T12:00:00Z"


def hashes_of(played: Played, name: str) -> Iterator[Row]:
    """For each settlement its three hashes, `contentSha256` for every party."""
    for place, settled in enumerate(played.course.settled):
        lines = [f"inputsSha256 {played.inputs_sha256(place)}", f"itemsSha256 {items_hash(sealed(settled.items))}"]
        for audience, shown in played.shown(place):
            lines.append(f"contentSha256 {shown.content_sha256} for {audience.role} {audience.organisation}")
        yield f"{name} settlement {place + 1}", "\n".join(lines).encode()


@cache
def courses() -> dict[str, Played]:
    """Every course that is kept, played."""
    return {file.stem: played_course(file) for file in COURSES}


def hashes() -> Iterator[Row]:
    """The hashes of every settlement of every course; and one over all that is said of its items."""
    for name, played in courses().items():
        yield from hashes_of(played, name)
        for place, settled in enumerate(played.course.settled):
            for what, say in OF_AN_ITEM.items():
                explanations = b"\n".join(say(played, place, item) for item in settled.items)
                yield f"{name} settlement {place + 1}, {what} of all items", sha256(explanations).encode()


def inputs() -> Iterator[Row]:
    """The first inputs of each kind that have something in them that none before had."""
    known: set[str] = set()
    for name, played in courses().items():
        for position, logged in enumerate(played.log, start=1):
            new = {f"{logged.type}{path}" for path in paths_in(json.loads(logged.body))}
            if not new <= known:
                known |= new
                yield f"{name} input {position}", logged.body


def given() -> Iterator[Row]:
    """What stands before the inputs that a party is given."""
    yield "the head of the inputs", plain(shapes.document(a_head()))


def a_head() -> Given:
    """One that says every field; `kind` in one word of two."""
    return shapes.read(Given, json.loads(HEAD.read_text()))


def items() -> Iterator[Row]:
    """The first items that have something in them that none before had: what is hashed, what is kept, what is said."""
    known: set[str] = set()
    for name, played in courses().items():
        for place, settled in enumerate(played.course.settled):
            for number, item in enumerate(settled.items, start=1):
                kind = played.history.rules[item.key.item.rule].kind
                new = {f"{kind} {item.reason}", *_shape_of(item)}
                if new <= known:
                    continue
                known |= new
                at = f"{name} settlement {place + 1} item {number}, {kind}"
                yield from ((f"{at}, {what}", say(played, place, item)) for what, say in OF_AN_ITEM.items())


def statements() -> Iterator[Row]:
    """The first statements that have something in them that none before had, as each party is shown them: what is
    hashed, and as a spreadsheet."""
    known, known_to_role = set[str](), set[str]()
    for name, played in courses().items():
        for place in range(len(played.course.settled)):
            for audience, shown in played.shown(place):
                at = f"{name} settlement {place + 1} for {audience.role} {audience.organisation}"
                paths = set(paths_in(shown.content))
                new = {f"{audience.role}{path}" for path in paths}
                if not new <= known_to_role:
                    yield f"{at}, content", canonical(shown.content)
                if not paths <= known:
                    body = _body_of(played, place, audience, shown)
                    yield f"{at}, JSON", shapes.text(body)
                    yield f"{at}, CSV", csv_of(body, bom=False).replace(b"\r\n", b"\\r\\n\n")
                known, known_to_role = known | paths, known_to_role | new


def _document(_played: Played, _place: int, item: Change) -> bytes:
    return canonical(item_document(item)) + b"\n" + sealed([item])[0].sha256.hex().encode()


def _working(_played: Played, _place: int, item: Change) -> bytes:
    return b"" if item.working is None else plain(packed(item.working))


def _explanation(played: Played, place: int, item: Change) -> bytes:
    statement = played.course.statements[place]
    history = statement.history
    explanation = explain(history, history.at_end(statement.period.end), 1, item)
    return shapes.text(ExplanationBody.model_validate(explanation))


def _listed(played: Played, place: int, item: Change) -> bytes:
    terms = played.course.statements[place].history.newest
    return shapes.text(item_list(terms, [item], None))


OF_AN_ITEM = {"document": _document, "working": _working, "explanation": _explanation, "in a list": _listed}
"""What is said of an item, and how."""


def _body_of(played: Played, place: int, audience: Audience, shown: Projection) -> SettlementBody:
    """A settlement as HTTP answers it, with ids and instants that are the same every time."""
    content: Mapping[str, Any] = shown.content
    history = played.course.statements[place].history
    frame = {
        "id": ID,
        "contractId": str(played.course.contract_id),
        "number": place + 1,
        "state": "calculated",
        "revision": 3,
        "preparedBy": {"organisationId": audience.organisation, "actor": "person", "subject": "anna"},
        "preparedAt": INSTANT,
        "lines": [line.model_dump(by_alias=True, exclude_none=True) for line in lines_of(content, history, audience)],
        "contentSha256": shown.content_sha256,
        "inputsSha256": played.inputs_sha256(place),
    }
    return SettlementBody.model_validate_json(json.dumps({**content, **frame}))


def _shape_of(item: Change) -> set[str]:
    tree = {} if item.working is None else packed(item.working)
    operations = {f"op {node['op']} {sorted(node.get('about', ()))}" for node in _nodes(tree)}
    for when in ("now", "before"):
        operations |= {f"{when} cut {cap}" for cap in item_document(item)[when]["cutMinor"]}
    return operations


def _nodes(tree: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if tree:
        yield tree
    for child in tree.get("of", ()):
        yield from _nodes(child)


def paths_in(document: Any, at: str = "") -> Iterator[str]:
    """Where something stands in a document: names of members, and what is one of few words."""
    if isinstance(document, dict):
        for name, child in document.items():
            yield f"{at}/{name}"
            yield from paths_in(child, f"{at}/{name}")
    elif isinstance(document, list):
        for child in document:
            yield from paths_in(child, at)
    elif (
        isinstance(document, str)
        and document.isidentifier()
        and document.islower()
        and document.replace("_", "").isalpha()
    ):
        yield f"{at}={document}"
