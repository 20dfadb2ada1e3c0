"""Door: the proxy, one ASGI callable for all that the services answer."""

import structlog
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from gateway.api import bodies
from gateway.api.bodies import ClientGone, Upload
from gateway.api.disconnects import EndOnDisconnect
from gateway.api.headers import RequestHead, read_head, response_headers
from gateway.api.identity import Client, Clients
from gateway.api.urls import refuse_personal_numbers
from gateway.clients.upstream import ResponseCut, ServiceUnavailable, UpstreamResponse, Upstreams
from gateway.policy import Operation, Routes
from services.core.errors import EnzymError, Forbidden, NotFound
from services.kit.doors import problems
from services.kit.doors.problems import MethodNotAllowed

log = structlog.get_logger()

SILENCE_SECONDS = 30.0
UPLOAD_SILENCE_SECONDS = 600.0
"""A service that is silent for so long is given up. During an upload it may be silent for longer."""
SHORT_BYTES = 64 * 1024
"""A response of at most so many bytes is read before any of it is sent: the client gets it whole, or a problem."""


class PermissionMissing(Forbidden):
    """The token does not carry a permission that the operation needs."""

    code = "permission-missing"
    title = "This access token does not permit that"


class Proxy:
    """Checks the client's token and permissions, and forwards the request with an internal token."""

    def __init__(self, routes: Routes, clients: Clients, upstreams: Upstreams) -> None:
        self._routes, self._clients, self._upstreams = routes, clients, upstreams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        head = read_head(scope)
        try:
            await self._serve(head, receive, send)
            return
        except (ClientGone, ResponseCut):
            return
        except EnzymError as error:
            problem = problems.problem(error, head.correlation_id)
        except Exception as error:
            problem = problems.unexpected(error, head.correlation_id)
        if not head.response_started:
            await _send_problem(problem, head, send)

    async def _serve(self, head: RequestHead, receive: Receive, send: Send) -> None:
        client = await self._clients.identify(head.authorization)
        operation = self._operation(head, client)
        token = self._clients.internal_token_for(client, operation.service)
        head.forwarded_headers.append((b"authorization", token))
        head.forwarded_headers.append((b"x-correlation-id", head.correlation))
        body = None if operation.method == "GET" else await self._body(operation, head, receive)
        async with EndOnDisconnect(receive, body):
            await self._forward(operation, head, body, send)

    async def _body(self, operation: Operation, head: RequestHead, receive: Receive) -> bytes | Upload:
        bodies.refuse_encoded(head.content_encoding)
        upload = bodies.is_upload(operation, head.content_type)
        limit = bodies.limit_of(operation, upload)
        length = bodies.declared_length(head.content_length, limit)
        return Upload(receive, limit, length) if upload else await bodies.read_whole(receive, limit)

    def _operation(self, head: RequestHead, client: Client) -> Operation:
        operations = self._routes.at(head.path)
        operation = operations.get(head.method)
        if operation is None or head.query or "organisation" in head.path:
            refuse_personal_numbers(head.path, head.query)
        if operation is None:
            raise MethodNotAllowed(", ".join(sorted(operations))) if operations else NotFound()
        if client.caller.permissions.isdisjoint(operation.permissions):
            permissions = " or ".join(f"`{permission}`" for permission in operation.permissions)
            raise PermissionMissing(f"This operation needs a token with the permission {permissions}.")
        return operation

    async def _forward(self, operation: Operation, head: RequestHead, body: bytes | Upload | None, send: Send) -> None:
        pool = self._upstreams[operation.service]
        upload = body if isinstance(body, Upload) else None
        length, patience = (upload.length, UPLOAD_SILENCE_SECONDS) if upload else (None, SILENCE_SECONDS)
        try:
            response = await pool.request(head.method, head.target, head.forwarded_headers, body, length, patience)
            try:
                await _send_response(response, head, send)
            finally:
                response.close()
        except (ServiceUnavailable, ResponseCut) as error:
            if upload is not None and upload.fault is not None:
                raise upload.fault from None
            why = error.why if isinstance(error, ServiceUnavailable) else "answer cut"
            log.warning(
                "service does not answer",
                upstream=operation.service,
                operation=operation.name,
                why=why,
                correlation_id=str(head.correlation_id),
            )
            raise


async def _send_response(response: UpstreamResponse, head: RequestHead, send: Send) -> None:
    headers = response_headers(response.headers, head.correlation)
    start: Message = {"type": "http.response.start", "status": response.status, "headers": headers}
    length = response.length
    if length is not None and length <= SHORT_BYTES:
        body = await response.whole()
        head.response_started = True
        await send(start)
        await send({"type": "http.response.body", "body": body})
        return
    head.response_started = True
    await send(start)
    while piece := await response.piece():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body"})


async def _send_problem(problem: Response, head: RequestHead, send: Send) -> None:
    headers = response_headers(problem.raw_headers, head.correlation)
    await send({"type": "http.response.start", "status": problem.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": problem.body})
