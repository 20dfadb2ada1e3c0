"""Wiring: what outcomes-service is told by its environment."""

from pathlib import Path

from pydantic import Field

from services.kit.process.settings import BusSettings, ServiceSettings


class Settings(ServiceSettings):
    """The variables of the HTTP process."""

    port: int = Field(default=8082, ge=1, le=65535)
    contracts_url: str = Field(description="base URL of contracts-service, which is asked on /internal/*")
    order_key_file: Path = Field(
        description="the installation's secret, 32 bytes or more, that orders claims under a cap; never changed"
    )


class WorkerSettings(BusSettings):
    """The variables of the background process."""

    database_url: str = Field(description="postgresql+asyncpg://..., as the role `outcomes_worker`")
    contracts_url: str = Field(description="base URL of contracts-service, which is asked for facts that are missing")
    key_file: Path = Field(description="this service's own private key (a JWK, Ed25519), for calls to /internal/*")
