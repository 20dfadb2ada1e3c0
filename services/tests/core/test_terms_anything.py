import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.kit.doors import shapes

from ..builders import an_agreement
from .deciding import faults_of

ODD: list[Any] = ["", "x", "-1", "0", "1e9", "9" * 40, "2026-01-01", 0, -1, 10**14, True, None, [], {}, ["x"]]
Path = tuple[str | int, ...]


def paths_of(node: Any, here: Path = ()) -> list[Path]:
    """Every place of a JSON document but the whole."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path for step, child in pairs for path in [(*here, step), *paths_of(child, (*here, step))]]


def at(document: Any, path: Path) -> Any:
    """What stands at a place."""
    for step in path:
        document = document[step]
    return document


PATHS = paths_of(an_agreement())
CHANGES = st.one_of(
    st.tuples(st.sampled_from(PATHS), st.sampled_from(ODD).map(copy.deepcopy)),
    st.tuples(st.sampled_from(PATHS), st.sampled_from(PATHS).map(lambda path: copy.deepcopy(at(an_agreement(), path)))),
)


@settings(deadline=None, max_examples=400)
@given(st.lists(CHANGES, min_size=1, max_size=3))
def test_whatever_is_sent_is_refused_in_our_words_at_a_place_that_there_is(changes: list[tuple[Path, Any]]) -> None:
    document = an_agreement()
    for path, new in changes:
        try:
            at(document, path[:-1])[path[-1]] = new
        except (LookupError, TypeError):
            continue
    try:
        faults = faults_of(document)
    except shapes.ShapeNotAllowed:
        return
    for pointer, code in faults:
        assert code.replace("-", "").islower()
        *steps, _ = pointer.split("/")[1:]
        where = at(document, tuple(int(step) if step.isdigit() else step for step in steps))
        assert isinstance(where, dict | list), json.dumps(pointer)
