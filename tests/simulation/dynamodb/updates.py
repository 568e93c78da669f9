"""Updates as functions from one version of an item to the next: compiled once per text."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.simulation.dynamodb.attribute_values import Value, added
from tests.simulation.dynamodb.conditions import operand
from tests.simulation.dynamodb.grammar import Tree
from tests.simulation.dynamodb.paths import Copying, Item, Names, Operand, Part, Values, resolved
from tests.simulation.dynamodb.refusals import Invalid

Path = tuple[Part, ...]
_NOT_THERE = "The provided expression refers to an attribute that does not exist in the item"
_WRONG_TYPE = "An operand in the update expression has an incorrect data type"


class Change:
    """All clauses read the item as it was; no two of them may touch one place."""

    __slots__ = ("_adds", "_deletes", "_removes", "_sets", "paths")

    def __init__(self, clauses: Mapping[str, list[Tree]]) -> None:
        self._sets = [_expression(value) for _, value in clauses.get("SET", ())]
        self._removes = len(clauses.get("REMOVE", ()))
        self._adds = [value[1] for _, value in clauses.get("ADD", ())]
        self._deletes = [value[1] for _, value in clauses.get("DELETE", ())]
        self.paths = [
            path[1]
            for clause in ("SET", "REMOVE", "ADD", "DELETE")
            for path, _ in clauses.get(clause, ())
        ]
        _top_level_only(path for path in self.paths[len(self._sets) + self._removes :])

    def touched(self, names: Names) -> list[Path]:
        """The places that it changes; ``Invalid`` if two of them overlap, whatever the item is."""
        paths = [resolved(path, names) for path in self.paths]
        _refuse_overlap(paths)
        for path in paths:
            if path[0] in ("pk", "sk"):
                raise Invalid(
                    f"Cannot update attribute {path[0]}. This attribute is part of the key"
                )
        return paths

    def apply(
        self, old: Item, start: Item, touched: list[Path], names: Names, values: Values
    ) -> Item:
        """From the item as it stands, and the one to change with its key, to the next."""
        new, sets = Copying(start), len(self._sets)
        # Every operand is read before anything is changed.
        written = [_present(read(old, names, values)) for read in self._sets]
        for path, value in zip(touched, written, strict=False):
            new.set(path, value)
        rest = touched[sets + self._removes :]
        for path, name in zip(rest, self._adds, strict=False):
            new.set(path, _plus(old.get(path[0]), values[name]))
        for path, name in zip(rest[len(self._adds) :], self._deletes, strict=True):
            _set_or_remove(new, path, _minus(old.get(path[0]), values[name]))
        for path in sorted(touched[sets : sets + self._removes], key=_from_the_end):
            new.remove(path)
        return new.item


def _top_level_only(paths: Iterable[Path]) -> None:
    """ADD and DELETE work on top-level attributes, as the API reference of UpdateItem says."""
    if any(len(parts) > 1 for parts in paths):
        raise Invalid("Invalid UpdateExpression: ADD and DELETE take top-level attributes only")


def _from_the_end(path: Path) -> tuple[int, ...]:
    """Later elements of a list leave first, so that the positions of the others stay."""
    return tuple(-part for part in path if isinstance(part, int))


def _set_or_remove(new: Copying, path: Path, value: Value | None) -> None:
    if value is None:
        new.remove(path)
    else:
        new.set(path, value)


def _present(value: Value | None) -> Value:
    if value is None:
        raise Invalid(_NOT_THERE)
    return value


def _expression(tree: Tree) -> Operand:
    kind = tree[0]
    if kind in ("+", "-"):
        return _sum(_expression(tree[1]), _expression(tree[2]), 1 if kind == "+" else -1)
    if kind == "if_not_exists":
        return _if_not_exists(operand(tree[1]), _expression(tree[2]))
    if kind == "list_append":
        return _joined(_expression(tree[1]), _expression(tree[2]))
    return operand(tree)


def _sum(left: Operand, right: Operand, sign: int) -> Operand:
    def total(item: Item, names: Names, values: Values) -> Value:
        one, other = _present(left(item, names, values)), _present(right(item, names, values))
        if "N" not in one or "N" not in other:
            raise Invalid(_WRONG_TYPE)
        return {"N": added(one["N"], other["N"], sign)}

    return total


def _if_not_exists(read: Operand, otherwise: Operand) -> Operand:
    def value(item: Item, names: Names, values: Values) -> Value | None:
        found = read(item, names, values)
        return otherwise(item, names, values) if found is None else found

    return value


def _joined(left: Operand, right: Operand) -> Operand:
    def joined(item: Item, names: Names, values: Values) -> Value:
        one, other = _present(left(item, names, values)), _present(right(item, names, values))
        if "L" not in one or "L" not in other:
            raise Invalid(_WRONG_TYPE)
        return {"L": [*one["L"], *other["L"]]}

    return joined


def _plus(old: Value | None, value: Value) -> Value:
    ((kind, content),) = value.items()
    if kind not in ("N", "SS", "NS", "BS"):
        raise Invalid(
            f"Invalid UpdateExpression: Incorrect operand type for operator or function; "
            f"operator: ADD, operand type: {kind}"
        )
    if old is None:
        return value
    if kind not in old:
        raise Invalid(_WRONG_TYPE)
    if kind == "N":
        return {"N": added(old["N"], content, 1)}
    return {kind: sorted({*old[kind], *content})}


def _minus(old: Value | None, value: Value) -> Value | None:
    ((kind, content),) = value.items()
    if kind not in ("SS", "NS", "BS"):
        raise Invalid(
            f"Invalid UpdateExpression: Incorrect operand type for operator or function; "
            f"operator: DELETE, operand type: {kind}"
        )
    if old is None:
        return None
    if kind not in old:
        raise Invalid(_WRONG_TYPE)
    left: list[Any] = sorted({*old[kind]} - {*content})
    return {kind: left} if left else None


def _refuse_overlap(paths: list[Path]) -> None:
    known = set(paths)
    if len(known) == len(paths) and all(len(path) == 1 for path in paths):
        return
    bad = len(known) < len(paths) or any(
        path[:end] in known for path in paths for end in range(1, len(path))
    )
    if bad:
        raise Invalid(
            "Invalid UpdateExpression: Two document paths overlap with each other; "
            "must remove or rewrite one of these paths"
        )
