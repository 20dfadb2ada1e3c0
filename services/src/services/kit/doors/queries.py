"""Kit: routes that take each query parameter that they name once, and refuse all else instead of passing over it."""

import re
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from services.core.errors import FieldError
from services.kit.doors.shapes import MOST_LISTED, ShapeNotAllowed

_TOLD = re.compile("[A-Za-z_]{1,40}", re.ASCII)
"""The only names that are told again: nothing of a person can stand in one."""


class KnownQueryRoute(APIRoute):
    """A route that is asked for nothing that it would not look at. Errors: `shape-not-allowed`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own handler behind the check."""
        handler, known = super().get_route_handler(), [parameter.alias for parameter in self.dependant.query_params]

        async def checked(request: Request) -> Response:
            if request.scope.get("query_string"):
                refuse_unknown(request.query_params, known)
                refuse_twice([name for name, _ in request.query_params.multi_items()])
            return await handler(request)

        return checked


def refuse_unknown(asked: Iterable[str], known: Sequence[str]) -> None:
    """Errors: `shape-not-allowed`, with a fault for each name that is not known."""
    allowed = f"Allowed here: {', '.join(known)}." if known else "This address takes none."
    names = dict.fromkeys(name if _TOLD.fullmatch(name) else "" for name in asked if name not in known)
    if names:
        sentence = f"There is no such query parameter here. {allowed}"
        raise ShapeNotAllowed(
            errors=[FieldError(f"?{name}", "parameter-unknown", sentence) for name in list(names)[:MOST_LISTED]]
        )


def refuse_twice(asked: Sequence[str]) -> None:
    """No parameter here is a list: of two, one would be passed over. Errors: `shape-not-allowed`, with a fault for each
    name that stands twice; all are known."""
    names = [name for name, times in Counter(asked).items() if times > 1]
    if names:
        sentence = "Each query parameter may stand once."
        raise ShapeNotAllowed(errors=[FieldError(f"?{name}", "parameter-twice", sentence) for name in names])
