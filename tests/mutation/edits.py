"""Every small change that could be made to a tree of Python, and what each is called."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.mutation.texts import always_true, is_condition, other_texts

NAME_CHARACTERS_MAX = 120
_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
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
_CALCULATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
}
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
_TRANSPARENT = {"abs", "sorted", "reversed"}
_SIMPLE = (
    ast.expr,
    ast.keyword,
    ast.comprehension,
    ast.Assign,
    ast.AugAssign,
    ast.AnnAssign,
    ast.Return,
)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the tree that holds one node."""

    around: tuple[ast.AST, ...]
    """What it stands in, from the outside."""
    field: str
    index: int | None

    @property
    def parent(self) -> ast.AST:
        """What it stands in at once."""
        return self.around[-1]

    @property
    def node(self) -> ast.AST:
        """What stands there."""
        held = getattr(self.parent, self.field)
        node: ast.AST = held if self.index is None else held[self.index]
        return node

    def put(self, node: ast.AST) -> None:
        """Something else in its place."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


@dataclass(frozen=True, slots=True)
class Edit:
    """One change."""

    line: int
    what: str
    apply: Callable[[], None]


def edits(root: ast.AST) -> Iterator[Edit]:
    """All changes below this node, in a fixed order; a name may come more than once."""
    for spot in _spots(root):
        line = getattr(spot.node, "lineno", getattr(root, "lineno", 0))
        for after in _instead(spot):
            yield Edit(line, _name(spot, after), _putting(spot, after))
        for what, apply in _less(spot):
            yield Edit(line, what, apply)


def _putting(spot: Spot, node: ast.AST) -> Callable[[], None]:
    return lambda: spot.put(node)


def _name(spot: Spot, after: ast.AST) -> str:
    """Before and after, with what stands around it if that is short."""
    before, whole = spot.node, spot.node
    if isinstance(before, ast.stmt):
        return f"without {ast.unparse(before)}"
    for node in reversed(spot.around):
        if not isinstance(node, _SIMPLE) or len(ast.unparse(node)) > NAME_CHARACTERS_MAX:
            break
        whole = node
    if whole is before:
        return f"{ast.unparse(before)} → {ast.unparse(ast.fix_missing_locations(after))}"
    old = ast.unparse(whole)
    spot.put(after)
    changed = ast.unparse(ast.fix_missing_locations(whole))
    spot.put(before)
    return f"{old} → {changed}"


def _spots(root: ast.AST, around: tuple[ast.AST, ...] = ()) -> Iterator[Spot]:
    """All below but annotations, docstrings, decorators and the words of errors."""
    inside = (*around, root)
    for field, value in ast.iter_fields(root):
        if field in {"annotation", "returns", "decorator_list", "ctx"}:
            continue
        nodes = value if isinstance(value, list) else [value]
        for index, node in enumerate(nodes):
            is_doc = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not isinstance(node, ast.AST) or is_doc:
                continue
            yield Spot(inside, field, index if isinstance(value, list) else None)
            if not isinstance(node, ast.Raise):
                yield from _spots(node, inside)


def _instead(spot: Spot) -> Iterator[ast.AST]:
    """Nodes that could stand there in place of the one that does."""
    for kind in (_of_comparison, _of_operation, _of_call, _of_statement, _of_text):
        yield from kind(spot)


def _of_comparison(spot: Spot) -> Iterator[ast.AST]:
    match spot.node:
        case ast.Compare() as node:
            for i, op in enumerate(node.ops):
                ops = [*node.ops[:i], _COMPARED[type(op)](), *node.ops[i + 1 :]]
                yield ast.Compare(node.left, ops, node.comparators)
        case ast.BoolOp() as node:
            yield from _of_bool(node)
        case ast.IfExp() as node if not _has_opposite(node.test):
            yield ast.IfExp(_negated(node.test), node.body, node.orelse)


def _of_operation(spot: Spot) -> Iterator[ast.AST]:
    match spot.node:
        case ast.BinOp() as node if type(node.op) in _CALCULATED:
            yield ast.BinOp(node.left, _CALCULATED[type(node.op)](), node.right)
        case ast.BinOp(op=ast.BitOr()) as node:
            yield from (node.left, node.right)
        case ast.UnaryOp(op=ast.Not() | ast.USub()) as node:
            yield node.operand
        case ast.Subscript(slice=ast.Slice()) as node:
            yield node.value


def _of_call(spot: Spot) -> Iterator[ast.AST]:
    match spot.node:
        case ast.Name() as node if node.id in _NAMES:
            yield ast.Name(_NAMES[node.id], ast.Load())
        case ast.Call(func=ast.Name(id=name), args=[only]) if name in _TRANSPARENT:
            yield only
        case ast.Call(func=ast.Name(id="suppress")) as node:
            yield ast.Call(node.func, [], [])


def _of_statement(spot: Spot) -> Iterator[ast.AST]:
    match spot.node:
        case ast.AugAssign() | ast.Raise() | ast.Continue() | ast.Break() | ast.Expr():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute()]):
            yield ast.Pass()


def _of_bool(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for i in range(len(node.values)):
        kept = [*node.values[:i], *node.values[i + 1 :]]
        yield ast.BoolOp(node.op, kept) if len(kept) > 1 else kept[0]


def _has_opposite(test: ast.expr) -> bool:
    """Whether its own mutants already say the contrary."""
    match test:
        case ast.Compare(ops=[ast.Eq() | ast.NotEq() | ast.In() | ast.NotIn()]):
            return True
        case ast.Compare(ops=[ast.Is() | ast.IsNot()]) | ast.UnaryOp(op=ast.Not()):
            return True
    return False


def _negated(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _of_text(spot: Spot) -> Iterator[ast.AST]:
    """Other numbers, truths, and texts of DynamoDB's language."""
    node = spot.node
    if isinstance(node, ast.JoinedStr):
        if is_condition("".join(_words(node)), spot.parent):
            before, after = always_true()
            yield ast.JoinedStr([ast.Constant(before), *node.values, ast.Constant(after)])
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif isinstance(node.value, int):
            yield ast.Constant(node.value + 1)
        elif isinstance(node.value, str):
            yield from map(ast.Constant, other_texts(node.value))
            in_text = isinstance(spot.parent, ast.JoinedStr)
            if not in_text and is_condition(node.value, spot.parent):
                yield ast.Constant(node.value.join(always_true()))


