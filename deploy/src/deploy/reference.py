"""Deploy: writes docs/events.md and docs/errors.md from the code, so that they cannot say anything else."""

import argparse
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import contracts_service
import gateway
import outcomes_service
import services
import settlement_service
from services.core.errors import EnzymError
from services.events import CATALOGUE
from services.kit.doors import problems, shapes

DOCS = Path(__file__).parents[3] / "docs"
ROOTS = (services, gateway, contracts_service, outcomes_service, settlement_service)
NOTE = "<!-- Written by `make snapshots` from the code. Change the code, not this page. -->\n"
NOT_FOR_CLIENTS = ("__main__", "testing", "alembic_env")


def events_page() -> str:
    """docs/events.md: every fact, its fields and its topic."""
    lines = [
        "# Events\n",
        NOTE,
        "What the services say to each other: [CloudEvents 1.0](https://cloudevents.io), Kafka binary mode. The key is",
        "the aggregate: the contract id, or the organisation id for `organisation.*`. `sequence` counts from 1 without",
        "a gap per (source, aggregate). Topics are read by the services only. No participant key, external id or",
        "evidence is in any event: claim id and subject id only.\n",
    ]
    for declaration in sorted(CATALOGUE.values(), key=lambda row: (row.topic, row.type)):
        schema = shapes.schema(declaration.shape)
        lines += [f"## `{declaration.type}`\n", _one_line(declaration.shape.__doc__), ""]
        lines += [
            f"Topic `{declaration.topic}`, source `{declaration.source}`.\n",
            "| Field | Type | |",
            "|---|---|---|",
        ]
        required = set(schema.get("required", ()))
        for name, field in schema["properties"].items():
            lines.append(f"| `{name}` | {_type(field)} | {'required' if name in required else 'optional'} |")
        lines.append("")
    return "\n".join(lines)


def errors_page() -> str:
    """docs/errors.md: every code that a problem document can carry."""
    lines = [
        "# Errors\n",
        NOTE,
        "Every refusal and failure is a problem document (RFC 9457, `application/problem+json`). `code` is stable for",
        "ever; `detail` and `errors[].detail` say what would have been allowed; nothing that was sent is repeated.\n",
        "| Code | Status | Title | When |",
        "|---|---|---|---|",
    ]
    for kind in sorted(_kinds(), key=lambda kind: (problems.status_of(_instance(kind)), kind.code)):
        status = problems.status_of(_instance(kind))
        lines.append(f"| `{kind.code}` | {status} | {kind.title} | {_one_line(kind.__doc__)} |")
    return "\n".join(lines) + "\n"


def _kinds() -> list[type[EnzymError]]:
    for root in ROOTS:
        for module in _modules(root):
            importlib.import_module(module)
    kinds: dict[str, type[EnzymError]] = {}
    for kind in _with_subclasses(EnzymError):
        if "code" in vars(kind):
            kinds.setdefault(kind.code, kind)
    return list(kinds.values())


def _modules(root: ModuleType) -> Iterator[str]:
    for module in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
        if module.name.rpartition(".")[2] not in NOT_FOR_CLIENTS:
            yield module.name


def _with_subclasses(kind: type[EnzymError]) -> Iterator[type[EnzymError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _with_subclasses(child)


def _instance(kind: type[EnzymError]) -> EnzymError:
    return kind.__new__(kind)


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "anyOf" in field:
        return " or ".join(_type(choice) for choice in field["anyOf"] if choice.get("type") != "null")
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    if "enum" in field:
        return ", ".join(f"`{choice}`" for choice in field["enum"])
    return str(field.get("format", field.get("type", "")))


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def main() -> None:
    """Writes both pages."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    (DOCS / "events.md").write_text(events_page())
    (DOCS / "errors.md").write_text(errors_page())


if __name__ == "__main__":
    main()
