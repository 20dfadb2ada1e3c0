"""Deploy: the token issuer for development over HTTP: OAuth 2.0 client credentials without a secret."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import parse_qsl

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.identity.personas import PERSONAS, Persona
from services.kit.doors.keys import INTERNAL_ALGORITHM, Signer
from services.kit.process import clock

AUDIENCE = "enzym"
ALGORITHM = INTERNAL_ALGORITHM
LONGEST_FORM = 4096
LONGEST_LIFE_SECONDS = 30 * 24 * 3600


class Settings(BaseSettings):
    """The issuer's variables."""

    model_config = SettingsConfigDict(env_prefix="ENZYM_", extra="ignore", frozen=True)

    environment: Literal["development", "production"] = "production"
    host: str = "127.0.0.1"
    port: int = Field(default=8084, ge=1, le=65535)
    key_file: Path = Field(description="the private key (a JWK, Ed25519) that signs tokens")
    token_seconds: int = Field(default=8 * 3600, ge=1, le=LONGEST_LIFE_SECONDS, description="how long a token is good")

    @model_validator(mode="after")
    def _is_never_real(self) -> Self:
        if self.environment == "production":
            raise ValueError("it gives anybody any token, and so runs only where ENZYM_ENVIRONMENT is development")
        return self

    @property
    def issuer(self) -> str:
        """What stands in `iss`, and where its metadata is found."""
        return f"http://{self.host}:{self.port}"


class TokenRefused(Exception):
    """The request gets no token; `code` is one of RFC 6749, section 5.2."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code


router = APIRouter()


def create_app(settings: Settings, now: Callable[[], datetime] = clock.now) -> FastAPI:
    """The issuer. Errors: OSError, ValueError when the key cannot be used."""
    app = FastAPI(title="Enzym development tokens", docs_url=None, redoc_url=None)
    app.state.settings, app.state.now = settings, now
    app.state.signer = Signer.from_file(settings.key_file)
    app.include_router(router)
    return app


@router.get("/.well-known/jwks.json")
async def jwks(request: Request) -> dict[str, Any]:
    """The key that its tokens are checked with."""
    return {"keys": [{**request.app.state.signer.public_key(), "alg": ALGORITHM}]}


@router.get("/.well-known/oauth-authorization-server")
async def metadata(request: Request) -> dict[str, Any]:
    """RFC 8414."""
    issuer = request.app.state.settings.issuer
    return {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
    }


@router.get("/personas")
async def personas() -> dict[str, Any]:
    """Every persona that has tokens."""
    return {"items": [_document(persona) for persona in PERSONAS.values()]}


@router.get("/readyz")
async def readyz() -> dict[str, str]:
    """There is nothing to wait for."""
    return {"status": "ok"}


@router.post("/token")
async def token(request: Request) -> JSONResponse:
    """RFC 6749, section 4.4, without a secret. `expires_in` (seconds; below 0: has ended already) is ours."""
    state = request.app.state
    try:
        persona, seconds = _requested(await _form(request), state.settings.token_seconds)
    except TokenRefused as refusal:
        status = 401 if refusal.code == "invalid_client" else 400
        return JSONResponse({"error": refusal.code, "error_description": str(refusal)}, status, _NO_STORE)
    access_token = state.signer.sign(claims_for(persona, state.settings.issuer, state.now(), seconds))
    response = {"access_token": access_token, "token_type": "Bearer", "expires_in": max(seconds, 0)}
    return JSONResponse(response, headers=_NO_STORE)


def claims_for(persona: Persona, issuer: str, now: datetime, seconds: int) -> dict[str, Any]:
    """The claims of a persona's token. It is good for `seconds` from `now`; below 0 it ended so long ago."""
    end = int(now.timestamp()) + seconds
    return {
        "iss": issuer,
        "sub": persona.name,
        "aud": AUDIENCE,
        "client_id": persona.name,
        "org": persona.organisation,
        "permissions": list(persona.permissions),
        "actor": persona.actor,
        "iat": min(int(now.timestamp()), end - 1),
        "exp": end,
        "jti": str(clock.random_id()),
    }


_NO_STORE = {"Cache-Control": "no-store"}


def _document(persona: Persona) -> dict[str, Any]:
    return {
        "name": persona.name,
        "title": persona.title,
        "organisation": persona.organisation,
        "permissions": list(persona.permissions),
        "actor": persona.actor,
    }


async def _form(request: Request) -> Mapping[str, str]:
    """The form in the body, read by hand: FastAPI's own reader needs one more library. Errors: TokenRefused."""
    body = await request.body()
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise TokenRefused("invalid_request", "Send a form: application/x-www-form-urlencoded.")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=20) if body else []
    except ValueError:
        raise TokenRefused("invalid_request", "This is no form.") from None
    if len(body) > LONGEST_FORM or len(dict(pairs)) != len(pairs):
        raise TokenRefused("invalid_request", "Send each field once.")
    return dict(pairs)


def _requested(form: Mapping[str, str], default_seconds: int) -> tuple[Persona, int]:
    if form.get("grant_type") != "client_credentials":
        raise TokenRefused("unsupported_grant_type", "Send grant_type=client_credentials.")
    persona = PERSONAS.get(form.get("client_id", ""))
    if persona is None:
        raise TokenRefused("invalid_client", "Send client_id, one of: " + ", ".join(PERSONAS) + ".")
    try:
        seconds = int(form.get("expires_in", default_seconds))
    except ValueError:
        seconds = LONGEST_LIFE_SECONDS + 1
    if abs(seconds) > LONGEST_LIFE_SECONDS:
        raise TokenRefused("invalid_request", f"expires_in is a whole number of seconds, up to {LONGEST_LIFE_SECONDS}.")
    return persona, seconds
