"""Door: merges the OpenAPI documents of the services and the table of policy into one."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gateway.policy import Operation
from services.core.values import camel

Document = dict[str, Any]

PROBLEM = "application/problem+json"
_PARAMETER = re.compile(r"{[^}]*}")
_REFERENCE = "#/components/schemas/"

_HEAD: Document = {
    "openapi": "3.1.0",
    "info": {
        "title": "Enzym",
        "version": "1.0.0",
        "summary": "The exchange on which social outcomes contracts are run",
        "description": (
            "Every refusal and failure is a problem document (RFC 9457). Amounts and quantities are decimal strings. "
            "No identifier of a person may stand in an address. POSTs that create or move something need an "
            "`Idempotency-Key`; changes of what is there need `If-Match`."
        ),
        "license": {"name": "MPL-2.0", "identifier": "MPL-2.0"},
    },
    "servers": [{"url": "/"}],
    "security": [{"token": []}],
}
_SECURITY: Document = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": (
            "An access token for the audience `enzym`, with the claims `sub`, `org`, `permissions` and `actor`. Each "
            "operation names the permission that it needs."
        ),
    }
}
_RESPONSE_HEADERS: Document = {
    "X-Correlation-Id": {
        "description": "What to name when asking about this request; sent by the client, or made here",
        "schema": {"type": "string", "format": "uuid"},
    },
    "API-Version": {"description": "The full version of the interface", "schema": {"type": "string"}},
}


class NotAsDeclared(ValueError):
    """The table and the services do not have the same operations; the message lists the differences."""


def merge(documents: Mapping[str, Document], operations: Iterable[Operation]) -> Document:
    """The document of the whole interface: `documents` by service, in the order and by the names of `operations`.
    Schemas of one name and different content get the service's word in front.
    Errors: NotAsDeclared when an operation is in no document, or the other way round."""
    rows = tuple(operations)
    _check(documents, rows)
    renamed, schemas = _schemas(documents)
    paths: Document = {}
    for row in rows:
        operation, names = _find(documents[row.service], row)
        operation = _with_references(operation, renamed[row.service])
        paths.setdefault(row.path, {})[row.method.lower()] = _with_policy(operation, row, names)
    components = {"schemas": schemas, "securitySchemes": _SECURITY, "headers": _RESPONSE_HEADERS}
    return {**_HEAD, "paths": paths, "components": components}


def _served(document: Document) -> Iterator[tuple[str, str]]:
    for path, methods in document["paths"].items():
        for method in methods:
            yield method.upper(), path


def _check(documents: Mapping[str, Document], rows: tuple[Operation, ...]) -> None:
    served = {
        (service, method, _PARAMETER.sub("{}", path))
        for service, document in documents.items()
        for method, path in _served(document)
    }
    declared = {(row.service, row.method, _PARAMETER.sub("{}", row.path)) for row in rows}
    faults = [f"{' '.join(key)}: in the table, not served" for key in sorted(declared - served)]
    faults += [f"{' '.join(key)}: served, not in the table" for key in sorted(served - declared)]
    if faults:
        raise NotAsDeclared("\n".join(faults))


def _find(document: Document, row: Operation) -> tuple[Document, dict[str, str]]:
    """The operation, and the table's name of each of its path parameters."""
    for method, path in _served(document):
        if method == row.method and _PARAMETER.sub("{}", path) == _PARAMETER.sub("{}", row.path):
            theirs, ours = (_PARAMETER.findall(template) for template in (path, row.path))
            return document["paths"][path][method.lower()], {
                their.strip("{}"): our.strip("{}") for their, our in zip(theirs, ours, strict=True)
            }
    raise NotAsDeclared(row.name)


def _with_policy(operation: Document, row: Operation, names: Mapping[str, str]) -> Document:
    """An operation with the name, the permissions and the path parameters of its row."""
    permissions = " or ".join(f"`{permission}`" for permission in row.permissions)
    described = {
        **operation,
        "operationId": camel(row.name),
        "description": f"{operation.get('description', '').strip()}\n\nPermission: {permissions}.".strip(),
        "x-permissions": list(row.permissions),
        "responses": {status: _response(response) for status, response in operation["responses"].items()},
    }
    if "parameters" in operation:
        described["parameters"] = [_parameter(parameter, names) for parameter in operation["parameters"]]
    return described


def _parameter(parameter: Document, names: Mapping[str, str]) -> Document:
    if parameter.get("in") != "path":
        return parameter
    return {**parameter, "name": names.get(parameter["name"], parameter["name"])}


def _response(response: Document) -> Document:
    """A response with the headers that all have. A problem has its own media type alone."""
    content: Document = response.get("content", {})
    if PROBLEM in content:
        content = {PROBLEM: {"schema": {"$ref": f"{_REFERENCE}Problem"}}}
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _RESPONSE_HEADERS}
    return {
        **response,
        **({"content": content} if content else {}),
        "headers": {**response.get("headers", {}), **headers},
    }


def _schemas(documents: Mapping[str, Document]) -> tuple[dict[str, dict[str, str]], Document]:
    """New names by service and old name, and all schemas by their new names."""
    schemas_of = {service: document.get("components", {}).get("schemas", {}) for service, document in documents.items()}
    clashing = _clashing(schemas_of)
    renamed = {
        service: {name: f"{service.partition('-')[0].capitalize()}{name}" for name in clashing & schemas.keys()}
        for service, schemas in schemas_of.items()
    }
    merged = {
        renamed[service].get(name, name): _with_references(schema, renamed[service])
        for service, schemas in schemas_of.items()
        for name, schema in schemas.items()
    }
    return renamed, dict(sorted(merged.items()))


def _clashing(schemas_of: Mapping[str, Document]) -> set[str]:
    """Names with more than one meaning, by themselves or by what they refer to."""
    meanings: dict[str, set[str]] = {}
    counts: Counter[str] = Counter()
    for schemas in schemas_of.values():
        counts.update(schemas.keys())
        for name, schema in schemas.items():
            meanings.setdefault(name, set()).add(json.dumps(schema, sort_keys=True))
    clashing = {name for name, texts in meanings.items() if len(texts) > 1}
    shared = {name for name, count in counts.items() if count > 1}
    # A name clashes too when it refers to one that does, and so on until no more are added.
    while more := {name for name in shared - clashing if _refers_to(meanings[name], clashing)}:
        clashing |= more
    return clashing


def _refers_to(texts: set[str], names: set[str]) -> bool:
    return any(f'"{_REFERENCE}{name}"' in text for text in texts for name in names)


def _with_references(node: Any, renamed: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {
            key: _renamed(child, renamed)
            if key == "$ref" and isinstance(child, str)
            else _with_references(child, renamed)
            for key, child in node.items()
        }
    if isinstance(node, list):
        return [_with_references(child, renamed) for child in node]
    return node


def _renamed(reference: str, renamed: Mapping[str, str]) -> str:
    name = reference.removeprefix(_REFERENCE)
    return _REFERENCE + renamed.get(name, name)
