"""Kit: logs are JSON lines on stderr, and hold nothing of what was sent."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from services.kit.process import telemetry

SENT = "211062-5629"


@pytest.fixture
def configured() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    captured = capsys.readouterr()
    assert captured.out == ""
    assert SENT not in captured.err
    return [json.loads(line) for line in captured.err.splitlines()]


@pytest.mark.usefixtures("configured")
def test_a_line_says_who_when_and_how_bad(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure("outcomes-service")
    structlog.get_logger().warning("late", seconds=3)
    (line,) = lines(capsys)
    assert (line["event"], line["level"], line["service"], line["seconds"]) == (
        "late",
        "warning",
        "outcomes-service",
        3,
    )
    assert str(line["timestamp"]).endswith("Z")


@pytest.mark.usefixtures("configured")
def test_what_libraries_log_is_said_alike_and_without_messages_of_exceptions(
    capsys: pytest.CaptureFixture[str],
) -> None:
    telemetry.configure("outcomes-service")
    try:
        raise ValueError(SENT)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    logging.getLogger("chatty").info("not said")
    (line,) = lines(capsys)
    assert (line["event"], line["error"]) == ("Exception in ASGI application", ["builtins.ValueError"])


def test_where_an_exception_came_from_is_told_without_its_message() -> None:
    try:
        try:
            int(SENT)
        except ValueError as error:
            raise RuntimeError(SENT) from error
    except RuntimeError as error:
        failure = telemetry.what_failed(error)
    assert failure["error"] == ["builtins.RuntimeError", "builtins.ValueError"]
    assert any("test_telemetry" in place for place in failure["at"])
    assert SENT not in json.dumps(failure)
