"""Tests: what of a change would break somebody: of two OpenAPI documents, or two JSON Schemas of an event."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
Schema = Mapping[str, Any]

LOWEST = ("minLength", "minimum", "exclusiveMinimum", "minItems")
HIGHEST = ("maxLength", "maximum", "exclusiveMaximum", "maxItems")
DEEPEST = 40


@dataclass(frozen=True)
class Pair:
    """One schema before and after, in their documents. `is_input`: somebody sends it; `is_output`: somebody reads
    it. An event is both: what was said long ago is read by new code."""

    before: Document
    after: Document
    is_input: bool
    is_output: bool

    def compare(self, old: Schema, new: Schema, at: str, depth: int = 0) -> Iterator[str]:
        """Sentences, each with the place of what is not as it was."""
        if depth > DEEPEST:
            return
        old, new = _resolved(self.before, old), _resolved(self.after, new)
        if _is_union(old) or _is_union(new):
            yield from self._alternatives(old, new, at, depth)
            return
        if old.get("type") != new.get("type"):
            yield f"{at}: the type was {old.get('type')} and is {new.get('type')}"
            return
        yield from self._values(old, new, at)
        yield from self._properties(old, new, at, depth)
        if "items" in old and "items" in new:
            yield from self.compare(old["items"], new["items"], f"{at}[]", depth + 1)

    def _alternatives(self, old: Schema, new: Schema, at: str, depth: int) -> Iterator[str]:
        before = {_kind(schema): schema for schema in alternatives_of(self.before, old)}
        after = {_kind(schema): schema for schema in alternatives_of(self.after, new)}
        for kind in before.keys() - after.keys():
            if self.is_input or kind != "null":
                yield f"{at}: {kind} is not possible any more"
        for kind in before.keys() & after.keys():
            yield from self.compare(before[kind], after[kind], at, depth + 1)

    def _values(self, old: Schema, new: Schema, at: str) -> Iterator[str]:
        before, after = listed(old), listed(new)
        if before is not None and after is not None:
            yield from (f"{at}: the value {value} is gone" for value in sorted(before - after))
        elif after is not None and self.is_input:
            yield f"{at}: only {sorted(after)} are possible now"
        if not self.is_input:
            return
        for name in ("pattern", "format"):
            if new.get(name) is not None and new.get(name) != old.get(name):
                yield f"{at}: {name} is another"
        for names, narrower in ((LOWEST, 1), (HIGHEST, -1)):
            for name in names:
                if name in new and (name not in old or (new[name] - old[name]) * narrower > 0):
                    yield f"{at}: {name} is narrower"

    def _properties(self, old: Schema, new: Schema, at: str, depth: int) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed_before, needed_after = set(old.get("required", ())), set(new.get("required", ()))
        for name in before.keys() - after.keys():
            yield f"{at}/{name}: is gone"
        if self.is_input:
            yield from (f"{at}/{name}: is required now" for name in sorted(needed_after - needed_before))
        if self.is_output:
            kept = needed_before & after.keys()
            yield from (f"{at}/{name}: may be missing now" for name in sorted(kept - needed_after))
        for name in before.keys() & after.keys():
            yield from self.compare(before[name], after[name], f"{at}/{name}", depth + 1)


def _resolved(document: Document, schema: Schema) -> Schema:
    while "$ref" in schema:
        node: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            node = node[part]
        schema = node
    if len(schema.get("anyOf", ())) == 1 or len(schema.get("allOf", ())) == 1:
        return _resolved(document, (schema.get("anyOf") or schema["allOf"])[0])
    return schema


def _is_union(schema: Schema) -> bool:
    return "anyOf" in schema or "oneOf" in schema


def alternatives_of(document: Document, schema: Schema) -> Iterator[Schema]:
    """What a schema allows one of, also where that is a choice again; the schema itself, if it is no choice."""
    schema = _resolved(document, schema)
    if not _is_union(schema):
        yield schema
    for alternative in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from alternatives_of(document, alternative)


def _kind(schema: Schema) -> str:
    """What tells one alternative from the others."""
    return str(schema.get("title") if schema.get("type") == "object" else schema.get("type"))


def listed(schema: Schema) -> set[str] | None:
    """The values that are possible, where they are counted: one constant is a list of one."""
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return None if values is None else {str(value) for value in values}


def breaking_interface(old: Document, new: Document) -> Iterator[str]:
    """What a client of `old` would stumble over in `new`: OpenAPI documents."""
    for path, methods in old["paths"].items():
        for method, operation in methods.items():
            at = f"{method.upper()} {path}"
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                yield f"{at}: is gone"
                continue
            yield from _parameters(old, new, operation, now, at)
            yield from _request(old, new, operation, now, at)
            yield from _answers(old, new, operation, now, at)


def _parameters(old: Document, new: Document, was: Document, now: Document, at: str) -> Iterator[str]:
    pair = Pair(old, new, is_input=True, is_output=False)
    before = {(parameter["in"], parameter["name"].lower()): parameter for parameter in was.get("parameters", ())}
    after = {(parameter["in"], parameter["name"].lower()): parameter for parameter in now.get("parameters", ())}
    for key in before.keys() - after.keys():
        yield f"{at}: the {key[0]} parameter {key[1]} is gone"
    for key, parameter in after.items():
        if parameter.get("required") and not before.get(key, {}).get("required"):
            yield f"{at}: the {key[0]} parameter {key[1]} is required now"
        if key in before:
            yield from pair.compare(before[key].get("schema", {}), parameter.get("schema", {}), f"{at} {key[1]}")


def _request(old: Document, new: Document, was: Document, now: Document, at: str) -> Iterator[str]:
    before, after = was.get("requestBody", {}), now.get("requestBody", {})
    if after.get("required") and not before.get("required"):
        yield f"{at}: a body is required now"
    yield from _contents(Pair(old, new, is_input=True, is_output=False), before, after, f"{at} body")


def _answers(old: Document, new: Document, was: Document, now: Document, at: str) -> Iterator[str]:
    pair = Pair(old, new, is_input=False, is_output=True)
    for status, answer in was.get("responses", {}).items():
        later = now.get("responses", {}).get(status)
        if later is None:
            yield f"{at}: the answer {status} is gone"
        else:
            yield from _contents(pair, answer, later, f"{at} {status}")


def _contents(pair: Pair, was: Document, now: Document, at: str) -> Iterator[str]:
    before, after = was.get("content", {}), now.get("content", {})
    for media_type, content in before.items():
        if media_type not in after:
            yield f"{at}: {media_type} is gone"
        else:
            yield from pair.compare(content.get("schema", {}), after[media_type].get("schema", {}), at)


def breaking_events(old: Document, new: Document) -> Iterator[str]:
    """What would stop old facts from being read, or old readers from reading: schemas by type of event."""
    for type_, declared in old.items():
        if type_ not in new:
            yield f"{type_}: is gone"
            continue
        for name in ("topic", "source"):
            if declared[name] != new[type_][name]:
                yield f"{type_}: the {name} is another"
        pair = Pair(declared["schema"], new[type_]["schema"], is_input=True, is_output=True)
        yield from pair.compare(declared["schema"], new[type_]["schema"], type_)
