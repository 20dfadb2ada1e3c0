"""Door: the proxy: one ASGI callable for everything that the services answer."""

import structlog
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from gateway.api import bodies
from gateway.api.bodies import ClientGone, Upload
from gateway.api.disconnects import Watch
from gateway.api.headers import Asked, answer_headers, read_head
from gateway.api.identity import Client, Clients
from gateway.api.urls import refuse_personal_numbers
from gateway.clients.upstream import Answer, AnswerCut, ServiceUnavailable, Upstreams
from gateway.policy import Operation, Routes
from services.core.errors import EnzymError, Forbidden, NotFound
from services.kit.doors import problems
from services.kit.doors.problems import MethodNotAllowed

log = structlog.get_logger()

SILENCE_SECONDS = 30.0
UPLOAD_SILENCE_SECONDS = 600.0
"""A service that says nothing for so long is given up; while rows are on their way it may have nothing to say."""
SHORT = 64 * 1024
"""An answer of at most so many bytes is read whole before any of it is sent: it comes whole or as a problem."""


class PermissionMissing(Forbidden):
    """The token does not carry a permission that the operation needs."""

    code = "permission-missing"
    title = "This access token does not permit that"


class Proxy:
    """Checks who asks and what for, and passes the request on in its own name for the client."""

    def __init__(self, routes: Routes, clients: Clients, upstreams: Upstreams) -> None:
        self._routes, self._clients, self._upstreams = routes, clients, upstreams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        asked = read_head(scope)
        try:
            await self._serve(asked, receive, send)
            return
        except (ClientGone, AnswerCut):
            return
        except EnzymError as error:
            answer = problems.problem(error, asked.correlation_id)
        except Exception as error:
            answer = problems.unexpected(error, asked.correlation_id)
        if not asked.answered:
            await _send_problem(answer, asked, send)

    async def _serve(self, asked: Asked, receive: Receive, send: Send) -> None:
        client = await self._clients.identify(asked.authorization)
        operation = self._operation(asked, client)
        asked.passed_on.append((b"authorization", self._clients.word_for(client, operation.service)))
        asked.passed_on.append((b"x-correlation-id", asked.correlation))
        body = None if operation.method == "GET" else await self._body(operation, asked, receive)
        async with Watch(receive, body):
            await self._pass_on(operation, asked, body, send)

    async def _body(self, operation: Operation, asked: Asked, receive: Receive) -> bytes | Upload:
        bodies.refuse_encoded(asked.content_encoding)
        upload = bodies.is_upload(operation, asked.content_type)
        limit = bodies.limit_of(operation, upload)
        length = bodies.declared_length(asked.content_length, limit)
        return Upload(receive, limit, length) if upload else await bodies.read_whole(receive, limit)

    def _operation(self, asked: Asked, client: Client) -> Operation:
        operations = self._routes.at(asked.path)
        operation = operations.get(asked.method)
        if operation is None or asked.query or "organisation" in asked.path:
            refuse_personal_numbers(asked.path, asked.query)
        if operation is None:
            raise MethodNotAllowed(", ".join(sorted(operations))) if operations else NotFound()
        if client.caller.permissions.isdisjoint(operation.permissions):
            needed = " or ".join(f"`{one}`" for one in operation.permissions)
            raise PermissionMissing(f"This operation needs a token with the permission {needed}.")
        return operation

    async def _pass_on(self, operation: Operation, asked: Asked, body: bytes | Upload | None, send: Send) -> None:
        pool = self._upstreams[operation.service]
        upload = body if isinstance(body, Upload) else None
        length, patience = (upload.length, UPLOAD_SILENCE_SECONDS) if upload else (None, SILENCE_SECONDS)
        try:
            answer = await pool.ask(asked.method, asked.target, asked.passed_on, body, length, patience)
            try:
                await _send_answer(answer, asked, send)
            finally:
                answer.close()
        except (ServiceUnavailable, AnswerCut) as error:
            if upload is not None and upload.fault is not None:
                raise upload.fault from None
            why = error.why if isinstance(error, ServiceUnavailable) else "answer cut"
            log.warning(
                "service does not answer",
                upstream=operation.service,
                operation=operation.name,
                why=why,
                correlation_id=str(asked.correlation_id),
            )
            raise


async def _send_answer(answer: Answer, asked: Asked, send: Send) -> None:
    headers = answer_headers(answer.headers, asked.correlation)
    start: Message = {"type": "http.response.start", "status": answer.status, "headers": headers}
    length = answer.length
    if length is not None and length <= SHORT:
        body = await answer.whole()
        asked.answered = True
        await send(start)
        await send({"type": "http.response.body", "body": body})
        return
    asked.answered = True
    await send(start)
    while piece := await answer.piece():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body"})


async def _send_problem(problem: Response, asked: Asked, send: Send) -> None:
    headers = answer_headers(problem.raw_headers, asked.correlation)
    await send({"type": "http.response.start", "status": problem.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": problem.body})
