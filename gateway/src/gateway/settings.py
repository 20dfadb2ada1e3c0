"""Settings: the variables of the gateway, under the prefix ENZYM_."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
"""Asymmetric ones only: with a shared secret allowed, a public key could be passed off as the secret."""

Address = Annotated[str, Field(pattern=r"^https?://[^/?#\s]+")]


class Issuer(BaseModel):
    """An issuer of accepted tokens: its name, the address of its public keys, and its algorithms."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(min_length=1, max_length=255)
    jwks_url: Address = Field(alias="jwksUrl")
    algorithms: tuple[Algorithm, ...] = Field(min_length=1)


class Settings(BaseSettings):
    """The gateway's variables."""

    model_config = SettingsConfigDict(env_prefix="ENZYM_", extra="ignore", frozen=True)

    environment: Literal["development", "production"] = "production"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    leave_after_seconds: float = Field(default=0, ge=0, le=15, description="not ready for so long before leaving")
    public_url: str = Field(default="http://127.0.0.1:8080", description="how clients reach /v1; stands in the OpenAPI")
    issuers: tuple[Issuer, ...] = Field(description="JSON list of {issuer, jwksUrl, algorithms}", min_length=1)
    key_files: tuple[Path, ...] = Field(
        description="JSON list of private keys (JWK, Ed25519): the first signs, all are published", min_length=1
    )
    contracts_url: Address = "http://127.0.0.1:8081"
    outcomes_url: Address = "http://127.0.0.1:8082"
    settlement_url: Address = "http://127.0.0.1:8083"

    @model_validator(mode="after")
    def _keys_come_safely(self) -> Self:
        if self.environment == "production" and any(issuer.jwks_url.startswith("http:") for issuer in self.issuers):
            raise ValueError("in production the keys of an issuer are fetched over https")
        return self

    @property
    def upstreams(self) -> dict[str, str]:
        """The address of every service, by its name."""
        return {
            "contracts-service": self.contracts_url,
            "outcomes-service": self.outcomes_url,
            "settlement-service": self.settlement_url,
        }
