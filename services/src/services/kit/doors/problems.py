"""Kit: the one translation of errors to problem documents (RFC 9457). Nothing that was sent is ever repeated."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.core import errors
from services.core.errors import EnzymError, FieldError
from services.core.strict_json import JsonNotReadable
from services.kit.doors.shapes import ShapeNotAllowed, field_errors
from services.kit.process import clock
from services.kit.process.telemetry import what_failed

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"


class MethodNotAllowed(errors.Refusal):
    """The address exists, and takes other methods, which the header Allow names."""

    code = "method-not-allowed"
    title = "This address does not take that method; see Allow"

    def __init__(self, allow: str) -> None:
        super().__init__()
        self.allow = allow


class HeadTooLarge(errors.Refusal):
    """The address and the headers of a request do not end within the limit."""

    code = "head-too-large"
    title = "Address and headers together are larger than the limit"


STATUS: Mapping[type[EnzymError], int] = {
    errors.Malformed: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    MethodNotAllowed: 405,
    errors.NotAcceptable: 406,
    errors.Conflict: 409,
    errors.StaleVersion: 412,
    errors.TooLarge: 413,
    errors.UnsupportedMedia: 415,
    errors.Invalid: 422,
    errors.VersionRequired: 428,
    HeadTooLarge: 431,
    errors.Unavailable: 503,
}
"""The class of an error is its status; what is in no row is 500."""

_BY_STATUS: Mapping[int, type[EnzymError]] = {
    status: kind for kind, status in STATUS.items() if kind is not MethodNotAllowed
}


def status_of(error: EnzymError) -> int:
    """The HTTP status of an error."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def problem(error: EnzymError, correlation_id: UUID) -> Response:
    """The answer that tells of `error`."""
    status = status_of(error)
    document = {
        "type": f"urn:enzym:error:{error.code}",
        "title": error.title,
        "status": status,
        "detail": error.detail,
        "instance": f"urn:uuid:{correlation_id}",
        "code": error.code,
        "correlationId": str(correlation_id),
        "errors": [{"pointer": fault.pointer, "code": fault.code, "detail": fault.detail} for fault in error.errors],
    }
    raw = json.dumps(document, ensure_ascii=False).encode()
    return Response(raw, status, {"Cache-Control": "no-store", **_headers(error)}, MEDIA_TYPE)


def _headers(error: EnzymError) -> dict[str, str]:
    if isinstance(error, errors.Unauthenticated):
        return {"WWW-Authenticate": 'Bearer realm="enzym"'}
    if isinstance(error, errors.Unavailable):
        return {"Retry-After": str(error.retry_after_seconds)}
    if isinstance(error, MethodNotAllowed):
        return {"Allow": error.allow}
    return {}


def unexpected(error: BaseException, correlation_id: UUID) -> Response:
    """Logs where `error` came from, and answers 500 that says nothing of it."""
    log.error("request failed", correlation_id=str(correlation_id), **what_failed(error))
    return problem(EnzymError(), correlation_id)


def correlation_id_of(scope: Scope) -> UUID:
    """The id that this request and its answer are known by."""
    correlation_id = scope.get("state", {}).get("correlation_id")
    return correlation_id if isinstance(correlation_id, UUID) else clock.random_id()


def of_validation(fault: RequestValidationError, shape: Any) -> EnzymError:
    """FastAPI's refusal as ours: what is wrong in the path is no such thing, JSON that cannot be read is
    `json-not-readable`, and the rest is `shape-not-allowed` with a pointer each. The body is read as `shape`."""
    faults: Sequence[Mapping[str, Any]] = fault.errors()
    if any(each["loc"][0] == "path" for each in faults):
        return errors.NotFound()
    if any(each["type"] == "json_invalid" for each in faults):
        return JsonNotReadable()
    in_body = [{**each, "loc": each["loc"][1:]} for each in faults if each["loc"][0] == "body"]
    around = [_field_error(each) for each in faults if each["loc"][0] != "body"]
    return ShapeNotAllowed(errors=[*around, *field_errors(in_body, shape=shape)])


def _field_error(fault: Mapping[str, Any]) -> FieldError:
    place, *path = fault["loc"]
    error = field_errors([{**fault, "loc": path}])[0]
    prefix = "?" if place == "query" else ""
    return FieldError(prefix + str(path[0] if path else ""), error.code, error.detail)


def of_the_framework(fault: HTTPException) -> EnzymError:
    """Starlette's refusal as ours, in our words."""
    if fault.status_code == 405:
        return MethodNotAllowed((fault.headers or {}).get("Allow", ""))
    return _BY_STATUS.get(fault.status_code, EnzymError if fault.status_code >= 500 else errors.Malformed)()


def install(app: FastAPI) -> None:
    """Makes every error that leaves a route of `app` a problem document."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, EnzymError)
        if status_of(error) == 500:
            return unexpected(error, correlation_id_of(request.scope))
        return problem(error, correlation_id_of(request.scope))

    async def not_valid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        body = getattr(request.scope.get("route"), "body_field", None)
        shape = None if body is None else body.field_info.annotation
        return problem(of_validation(error, shape), correlation_id_of(request.scope))

    async def refused_by_framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return problem(of_the_framework(error), correlation_id_of(request.scope))

    app.add_exception_handler(EnzymError, refused)
    app.add_exception_handler(RequestValidationError, not_valid)
    app.add_exception_handler(HTTPException, refused_by_framework)
    app.add_middleware(AnswerUnexpected)


class AnswerUnexpected:
    """Catches what nobody foresaw below it. Framework and server would log the exception's message, in which
    what was sent may stand: so it goes no further than here."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI. An answer that had begun is cut, so that nobody takes it for whole."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except ClientDisconnect:
            return
        except Exception as error:
            answer = unexpected(error, correlation_id_of(scope))
            if not begun:
                await answer(scope, receive, send)
