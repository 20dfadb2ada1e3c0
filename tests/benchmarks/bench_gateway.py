"""Benchmarks: an authenticated small GET through the gateway, against nginx as a plain reverse proxy."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.benchmarks.harness import Row, cpu_seconds, free_port, interpreter, process, program

from services.kit.doors.keys import Signer, new_private_key

TARGET = 3.0
ROUNDS = 5
SECONDS = 3
CONNECTIONS = 16
PATH = "/v1/contracts/0192f0c1-2b7e-7c3a-9a51-3d5f1e8b7a60"

_NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr error;
events {{ worker_connections 512; }}
http {{
  access_log off; keepalive_requests 1000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  {servers}
}}
"""
_UPSTREAM = """
server {{
  listen 127.0.0.1:{port};
  location /jwks {{ default_type application/json; return 200 '{jwks}'; }}
  location / {{
    default_type application/json; add_header ETag '"7"';
    return 200 '{{"id":"0192f0c1-2b7e-7c3a-9a51-3d5f1e8b7a60","state":"active","currency":"DKK","version":7}}';
  }}
}}
"""
_PLAIN = """
server {{
  listen 127.0.0.1:{port};
  location / {{ proxy_pass http://127.0.0.1:{upstream}; }}
}}
"""
"""The reference: nginx as a reverse proxy, told nothing but where to. It opens a connection for each request."""
_TUNED = """
upstream service {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 1000000; }}
server {{
  listen 127.0.0.1:{port};
  location / {{ proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; }}
}}
"""
"""For comparison: nginx with a warm pool, as the gateway has one."""


@dataclass(frozen=True, slots=True)
class _Side:
    """One of those that are compared: where it listens, which process, and what was measured of it."""

    port: int
    pid: int
    cpu_us: list[float]
    p50_us: list[float]

    @property
    def cpu(self) -> float:
        """CPU a request, in microseconds."""
        return median(self.cpu_us)

    @property
    def p50(self) -> float:
        """Median latency at one connection, in microseconds."""
        return median(self.p50_us)


def run() -> Row:
    """CPU per request at CONNECTIONS connections, and the median latency at one, alternating."""
    wrk, nginx = program("wrk", "wrk"), program("nginx", "nginx")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        issuer = Signer(new_private_key())
        jwks = json.dumps({"keys": [issuer.public_key()]})
        upstream = _nginx(stack, nginx, folder / "upstream.conf", _UPSTREAM, jwks=jwks).port
        plain = _nginx(stack, nginx, folder / "plain.conf", _PLAIN, upstream=upstream)
        tuned = _nginx(stack, nginx, folder / "tuned.conf", _TUNED, upstream=upstream)
        ours = _gateway(stack, folder, upstream)
        header = f"Authorization: Bearer {_token(issuer)}"
        for side in (plain, tuned, ours):
            _load(wrk, side.port, header, CONNECTIONS, 1)
        for _ in range(ROUNDS):
            for side in (plain, tuned, ours):
                _measure(wrk, side, header)
    return _row(plain, tuned, ours)


def _row(plain: _Side, tuned: _Side, ours: _Side) -> Row:
    figures = (
        f"CPU a request at {CONNECTIONS} connections: gateway {ours.cpu:.0f} us, nginx {plain.cpu:.0f} us "
        f"(with a warm pool {tuned.cpu:.0f} us, {ours.cpu / tuned.cpu:.2f}x); p50 at one connection: gateway "
        f"{ours.p50:.0f} us, nginx {plain.p50:.0f} us, {ours.p50 / plain.p50:.2f}x, target 1.70 "
        f"(warm pool {tuned.p50:.0f} us, {ours.p50 / tuned.p50:.2f}x); medians of {ROUNDS} rounds; {interpreter()}"
    )
    return Row("gateway", ours.cpu / plain.cpu, TARGET, figures)


def _measure(wrk: str, side: _Side, header: str) -> None:
    before = cpu_seconds(side.pid)
    requests, _ = _load(wrk, side.port, header, CONNECTIONS, SECONDS)
    side.cpu_us.append((cpu_seconds(side.pid) - before) / requests * 1e6)
    _, p50 = _load(wrk, side.port, header, 1, SECONDS)
    side.p50_us.append(p50)


def _load(wrk: str, port: int, header: str, connections: int, seconds: int) -> tuple[int, float]:
    """Answers counted, and their median latency in microseconds. Errors: RuntimeError unless all are 200."""
    command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-H", header]
    completed = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{PATH}"], check=True, capture_output=True, text=True, timeout=seconds + 20
    ).stdout
    requests = re.search(r"(\d+) requests in", completed)
    p50 = re.search(r"50%\s+([0-9.]+)(us|ms|s)", completed)
    if "Non-2xx" in completed or "Socket errors" in completed or requests is None or p50 is None:
        raise RuntimeError(f"the load was not answered:\n{completed}")
    return int(requests[1]), float(p50[1]) * {"us": 1, "ms": 1e3, "s": 1e6}[p50[2]]


def _nginx(stack: ExitStack, nginx: str, configuration: Path, servers: str, **values: object) -> _Side:
    port = free_port()
    text = _NGINX.format(folder=configuration.parent, servers=servers.format(port=port, **values))
    configuration.write_text(text.replace("nginx.pid", f"{configuration.stem}.pid"))
    command = [nginx, "-p", str(configuration.parent), "-e", "stderr", "-c", str(configuration)]
    return _Side(port, stack.enter_context(process(command, port)), [], [])


def _gateway(stack: ExitStack, folder: Path, upstream: int) -> _Side:
    port = free_port()
    key = folder / "gateway.jwk"
    key.write_text(json.dumps(new_private_key()))
    address = f"http://127.0.0.1:{upstream}"
    issuer = {"issuer": "bench", "jwksUrl": f"{address}/jwks", "algorithms": ["Ed25519"]}
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ENZYM_")},
        "ENZYM_ENVIRONMENT": "development",
        "ENZYM_PORT": str(port),
        "ENZYM_ISSUERS": json.dumps([issuer]),
        "ENZYM_KEY_FILES": json.dumps([str(key)]),
        **{f"ENZYM_{name}_URL": address for name in ("CONTRACTS", "OUTCOMES", "SETTLEMENT")},
    }
    return _Side(port, stack.enter_context(process([sys.executable, "-m", "gateway.app"], port, environment)), [], [])


def _token(issuer: Signer) -> str:
    claims = {"sub": "bench", "org": "0184:13585628", "permissions": ["read"], "actor": "system", "client_id": "bench"}
    return issuer.sign({"iss": "bench", "aud": "enzym", "exp": int(time.time()) + 3600, **claims})
