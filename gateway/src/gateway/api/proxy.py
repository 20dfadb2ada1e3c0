"""Door: the proxy: one ASGI callable for everything that the services answer."""

from collections.abc import AsyncIterator, Iterable

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from gateway.api import bodies
from gateway.api.bodies import ClientGone, Upload
from gateway.api.headers import Asked, answer_headers, read_head
from gateway.api.identity import Client, Clients
from gateway.api.leaving import Watch
from gateway.api.urls import refuse_personal_numbers
from gateway.clients.upstream import Answer, AnswerCut, ServiceUnavailable, Upstreams
from gateway.policy import Operation, Routes
from services.core.errors import EnzymError, Forbidden, NotFound
from services.kit import problems

SILENCE_SECONDS = 30.0
UPLOAD_SILENCE_SECONDS = 600.0
"""A service that says nothing for so long is given up; while rows are on their way it may have nothing to say."""
SHORT = 64 * 1024
"""An answer of at most so many bytes is read whole before any of it is sent: it comes whole or as a problem."""


class PermissionMissing(Forbidden):
    """The token does not carry a permission that the operation needs."""

    code = "permission-missing"
    title = "This access token does not permit that"


class MethodNotAllowed(Exception):
    """The address exists, and takes only `allow`."""

    def __init__(self, allow: Iterable[str]) -> None:
        super().__init__()
        self.allow = ", ".join(sorted(allow))


class Proxy:
    """Checks who asks and what for, and passes the request on in its own name for the client."""

    def __init__(self, routes: Routes, clients: Clients, upstreams: Upstreams) -> None:
        self._routes, self._clients, self._upstreams = routes, clients, upstreams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        asked = read_head(scope)
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._serve(asked, receive, sending)
            return
        except ClientGone:
            return
        except AnswerCut:
            return
        except MethodNotAllowed as refusal:
            answer = problems.method_not_allowed(refusal.allow, asked.correlation_id)
        except EnzymError as error:
            answer = problems.problem(error, asked.correlation_id)
        except Exception as error:
            answer = problems.unexpected(error, asked.correlation_id)
        if not begun:
            await _send_problem(answer, asked, send)

    async def _serve(self, asked: Asked, receive: Receive, send: Send) -> None:
        client = await self._clients.identify(asked.authorization)
        operation = self._operation(asked, client)
        headers = asked.passed_on
        headers["Authorization"] = self._clients.word_for(client, operation.service).decode("ascii")
        headers["X-Correlation-Id"] = str(asked.correlation_id)
        if operation.method == "GET":
            await self._pass_on(operation, asked, None, receive, send)
            return
        bodies.refuse_encoded(asked.content_encoding)
        upload = bodies.is_upload(operation, asked.content_type)
        limit = bodies.limit_of(operation, upload)
        bodies.check_declared(asked.content_length, limit)
        if upload:
            await self._pass_on(operation, asked, Upload(receive, limit), receive, send)
        else:
            await self._pass_on(operation, asked, await bodies.read_whole(receive, limit), receive, send)

    def _operation(self, asked: Asked, client: Client) -> Operation:
        operations = self._routes.at(asked.path)
        operation = operations.get(asked.method)
        if operation is None or asked.query or "organisation" in asked.path:
            refuse_personal_numbers(asked.path, asked.query)
        if operation is None:
            raise MethodNotAllowed(operations) if operations else NotFound()
        if client.caller.permissions.isdisjoint(operation.permissions):
            needed = " or ".join(f"`{one}`" for one in operation.permissions)
            raise PermissionMissing(f"This operation needs a token with the permission {needed}.")
        return operation

    async def _pass_on(
        self, operation: Operation, asked: Asked, body: bytes | Upload | None, receive: Receive, send: Send
    ) -> None:
        silence = UPLOAD_SILENCE_SECONDS if isinstance(body, Upload) else SILENCE_SECONDS
        content: AsyncIterator[bytes] | bytes | None = aiter(body) if isinstance(body, Upload) else body
        if isinstance(body, Upload) and asked.content_length is not None:
            asked.passed_on["Content-Length"] = asked.content_length.decode("ascii")
        try:
            async with Watch(receive, body):
                answer = await self._upstreams.ask(
                    operation.service, asked.method, asked.target, asked.passed_on, content, silence
                )
                try:
                    await _send_answer(answer, asked, send)
                finally:
                    answer.close()
        except (ServiceUnavailable, AnswerCut):
            if isinstance(body, Upload) and body.fault is not None:
                raise body.fault from None
            raise


async def _send_answer(answer: Answer, asked: Asked, send: Send) -> None:
    headers = answer_headers(answer.headers, asked.correlation_id)
    start: Message = {"type": "http.response.start", "status": answer.status, "headers": headers}
    if answer.length is not None and answer.length <= SHORT:
        body = await answer.whole()
        await send(start)
        await send({"type": "http.response.body", "body": body})
        return
    await send(start)
    async for chunk in answer.chunks():
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body"})


async def _send_problem(problem: Response, asked: Asked, send: Send) -> None:
    headers = answer_headers(problem.raw_headers, asked.correlation_id)
    await send({"type": "http.response.start", "status": problem.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": problem.body})
