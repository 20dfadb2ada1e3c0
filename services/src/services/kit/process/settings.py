"""Kit: what every process is told by its environment, under the prefix ENZYM_."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class TrustedKeys(BaseSettings):
    """Whose signature is taken, and where its public keys are (a JWKS over HTTP)."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    owner: str = Field(description="`gateway`, or the name of a service")
    url: str


class BusSettings(BaseSettings):
    """Which bus carries the facts."""

    model_config = SettingsConfigDict(env_prefix="ENZYM_", extra="ignore", frozen=True)

    bus: Literal["kafka", "embedded"] = "kafka"
    kafka_bootstrap: str = Field(default="", description="host:port of the brokers, when the bus is kafka")
    bus_database_url: str = Field(default="", description="the database `bus`, when the bus is embedded")

    @model_validator(mode="after")
    def _has_its_address(self) -> Self:
        if self.bus == "kafka" and not self.kafka_bootstrap:
            raise ValueError("ENZYM_KAFKA_BOOTSTRAP is needed when ENZYM_BUS is kafka")
        if self.bus == "embedded" and not self.bus_database_url:
            raise ValueError("ENZYM_BUS_DATABASE_URL is needed when ENZYM_BUS is embedded")
        return self


class ServiceSettings(BaseSettings):
    """What every service is told. A service adds its own variables in its `settings.py`."""

    model_config = SettingsConfigDict(env_prefix="ENZYM_", extra="ignore", frozen=True)

    environment: Literal["development", "production"] = "production"
    host: str = "127.0.0.1"
    port: int = Field(ge=1, le=65535)
    database_url: str = Field(description="postgresql+asyncpg://..., as the role `app` or `worker` of this service")
    leave_after_seconds: float = Field(default=0, ge=0, le=15, description="not ready for so long before leaving")
    database_pool: int = Field(default=8, ge=1, le=64, description="connections at most")
    key_file: Path = Field(description="this service's own private key (a JWK, Ed25519), for calls to /internal/*")
    trusted_keys: tuple[TrustedKeys, ...] = Field(description="JSON list of {owner, url}")
