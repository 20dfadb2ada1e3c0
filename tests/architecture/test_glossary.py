"""Tests: the classes of a domain are the field's words: each stands in the glossary, or in a list with what it is."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from services.core.errors import EnzymError

from .source import REPOSITORY, SERVICES, Module, listed, modules_of, root_of

GLOSSARY = REPOSITORY / "docs" / "glossary.md"
LISTED = Path(__file__).with_name("not_in_glossary.txt")
"""Classes that are no terms of the field: service, class, and what it is."""
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def _terms() -> set[str]:
    """The English words of the first column: `unit (of an organisation)` is "unit", `working, tree` are two."""
    rows = [line.split("|")[1] for line in GLOSSARY.read_text().splitlines() if line.startswith("| ")]
    return {term.strip() for row in rows[1:] for term in re.sub(r"\(.*?\)", "", row).split(",")}


def _listed() -> dict[tuple[str, str], str]:
    lines = [line for line in LISTED.read_text().splitlines() if line and not line.startswith("#")]
    rows = [re.fullmatch(r"(\S+) (\S+): (.+)", line) for line in lines]
    assert all(rows), "each line is `service Class: what it is`"
    return {(row[1], row[2]): row[3] for row in rows if row}


def _public_classes(service: str) -> set[str]:
    """The classes of a service's domain that others may name; errors left out, which have a page of their own
    (docs/errors.md)."""
    root = root_of(service)
    return {
        node.name
        for module in modules_of(service)
        if module.path.relative_to(root).parts[0] == "domain"
        for node in module.tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not _is_error(module, root, node.name)
    }


def _is_error(module: Module, root: Path, name: str) -> bool:
    dotted = ".".join(module.path.relative_to(root.parent).with_suffix("").parts)
    return issubclass(getattr(importlib.import_module(dotted), name), EnzymError)


def _words_of(name: str) -> str:
    """`PaymentRule` as "payment rule"."""
    return " ".join(word.lower() for word in WORDS.findall(name))


@pytest.mark.parametrize("service", SERVICES)
def test_each_class_of_a_domain_is_a_word_of_the_field_or_says_what_it_is(service: str) -> None:
    """Made by three classes that were called `Standing`, and a `Posting` that was none of the ledger: who knew the
    field could not find its things in the code, and who read the code took one for another."""
    classes, terms = _public_classes(service), _terms()
    on_list = {name for of, name in _listed() if of == service}
    named = {name for name in classes if _words_of(name) in terms}
    findings = [
        f"{service} {name}: no term of docs/glossary.md; name it by one, add the term with its Danish word, or say in "
        f"{LISTED.name} what it is"
        for name in sorted(classes - named - on_list)
    ]
    findings += [f"{service} {name}: in the glossary; take it off {LISTED.name}" for name in sorted(on_list & named)]
    findings += [f"{service} {name}: no such class; take it off {LISTED.name}" for name in sorted(on_list - classes)]
    assert not findings, listed(findings)


def test_the_list_is_of_services_that_there_are() -> None:
    """Kept from the start, against a line under a service's old name: it would let nothing pass, noticed by nobody."""
    assert {service for service, _ in _listed()} <= set(SERVICES)
