"""Conditions as functions of an item: compiled once per text, evaluated often."""

from collections.abc import Callable
from typing import Any

from tests.simulation.dynamodb.attribute_values import (
    Value,
    element_count,
    is_ordered,
)
from tests.simulation.dynamodb.grammar import Tree
from tests.simulation.dynamodb.paths import Item, Names, Operand, Values, reader
from tests.simulation.dynamodb.refusals import Invalid

Predicate = Callable[[Item, Names, Values], bool]


def predicate(tree: Tree) -> Predicate:
    """What the condition's tree says of an item."""
    build: dict[str, Any] = {
        "and": _both,
        "or": _either,
        "not": _negated,
        "compare": _comparison,
        "between": _between,
        "in": _among,
        "call": _call,
    }
    return build[tree[0]](*tree[1:])  # type: ignore[no-any-return]


def operand(tree: Tree) -> Operand:
    """A path, a value, or the size of what stands at a path."""
    if tree[0] == "path":
        return reader(tree[1])
    if tree[0] == "value":
        name = tree[1]
        return lambda _item, _names, values: values[name]
    return _size(reader(tree[1][1]))


def _size(read: Operand) -> Operand:
    def size(item: Item, names: Names, values: Values) -> Value | None:
        value = read(item, names, values)
        return None if value is None else {"N": str(element_count(value))}

    return size


def _both(left: Tree, right: Tree) -> Predicate:
    one, other = predicate(left), predicate(right)
    return lambda item, names, values: one(item, names, values) and other(item, names, values)


def _either(left: Tree, right: Tree) -> Predicate:
    one, other = predicate(left), predicate(right)
    return lambda item, names, values: one(item, names, values) or other(item, names, values)


def _negated(tree: Tree) -> Predicate:
    inner = predicate(tree)
    return lambda item, names, values: not inner(item, names, values)


def _comparison(operator: str, left: Tree, right: Tree) -> Predicate:
    one, other = operand(left), operand(right)
    if operator in ("=", "<>"):
        wanted = operator == "="

        def equals(item: Item, names: Names, values: Values) -> bool:
            a, b = one(item, names, values), other(item, names, values)
            if a is None or b is None:
                return not wanted and a is not b
            return (a == b) is wanted

        return equals

    def ordered(item: Item, names: Names, values: Values) -> bool:
        a, b = one(item, names, values), other(item, names, values)
        return a is not None and b is not None and is_ordered(a, b, operator)

    return ordered


def _between(middle: Tree, low: Tree, high: Tree) -> Predicate:
    above, below = _comparison(">=", middle, low), _comparison("<=", middle, high)
    return lambda item, names, values: above(item, names, values) and below(item, names, values)


def _among(left: Tree, candidates: list[Tree]) -> Predicate:
    one, others = operand(left), [operand(candidate) for candidate in candidates]

    def among(item: Item, names: Names, values: Values) -> bool:
        value = one(item, names, values)
        return value is not None and any(value == o(item, names, values) for o in others)

    return among


def _call(name: str, arguments: list[Tree]) -> Predicate:
    if name in ("attribute_exists", "attribute_not_exists"):
        if arguments[0][0] != "path":
            raise Invalid(
                "Invalid ConditionExpression: Operator or function requires a document path; "
                f"operator or function: {name}"
            )
        read, wanted = reader(arguments[0][1]), name == "attribute_exists"
        return lambda item, names, values: (read(item, names, values) is not None) is wanted
    one, other = operand(arguments[0]), operand(arguments[1])
    test = {
        "begins_with": _begins_with,
        "contains": _contains,
        "attribute_type": _is_of_type,
    }[name]

    def holds(item: Item, names: Names, values: Values) -> bool:
        a, b = one(item, names, values), other(item, names, values)
        return a is not None and b is not None and test(a, b)

    return holds


def _begins_with(value: Value, start: Value) -> bool:
    for kind in ("S", "B"):
        if kind in value and kind in start:
            return bool(value[kind].startswith(start[kind]))
    return False


def _contains(whole: Value, part: Value) -> bool:
    ((kind, content),) = whole.items()
    ((part_kind, wanted),) = part.items()
    if kind == "L":
        return part in content
    if kind in ("SS", "NS", "BS"):
        return kind[0] == part_kind and wanted in content
    return kind in ("S", "B") and kind == part_kind and wanted in content


def _is_of_type(value: Value, kind: Value) -> bool:
    return kind.get("S") in value
