"""Settings: what contracts-service is told by its environment."""

from pydantic import Field

from services.kit.process.settings import BusSettings, ServiceSettings


class Settings(ServiceSettings):
    """The variables of the HTTP process."""

    port: int = Field(default=8081, ge=1, le=65535)


class WorkerSettings(BusSettings):
    """The variables of the background process."""

    database_url: str = Field(description="postgresql+asyncpg://..., as the role `contracts_worker`")
