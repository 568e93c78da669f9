"""Small changes of one module, each a way in which it could be wrong.

Own code, because no library fits: they change neither the condition inside a text of DynamoDB's
language, which is where this ledger decides, nor a decorated function, and they start Python anew
for each mutant.
"""

import ast
import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_COMPARED = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_CALCULATED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult}
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
_TEXTS = (
    (">=", ">"),
    (" < ", " <= "),
    ("attribute_not_exists", "attribute_exists"),
    (" AND ", " OR "),
    (" OR ", " AND "),
    ("NOT contains", "contains"),
    (" - ", " + "),
    (" + ", " - "),
)
_IS_EXPRESSION = re.compile(r"[#:][a-z]|attribute_|REMOVE |SET |ADD |DELETE ")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: where, what, and the whole module with it."""

    line: int
    function: str
    """Qualified name of the outermost function around it; empty for a constant's."""
    what: str
    tree: ast.Module


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of the source, in the order of its lines."""
    tree = ast.parse(source)
    for function, node in _places(tree):
        for number, (spot, what) in enumerate(_changes(node)):
            changed = copy.deepcopy(node)
            _apply(changed, number)
            yield Mutant(spot, function, what, _with(tree, node, changed))


def _places(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Functions, methods, and the constants of the module."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for member in node.body:
                if isinstance(member, ast.FunctionDef):
                    yield f"{node.name}.{member.name}", member
        elif isinstance(node, ast.Assign):
            yield "", node


def _with(tree: ast.Module, node: ast.stmt, changed: ast.stmt) -> ast.Module:
    """The module with one place changed."""

    def swapped(body: list[ast.stmt]) -> list[ast.stmt]:
        return [changed if one is node else one for one in body]

    body = [
        _class_with(one, swapped(one.body)) if isinstance(one, ast.ClassDef) else one
        for one in swapped(tree.body)
    ]
    return ast.fix_missing_locations(ast.Module(body=body, type_ignores=[]))


def _class_with(node: ast.ClassDef, body: list[ast.stmt]) -> ast.ClassDef:
    made = copy.copy(node)
    made.body = body
    return made


def _changes(node: ast.stmt) -> list[tuple[int, str]]:
    """Line and words of each change that ``_apply`` can make, by its number."""
    return [(spot, what) for spot, what, _ in _edits(copy.deepcopy(node))]


def _apply(node: ast.stmt, number: int) -> None:
    _edits(node)[number][2]()


def _edits(root: ast.stmt) -> list[tuple[int, str, Any]]:
    found: list[tuple[int, str, Any]] = []
    for node in _walk(root):
        line = getattr(node, "lineno", 0)
        found += [(line, what, edit) for what, edit in _of_expression(node)]
        found += _of_statements(node)
    return found


def _walk(root: ast.AST) -> Iterator[ast.AST]:
    """All below but annotations, docstrings, decorators and the texts of errors."""
    yield root
    for name, value in ast.iter_fields(root):
        if name in {"annotation", "returns", "decorator_list", "args"} and not isinstance(
            root, ast.Call
        ):
            continue
        if isinstance(root, ast.Raise):
            continue
        children = value if isinstance(value, list) else [value]
        for child in children:
            is_doc = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            if isinstance(child, ast.AST) and not is_doc:
                yield from _walk(child)


def _set(node: Any, name: str, value: Any) -> Any:
    return lambda: setattr(node, name, value)


def _of_expression(node: ast.AST) -> Iterator[tuple[str, Any]]:
    if isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            other = _COMPARED[type(op)]
            ops = [*node.ops[:i], other(), *node.ops[i + 1 :]]
            yield f"{type(op).__name__} → {other.__name__}", _set(node, "ops", ops)
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _CALCULATED:
        other = _CALCULATED[type(node.op)]
        yield f"{type(node.op).__name__} → {other.__name__}", _set(node, "op", other())
    elif isinstance(node, ast.BoolOp):
        swapped = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield f"→ {type(swapped).__name__}", _set(node, "op", swapped)
        for i in range(len(node.values)):
            kept = [*node.values[:i], *node.values[i + 1 :]]
            values = kept if len(kept) > 1 else kept * 2
            yield f"without {ast.unparse(node.values[i])}", _set(node, "values", values)
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        negated = ast.UnaryOp(op=ast.Not(), operand=node.test)
        yield f"not ({ast.unparse(node.test)})", _set(node, "test", negated)
    elif isinstance(node, ast.Name) and node.id in _NAMES:
        yield f"{node.id} → {_NAMES[node.id]}", _set(node, "id", _NAMES[node.id])
    elif isinstance(node, ast.List) and len(node.elts) > 1:
        for i, element in enumerate(node.elts):
            kept = [*node.elts[:i], *node.elts[i + 1 :]]
            yield f"without {ast.unparse(element)}", _set(node, "elts", kept)
    elif isinstance(node, ast.Constant):
        yield from _of_constant(node)


def _of_constant(node: ast.Constant) -> Iterator[tuple[str, Any]]:
    if isinstance(node.value, bool):
        yield f"→ {not node.value}", _set(node, "value", not node.value)
    elif isinstance(node.value, int):
        yield f"{node.value} → {node.value + 1}", _set(node, "value", node.value + 1)
    elif isinstance(node.value, str) and _IS_EXPRESSION.search(node.value):
        for old, new in _TEXTS:
            if old in node.value:
                yield f"{old} → {new} in text", _set(node, "value", node.value.replace(old, new, 1))


def _of_statements(node: ast.AST) -> list[tuple[int, str, Any]]:
    """A statement left out, a value not returned."""
    found: list[tuple[int, str, Any]] = []
    for name in ("body", "orelse"):
        body = getattr(node, name, None)
        for i, one in enumerate(body if isinstance(body, list) else ()):
            if isinstance(one, ast.Expr) and not isinstance(one.value, ast.Constant | ast.Yield):
                found.append((one.lineno, f"without {ast.unparse(one)}", _put(body, i)))
            elif isinstance(one, ast.AugAssign | ast.Continue | ast.Break):
                found.append((one.lineno, f"without {ast.unparse(one)}", _put(body, i)))
            elif isinstance(one, ast.Return) and not isinstance(one.value, ast.Constant | None):
                found.append((one.lineno, "returns None", _set(one, "value", None)))
    return found


def _put(body: list[ast.stmt], position: int) -> Any:
    def put() -> None:
        body[position] = ast.Pass()

    return put
