"""Kit: whether a process lives, and whether it can serve."""

from alembic.script import ScriptDirectory
from fastapi import APIRouter, Request
from sqlalchemy import text

from services.core.errors import Unavailable
from services.kit.doors.queries import KnownQueryRoute
from services.kit.doors.shapes import Shape

router = APIRouter(route_class=KnownQueryRoute, tags=["health"])


class NotReady(Unavailable):
    """The process lives and cannot serve yet."""

    code = "not-ready"
    title = "Not ready to serve"


class Health(Shape):
    """`ok`, always: anything else is a problem document."""

    status: str = "ok"


@router.get("/livez")
async def livez() -> Health:
    """Asks nobody: an answer is the answer."""
    return Health()


@router.get("/readyz")
async def readyz(request: Request) -> Health:
    """Asks the database, and whether its schema is the one that this code was written for. Kafka is not asked:
    the outbox holds what cannot be sent."""
    async with request.app.state.database.transaction() as connection:
        revisions = (await connection.execute(text("select version_num from alembic_version"))).scalars().all()
    if set(revisions) != request.app.state.migration_heads:
        raise NotReady("The database is at another migration than this program.", retry_after_seconds=5)
    if request.app.state.leaving:
        raise NotReady("This process is about to end.", retry_after_seconds=1)
    return Health()


def migration_heads(migrations: str) -> frozenset[str]:
    """The newest revisions in a service's folder `migrations`."""
    return frozenset(ScriptDirectory(migrations).get_heads())
