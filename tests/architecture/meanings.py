"""Tests: what names in the source mean: which function, class or constant, also through imports and annotations."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from .source import REPOSITORY, SERVICES, Module, modules_of

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Place:
    """A function, class or constant: its module, and its name there (`Basis.sees`)."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}:{self.name}"


@dataclass
class Source:
    """One module: what it imports by which name, and what stands in it."""

    name: str
    module: Module
    imports: dict[str, str] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    constants: dict[str, ast.expr] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in ast.walk(self.module.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                self.imports |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
            elif isinstance(node, ast.Import):
                self.imports |= {name.asname or name.name: name.name for name in node.names}
        for node in self.module.tree.body:
            if isinstance(node, Function):
                self.functions[node.name] = node
            elif isinstance(node, ast.ClassDef):
                self.classes[node.name] = node
                self.functions |= {
                    f"{node.name}.{method.name}": method for method in node.body if isinstance(method, Function)
                }
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    if isinstance(target, ast.Name):
                        self.constants[target.id] = node.value


class Sources:
    """All modules of the services and of what they share."""

    def __init__(self) -> None:
        modules = [module for distribution in ("services", *SERVICES) for module in modules_of(distribution)]
        self._by_name = {source.name: source for source in (Source(_dotted(module), module) for module in modules)}

    def __getitem__(self, place: Place) -> Source:
        return self._by_name[place.module]

    @cached_property
    def _methods(self) -> dict[str, list[Place]]:
        """Every method by its own name."""
        methods: dict[str, list[Place]] = {}
        for source in self._by_name.values():
            for name in source.functions:
                if "." in name:
                    methods.setdefault(name.partition(".")[2], []).append(Place(source.name, name))
        return methods

    @cached_property
    def _fields(self) -> set[str]:
        """The name of every field of every class."""
        bodies = (of.body for source in self._by_name.values() for of in source.classes.values())
        return {
            node.target.id
            for body in bodies
            for node in body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        }

    def methods_called(self, name: str, by: Source) -> list[Place]:
        """The methods that a name may mean in a module, where nothing says of which class: those of its own service and
        of core; none where it may be a field."""
        if name in self._fields or name.startswith("__"):
            return []
        near = (by.name.partition(".")[0] + ".", "services.core.")
        return [method for method in self._methods.get(name, []) if method.module.startswith(near)]

    def named(self, source: Source, name: str) -> Place | None:
        """What a name means in a module, also through modules that pass it on."""
        if name in source.functions or name in source.classes or name in source.constants:
            return Place(source.name, name)
        target = source.imports.get(name)
        if target is None:
            return None
        module, _, last = target.rpartition(".")
        return self.named(self._by_name[module], last) if module in self._by_name else None

    def module(self, source: Source, name: str) -> Source | None:
        """The module that a name means in another."""
        return self._by_name.get(source.imports.get(name, ""))

    def method(self, of: Place, name: str) -> Place | None:
        """A method of a class or of what it is made from."""
        source = self[of]
        if f"{of.name}.{name}" in source.functions:
            return Place(of.module, f"{of.name}.{name}")
        for base in source.classes[of.name].bases:
            above = self.named(source, base.id) if isinstance(base, ast.Name) else None
            method = self.method(above, name) if above and above.name in self[above].classes else None
            if method:
                return method
        return None

    def class_in(self, source: Source, annotation: ast.expr | None) -> Place | None:
        """The one class of ours that an annotation says an object is, None beside it left out."""
        match annotation:
            case ast.Constant(value=str(text)):
                return self.class_in(source, ast.parse(text, mode="eval").body)
            case ast.BinOp(left=left, right=right):
                return self.class_in(source, left) or self.class_in(source, right)
            case ast.Name(id=name):
                place = self.named(source, name)
                return place if place and place.name in self[place].classes else None
        return None


class Types:
    """What the names of one function are, as far as its source says so."""

    def __init__(self, sources: Sources, source: Source, place: Place, function: Function) -> None:
        self.sources, self.source, self.place = sources, source, place
        self._known: dict[str, Place | None] = {}
        inner = [node for node in ast.walk(function) if isinstance(node, Function | ast.Lambda)]
        for each in inner:
            for argument in (*each.args.posonlyargs, *each.args.args, *each.args.kwonlyargs):
                self._known[argument.arg] = sources.class_in(source, argument.annotation)
        if "." in place.name:
            self._known["self"] = Place(place.module, place.name.partition(".")[0])
        names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
        self.locals = {name.id for name in names if isinstance(name.ctx, ast.Store)} | self._known.keys()
        self.locals |= {node.name for node in inner if isinstance(node, Function) and node is not function}
        for node in in_order(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self._known.setdefault(node.targets[0].id, self.of(node.value))

    def of(self, value: ast.expr) -> Place | None:
        """The class of what an expression gives."""
        match value:
            case ast.Await(value=inner):
                return self.of(inner)
            case ast.Name(id=name):
                return self._known.get(name)
            case ast.Call(func=called):
                return self._given_by(called)
            case ast.Attribute(value=inner, attr=name) if (of := self.of(inner)) is not None:
                return self._field(of, name)
        return None

    def _given_by(self, called: ast.expr) -> Place | None:
        place: Place | None = None
        if isinstance(called, ast.Name) and called.id not in self.locals:
            place = self.sources.named(self.source, called.id)
        elif isinstance(called, ast.Attribute):
            module = self.sources.module(self.source, called.value.id) if isinstance(called.value, ast.Name) else None
            of = None if module else self.of(called.value)
            place = self.sources.named(module, called.attr) if module else of and self.sources.method(of, called.attr)
        if place is None:
            return None
        source = self.sources[place]
        function = source.functions.get(place.name)
        return self.sources.class_in(source, function.returns) if function else place

    def _field(self, of: Place, name: str) -> Place | None:
        method = self.sources.method(of, name)
        if method:
            source = self.sources[method]
            return self.sources.class_in(source, source.functions[method.name].returns)
        source = self.sources[of]
        for node in source.classes[of.name].body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
                return self.sources.class_in(source, node.annotation)
        return None


def _dotted(module: Module) -> str:
    parts = module.path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[2:] if parts[-1] != "__init__" else parts[2:-1])


def in_order(node: ast.AST) -> Iterator[ast.AST]:
    """A node and everything within, in the order of the source."""
    yield node
    for child in ast.iter_child_nodes(node):
        yield from in_order(child)
