"""Tests: the cognitive complexity of a function: how much of it a reader must keep in mind, line by line.

The rules are those of SonarSource ("Cognitive Complexity", G. Ann Campbell, version 1.7):

- one for each break in the linear flow: `if`, `elif`, `else`, a ternary, a loop and its `else`, `except`, `match`, and
  recursion;
- one more for each level that an `if`, a ternary, a loop, an `except` or a `match` stands inside of; a function or a
  lambda inside a function is a level too;
- one for each sequence of like operators: `a and b and c` is one, `a and b or c` two.

What that paper does not know of Python is counted here as what it does: a comprehension is a loop, each further `for`
of it and each `if` of it one more.
"""

import ast
from collections.abc import Iterable, Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef
Points = Iterator[tuple[int, int]]
"""What is counted: at which line, and how much."""


def named_functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """Each function of a module and each method of its classes, by its name: `settle`, `Basis.sees`."""

    def among(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, Function]]:
        for node in body:
            if isinstance(node, Function):
                yield prefix + node.name, node
            elif isinstance(node, ast.ClassDef):
                yield from among(node.body, f"{prefix}{node.name}.")

    return among(tree.body, "")


def complexity_of(function: Function) -> int:
    """All that is counted in one function, what stands inside of it included."""
    return sum(points for _, points in points_of(function))


def points_of(function: Function) -> Points:
    """What is counted in one function, line by line. A decorator is read as if its wrapper stood by itself."""
    yield from _in_each(function.body, -1 if _is_decorator(function) else 0)
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and _calls_itself(function, node.func):
            yield node.lineno, 1
            return


def _is_decorator(function: Function) -> bool:
    match function.body[1:] if ast.get_docstring(function) else function.body:
        case [ast.FunctionDef(name=wrapper) | ast.AsyncFunctionDef(name=wrapper), ast.Return(value=ast.Name(id=given))]:
            return wrapper == given
    return False


def _calls_itself(function: Function, called: ast.expr) -> bool:
    first = function.args.args[0].arg if function.args.args else None
    name = f"{first}.{function.name}" if first in ("self", "cls") else function.name
    return ast.unparse(called) == name


def _in_each(nodes: Iterable[ast.AST], level: int) -> Points:
    for node in nodes:
        yield from _points(node, level)


def _points(node: ast.AST, level: int) -> Points:
    match node:
        case ast.If():
            yield node.lineno, 1 + level
            yield from _branches(node, level)
        case ast.For() | ast.AsyncFor() | ast.While():
            yield node.lineno, 1 + level
            yield from _points(node.test if isinstance(node, ast.While) else node.iter, level)
            yield from _in_each(node.body, level + 1)
            yield from _otherwise(node.orelse, level)
        case ast.ExceptHandler() | ast.IfExp() | ast.Match():
            yield node.lineno, 1 + level
            yield from _in_each(ast.iter_child_nodes(node), level + 1)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            yield node.generators[0].target.lineno, 1 + level
            yield from ((clause.target.lineno, 1) for clause in node.generators[1:])
            yield from ((test.lineno, 1) for clause in node.generators for test in clause.ifs)
            yield from _in_each(ast.iter_child_nodes(node), level + 1)
        case ast.BoolOp():
            yield node.lineno, 1
            yield from _in_each(_operands(node), level)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            yield from _in_each(ast.iter_child_nodes(node), level + 1)
        case _:
            yield from _in_each(ast.iter_child_nodes(node), level)


def _operands(node: ast.BoolOp) -> Iterator[ast.expr]:
    """What one sequence of `and` joins, as if it had no parentheses within."""
    for value in node.values:
        if isinstance(value, ast.BoolOp) and isinstance(value.op, type(node.op)):
            yield from _operands(value)
        else:
            yield value


def _branches(node: ast.If, level: int) -> Points:
    yield from _points(node.test, level)
    yield from _in_each(node.body, level + 1)
    yield from _otherwise(node.orelse, level)


def _otherwise(branch: list[ast.stmt], level: int) -> Points:
    """`elif` and `else` are one each, however deep: the reader has paid for the level at the `if`."""
    if len(branch) == 1 and isinstance(elif_ := branch[0], ast.If):
        yield elif_.lineno, 1
        yield from _branches(elif_, level)
    elif branch:
        yield branch[0].lineno - 1, 1
        yield from _in_each(branch, level + 1)
