"""Kit: logs: JSON lines on stderr. What is logged is chosen field by field: never a path, a body or a message
of an exception, because each of them may hold what was sent."""

import io
import logging
import sys
import traceback
from typing import Any, TextIO, cast

import structlog


class _Stderr(io.TextIOBase):
    """Standard error as it is when something is said: whoever redirects it later is heard."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure(service: str) -> None:
    """Sets up structlog for this process, and sends what libraries log (warnings and worse) the same way."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(service),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Stderr())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(_Stderr())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _without_messages_of_exceptions],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _named(service: str) -> structlog.typing.Processor:
    def add(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event.setdefault("service", service)
        return event

    return add


def _without_messages_of_exceptions(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    fault = event.pop("exc_info", None)
    if isinstance(fault, tuple) and isinstance(fault[1], BaseException):
        event.update(what_failed(fault[1]))
    return event


def what_failed(error: BaseException) -> dict[str, Any]:
    """Fields that tell an engineer where an exception came from, and nothing of what was sent: the types of it
    and of its causes, and the lines of our own and foreign code that it passed (innermost last, at most 12)."""
    causes = [error]
    while len(causes) < 5 and (cause := causes[-1].__cause__ or causes[-1].__context__):
        causes.append(cause)
    frames = traceback.extract_tb(causes[-1].__traceback__)[-12:]
    return {
        "error": [f"{type(cause).__module__}.{type(cause).__qualname__}" for cause in causes],
        "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
