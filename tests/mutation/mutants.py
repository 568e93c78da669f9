"""Small changes of one module, each a way in which it could be wrong."""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tests.mutation.edits import Edit, edits


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one module."""

    function: str
    """Qualified name of the outermost function around it, or of the constant."""
    what: str
    line: int
    number: int
    """Among all changes that could be made to the source."""

    def tree(self, source: str) -> ast.Module:
        """The module with this change."""
        tree = ast.parse(source)
        _all_edits(tree)[self.number][1].apply()
        return ast.fix_missing_locations(tree)


def mutants(source: str) -> list[Mutant]:
    """Every mutant of the source; of several with one name the later ones are numbered."""
    found: list[Mutant] = []
    names: Counter[tuple[str, str]] = Counter()
    for number, (function, edit) in enumerate(_all_edits(ast.parse(source))):
        names[function, edit.what] += 1
        times = names[function, edit.what]
        what = edit.what if times == 1 else f"{edit.what} ({times})"
        found.append(Mutant(function, what, edit.line, number))
    return found


def _all_edits(tree: ast.Module) -> list[tuple[str, Edit]]:
    return [(name, edit) for name, node in _places(tree) for edit in edits(node)]


def _places(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Functions, methods, the constants of the module, and the defaults of fields."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{name}", one) for name, one in _named(node.body))
        else:
            yield from _named([node])


def _named(body: list[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    for node in body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.Assign) and not _is_alias(node.value):
            yield ast.unparse(node.targets[0]), node
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield ast.unparse(node.target), node


def _is_alias(value: ast.expr) -> bool:
    """The name of a type, which nothing asks for at run time."""
    is_union = isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr)
    return is_union or isinstance(value, ast.Subscript)
