"""Deploy: the programs of a suite, and the variables of each."""

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import httpx

from deploy.identity.app import ALGORITHM
from deploy.launcher.folder import Folder
from deploy.launcher.supervisor import NotStarted, Program, plain
from services.kit.local.postgres import Postgres
from services.kit.local.postgres_home import PostgresNotStarted

HOST = "127.0.0.1"
SERVICES = ("contracts", "outcomes", "settlement")
"""Also the names of their databases."""
APPS = ("gateway", *(f"{service}-service" for service in SERVICES), "identity")
KAFKA, KAFKA_CONTROLLER = "kafka", "kafka-controller"
BEGUN = b"the worker has begun"
"""The line that a worker logs when it is ready. A worker has no address at which readiness could be read."""
KAFKA_ABOVE = 1012
"""From the gateway's 8080 to Kafka's usual 9092."""

Variables: TypeAlias = Mapping[str, int | str | Path]
"""The variables of a program, by name."""


@dataclass(frozen=True, slots=True)
class Ports:
    """A port for every process that listens, by its name."""

    of: Mapping[str, int]

    @classmethod
    def above(cls, base: int) -> "Ports":
        """The gateway at `base`, the others after it; Kafka far above."""
        apps = {name: base + place for place, name in enumerate(APPS)}
        return cls({**apps, KAFKA: base + KAFKA_ABOVE, KAFKA_CONTROLLER: base + KAFKA_ABOVE + 1})

    @classmethod
    def chosen(cls, free: list[int]) -> "Ports":
        """`free` in the order of APPS, then Kafka's two."""
        return cls(dict(zip((*APPS, KAFKA, KAFKA_CONTROLLER), free, strict=True)))

    def url(self, name: str) -> str:
        """The address of an app."""
        return f"http://{HOST}:{self.of[name]}"


@dataclass(frozen=True, slots=True)
class Plan:
    """The folder, ports, database server and bus from which the variables of all programs follow."""

    folder: Folder
    ports: Ports
    postgres: Postgres
    bus: str

    @property
    def bootstrap(self) -> str:
        """Kafka's address; empty when the bus is embedded."""
        return f"{HOST}:{self.ports.of[KAFKA]}" if self.bus == "kafka" else ""


def apps(plan: Plan, http: httpx.AsyncClient) -> list[Program]:
    """The programs that serve HTTP: the token issuer, the services, the gateway."""
    services = [_app(plan, service, http) for service in SERVICES]
    return [_identity(plan, http), *services, _gateway(plan, http)]


def workers(plan: Plan) -> list[Program]:
    """The workers of the services; started last and stopped first."""
    return [_worker(plan, service) for service in SERVICES]


def postgres(server: Postgres) -> Program:
    """The database server."""

    def prepare() -> list[str]:
        try:
            return server.prepare()
        except PostgresNotStarted as fault:
            raise NotStarted(str(fault)) from fault

    async def is_ready(pid: int) -> bool:
        return server.is_ready(pid)

    return Program(
        name="postgres",
        prepare=prepare,
        environment=inherited(),
        is_ready=is_ready,
        ends_by=signal.SIGINT,
        ends_within_seconds=30,
    )


def _identity(plan: Plan, http: httpx.AsyncClient) -> Program:
    variables: Variables = {"ENZYM_PORT": plan.ports.of["identity"], "ENZYM_KEY_FILE": plan.folder.key("identity")}
    return _served(plan, "identity", "deploy.identity", variables, http)


def _gateway(plan: Plan, http: httpx.AsyncClient) -> Program:
    identity = plan.ports.url("identity")
    issuer = {"issuer": identity, "jwksUrl": f"{identity}/.well-known/jwks.json", "algorithms": [ALGORITHM]}
    variables: Variables = {
        "ENZYM_PORT": plan.ports.of["gateway"],
        "ENZYM_PUBLIC_URL": plan.ports.url("gateway"),
        "ENZYM_ISSUERS": json.dumps([issuer]),
        "ENZYM_KEY_FILES": json.dumps([str(plan.folder.key(name)) for name in ("gateway-1", "gateway-2")]),
        **_peers(plan),
    }
    return _served(plan, "gateway", "gateway.app", variables, http)


def _app(plan: Plan, service: str, http: httpx.AsyncClient) -> Program:
    return _served(
        plan, f"{service}-service", f"{service}_service.app", _service_environment(plan, service, "app"), http
    )


def _served(plan: Plan, name: str, module: str, variables: Variables, http: httpx.AsyncClient) -> Program:
    address = f"{plan.ports.url(name)}/readyz"

    async def is_ready(_: int) -> bool:
        try:
            return (await http.get(address)).status_code == 200
        except httpx.HTTPError:
            return False

    return Program(name=name, prepare=_python(module), environment=_environment(variables), is_ready=is_ready)


def _worker(plan: Plan, service: str) -> Program:
    variables = _service_environment(plan, service, "worker") | {"ENZYM_BUS": plan.bus}
    if plan.bus == "kafka":
        variables["ENZYM_KAFKA_BOOTSTRAP"] = plan.bootstrap
    else:
        variables["ENZYM_BUS_DATABASE_URL"] = plan.postgres.url("bus", "bus_worker")
    name = f"{service}-service worker"
    log = plan.folder.log(name)

    async def is_ready(_: int) -> bool:
        return BEGUN in log.read_bytes()

    return Program(
        name=name, prepare=_python(f"{service}_service.worker"), environment=_environment(variables), is_ready=is_ready
    )


def _service_environment(plan: Plan, service: str, role: str) -> dict[str, int | str | Path]:
    name = f"{service}-service"
    trusted = [{"owner": "gateway", "url": f"{plan.ports.url('gateway')}/.well-known/internal-jwks.json"}]
    for peer in SERVICES:
        if peer != service:
            owner = f"{peer}-service"
            trusted.append({"owner": owner, "url": f"{plan.ports.url(owner)}/.well-known/jwks.json"})
    variables: dict[str, int | str | Path] = {
        "ENZYM_PORT": plan.ports.of[name],
        "ENZYM_DATABASE_URL": plan.postgres.url(service, f"{service}_{role}"),
        "ENZYM_KEY_FILE": plan.folder.key(name),
        "ENZYM_TRUSTED_KEYS": json.dumps(trusted),
        **_peers(plan),
    }
    if service == "outcomes":
        variables["ENZYM_ORDER_KEY_FILE"] = plan.folder.order_key()
    return variables


def _peers(plan: Plan) -> dict[str, str]:
    return {f"ENZYM_{service.upper()}_URL": plan.ports.url(f"{service}-service") for service in SERVICES}


def _python(module: str) -> Callable[[], list[str]]:
    return plain([sys.executable, "-m", module])


def _environment(variables: Variables) -> dict[str, str]:
    ours = {
        "ENZYM_ENVIRONMENT": "development",
        "ENZYM_HOST": HOST,
        **{name: str(value) for name, value in variables.items()},
    }
    return {**inherited(), **ours}


def inherited() -> dict[str, str]:
    """The environment of the launcher without its own variables, those that begin with ENZYM_."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ENZYM_")}
