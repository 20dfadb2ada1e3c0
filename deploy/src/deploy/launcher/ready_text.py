"""Deploy: the text that the launcher prints when a suite is ready: addresses, and requests to copy and paste."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from deploy.identity.personas import PERSONAS
from deploy.launcher.folder import Suite
from deploy.launcher.tokens import token_file

REQUESTS = (
    ("municipality-preparer", "municipality, the person who prepares", "/v1/contracts"),
    ("municipality-approver", "municipality, the person who approves", "/v1/settlements"),
    ("investor", "investor", "/v1/contracts"),
    ("provider", "provider", "/v1/organisations"),
    ("evaluator", "evaluator", "/v1/contracts"),
    ("other-municipality", "another municipality, which is no party", "/v1/contracts"),
)
WITHOUT_TOKEN = (
    ("gateway", "/v1/openapi.json", "the whole interface"),
    ("identity", "/personas", "whom tokens can be had for"),
)


def addresses_of(suite: Suite) -> str:
    """A table of the addresses, the folder of the database and the folder of the logs."""
    rows = [(name, url) for name, url in suite.addresses.items()]
    if suite.bootstrap:
        rows.append(("kafka", suite.bootstrap))
    rows.append(("postgres", parse_qs(urlsplit(next(iter(suite.databases.values()))).query)["host"][0]))
    rows.append(("logs", str(Path(suite.folder) / "logs")))
    return "\n".join(_columns(rows))


def curl_lines(suite: Suite) -> str:
    """Requests as each persona, and how to get another token."""
    folder = Path(suite.folder)
    lines: list[str] = []
    for persona, title, path in REQUESTS:
        organisation = PERSONAS[persona].organisation
        header = shlex.quote(f"@{token_file(folder, persona)}")
        lines += [f"# {title} ({organisation})", f"curl -s -H {header} {suite.gateway}{path}"]
    for name, path, title in WITHOUT_TOKEN:
        lines += [f"# {title}", f"curl -s {suite.addresses[name]}{path}"]
    form = "-d grant_type=client_credentials -d client_id=investor"
    lines += ["# a token alone, good for eight hours", f"curl -s {form} {suite.identity}/token"]
    return "\n".join(lines)


def _columns(rows: Sequence[tuple[str, str]]) -> list[str]:
    width = max(len(name) for name, _ in rows)
    return [f"  {name:<{width}}  {value}" for name, value in rows]
