"""Wiring: what contracts-service is told by its environment."""

from pydantic import Field

from services.kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """The variables of every service; the port has a default of its own."""

    port: int = Field(default=8081, ge=1, le=65535)