def _words(node: ast.JoinedStr) -> Iterator[str]:
    for value in node.values:
        yield str(value.value) if isinstance(value, ast.Constant) else "x"


def _less(spot: Spot) -> Iterator[tuple[str, Callable[[], None]]]:
    """Changes inside the node: less of it, the other branch, no answer."""
    node = spot.node
    if isinstance(node, ast.If | ast.While) and not _has_opposite(node.test):
        yield f"not ({ast.unparse(node.test)})", _setting(node, "test", _negated(node.test))
    if isinstance(node, ast.Return) and not isinstance(node.value, ast.Constant | None):
        nothing = ast.Constant(None)
        yield f"{ast.unparse(node)} → return None", _setting(node, "value", nothing)
    if isinstance(node, ast.comprehension):
        for i, test in enumerate(node.ifs):
            rest = [*node.ifs[:i], *node.ifs[i + 1 :]]
            what = f"{ast.unparse(node).strip()}: without if {ast.unparse(test)}"
            yield what, _setting(node, "ifs", rest)
    if isinstance(node, ast.List | ast.Tuple | ast.Set) and isinstance(
        getattr(node, "ctx", ast.Load()), ast.Load
    ):
        yield from _without(node, "elts", node.elts)
    if isinstance(node, ast.Call) and not _is_class(node.func):
        yield from _without(node, "keywords", node.keywords)


def _is_class(function: ast.expr) -> bool:
    """Without one of its arguments a class would only be refused."""
    name = ast.unparse(function).rpartition(".")[2]
    return name[:1].isupper() or name == "cls"


def _without(
    node: ast.expr, field: str, parts: list[ast.expr] | list[ast.keyword]
) -> Iterator[tuple[str, Callable[[], None]]]:
    if isinstance(node, ast.Tuple) and len(parts) < 3:
        return
    for i, part in enumerate(parts):
        whole = ast.unparse(node)
        around = f" in {whole}" if len(whole) <= NAME_CHARACTERS_MAX else ""
        rest = [*parts[:i], *parts[i + 1 :]]
        yield f"without {ast.unparse(part)}{around}", _setting(node, field, rest)


def _setting(node: ast.AST, field: str, value: object) -> Callable[[], None]:
    return lambda: setattr(node, field, value)
