"""The expressions of one request, with their placeholders checked as the service checks them."""

import importlib.util
import pathlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.simulation.dynamodb.attribute_values import Value, accepted
from tests.simulation.dynamodb.conditions import Predicate, predicate
from tests.simulation.dynamodb.grammar import Parser, Tree
from tests.simulation.dynamodb.paths import Part
from tests.simulation.dynamodb.refusals import Invalid
from tests.simulation.dynamodb.updates import Change

CONDITION, UPDATE = "ConditionExpression", "UpdateExpression"
PROJECTION, FILTER = "ProjectionExpression", "FilterExpression"
KEY_CONDITION = "KeyConditionExpression"
NAMES, VALUES = "ExpressionAttributeNames", "ExpressionAttributeValues"


@dataclass(frozen=True, slots=True)
class Compiled:
    """One expression: ``run`` is a predicate, a change, or the paths of a projection."""

    run: Any
    tree: Any
    names: frozenset[str]
    values: frozenset[str]


@cache
def compiled(kind: str, text: str) -> Compiled:
    """The expression of this text; ``Invalid`` if it is none."""
    parser = Parser(text, kind)
    tree: Any
    run: Predicate | Change | list[tuple[Part, ...]]
    if kind == UPDATE:
        tree = parser.update()
        run = Change(tree)
    elif kind == PROJECTION:
        tree = parser.projection()
        run = [path[1] for path in tree]
    else:
        tree = parser.condition()
        run = predicate(tree)
    words = [*_words(tree)]
    _refuse_reserved(kind, words)
    return Compiled(
        run=run,
        tree=tree,
        names=frozenset(word for word in words if word.startswith("#")),
        values=frozenset(word for word in words if word.startswith(":")),
    )


def _words(tree: Any) -> Iterator[str]:
    """Every name and placeholder of a tree."""
    if isinstance(tree, dict):
        for parts in tree.values():
            yield from _words(parts)
    elif isinstance(tree, tuple) and tree and tree[0] == "path":
        yield from (part for part in tree[1] if isinstance(part, str))
    elif isinstance(tree, tuple) and tree and tree[0] == "value":
        yield tree[1]
    elif isinstance(tree, tuple | list):
        for part in tree:
            yield from _words(part)


def _refuse_reserved(kind: str, words: list[str]) -> None:
    for word in words:
        if word.upper() in reserved_words():
            raise Invalid(
                f"Invalid {kind}: Attribute name is a reserved keyword; reserved keyword: {word}"
            )


@cache
def reserved_words() -> frozenset[str]:
    """DynamoDB's reserved words, from the list that moto ships; moto itself is not imported."""
    spec = importlib.util.find_spec("moto")
    assert spec is not None
    assert spec.submodule_search_locations
    home = pathlib.Path(next(iter(spec.submodule_search_locations)))
    text = (home / "dynamodb/parsing/reserved_keywords.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


@cache
def _together(
    texts: tuple[tuple[str, str], ...],
) -> tuple[Mapping[str, Compiled], frozenset[str], frozenset[str]]:
    """The expressions of one request by kind, and all placeholders that they use."""
    by_kind = {kind: compiled(kind, text) for kind, text in texts}
    names = frozenset().union(*(one.names for one in by_kind.values()))
    values = frozenset().union(*(one.values for one in by_kind.values()))
    return by_kind, names, values


class Expressions:
    """The compiled expressions of a request, and its placeholders."""

    __slots__ = ("_by_kind", "names", "values")

    def __init__(self, request: Mapping[str, Any], *kinds: str) -> None:
        self.names: Mapping[str, str] = request.get(NAMES) or {}
        self.values: dict[str, Value] = {
            name: accepted(value) for name, value in (request.get(VALUES) or {}).items()
        }
        texts = tuple([(kind, request[kind]) for kind in kinds if kind in request])
        self._by_kind, names, values = _together(texts)
        if self.names.keys() != names:
            self._refuse(NAMES, "attribute name", names, self.names.keys(), lambda one: one.names)
        if self.values.keys() != values:
            given = self.values.keys()
            self._refuse(VALUES, "attribute value", values, given, lambda one: one.values)

    def _refuse(
        self,
        member: str,
        noun: str,
        used: frozenset[str],
        given: Any,
        used_by: Callable[[Compiled], frozenset[str]],
    ) -> None:
        """What is used and not given, or given and not used."""
        for kind, expression in self._by_kind.items():
            for word in sorted(used_by(expression)):
                if word not in given:
                    raise Invalid(
                        f"Invalid {kind}: An expression {noun} used in the document path is not "
                        f"defined; {noun}: {word}"
                    )
        unused = ", ".join(sorted(given - used))
        raise Invalid(f"Value provided in {member} unused in expressions: keys: {{{unused}}}")

    def run(self, kind: str) -> Any:
        """What was compiled, ``None`` if the request has no expression of this kind."""
        found = self._by_kind.get(kind)
        return None if found is None else found.run

    def tree(self, kind: str) -> Tree:
        """The tree of an expression that is there."""
        return self._by_kind[kind].tree  # type: ignore[no-any-return]

    def holds(self, item: Mapping[str, Value] | None) -> bool:
        """Whether the request's condition holds; without one it does."""
        condition = self._by_kind.get(CONDITION)
        return condition is None or condition.run(item or {}, self.names, self.values)
