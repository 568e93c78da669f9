"""Document paths: reading them from an item, and changing an item along them by copying."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from tests.simulation.dynamodb.attribute_values import Value
from tests.simulation.dynamodb.refusals import Invalid

Item = dict[str, Value]
Names = Mapping[str, str]
Values = Mapping[str, Value]
Part = str | int
Operand = Callable[[Item, Names, Values], Value | None]

_NO_SUCH_PATH = "The document path provided in the update expression is invalid for update"


def reader(parts: tuple[Part, ...]) -> Operand:
    """Reads the path from an item; ``None`` if nothing is there."""
    if len(parts) == 1:
        return _attribute_reader(parts[0])
    if len(parts) == 2 and all(isinstance(part, str) for part in parts):
        return _entry_reader(*parts)

    def read(item: Item, names: Names, _values: Values) -> Value | None:
        return value_at(item, resolved(parts, names))

    return read


def _attribute_reader(part: Part) -> Operand:
    if str(part).startswith("#"):
        return lambda item, names, _values: item.get(names[part])
    return lambda item, _names, _values: item.get(part)


def _entry_reader(outer: str, inner: str) -> Operand:
    def read(item: Item, names: Names, _values: Values) -> Value | None:
        whole = item.get(names.get(outer, outer))
        entries = whole.get("M") if whole else None
        return entries.get(names.get(inner, inner)) if entries else None

    return read


def resolved(parts: tuple[Part, ...], names: Names) -> tuple[Part, ...]:
    """The path with its placeholders replaced."""
    return tuple([names.get(part, part) for part in parts])


def value_at(item: Item, path: tuple[Part, ...]) -> Value | None:
    """What stands at the path; ``None`` if nothing does."""
    node: Any = {"M": item}
    for part in path:
        if isinstance(part, int):
            elements = node.get("L", ())
            node = elements[part] if part < len(elements) else None
        else:
            node = node.get("M", {}).get(part)
        if node is None:
            return None
    return node  # type: ignore[no-any-return]


class Copying:
    """An item that is changed without touching the versions before it."""

    def __init__(self, item: Item) -> None:
        self.item: Item = dict(item)
        self._own: set[int] = set()

    def set(self, path: tuple[Part, ...], value: Value) -> None:
        """Put a value at the path; what leads there must exist."""
        content = self._container(path)
        last = path[-1]
        if isinstance(last, int) and last >= len(content):
            content.append(value)
        else:
            content[last] = value

    def remove(self, path: tuple[Part, ...]) -> None:
        """Take away what stands at the path, if anything does."""
        content = self._container(path)
        last = path[-1]
        if isinstance(last, int):
            del content[last : last + 1]
        else:
            content.pop(last, None)

    def _container(self, path: tuple[Part, ...]) -> Any:
        """The map or list that holds the last part of the path, as a copy of this change's own."""
        content: Any = self.item
        for part, following in itertools.pairwise(path):
            content = self._opened(content, part, following)
        if isinstance(path[-1], int) != isinstance(content, list):
            raise Invalid(_NO_SUCH_PATH)
        return content

    def _opened(self, content: Any, part: Part, following: Part) -> Any:
        kind = "L" if isinstance(following, int) else "M"
        try:
            inner = content[part][kind]
        except (KeyError, IndexError):
            raise Invalid(_NO_SUCH_PATH) from None
        if id(inner) not in self._own:
            inner = list(inner) if kind == "L" else dict(inner)
            self._own.add(id(inner))
            content[part] = {kind: inner}
        return inner


def projected(item: Item, paths: list[tuple[Part, ...]]) -> Item:
    """Only what stands at these paths, inside the maps and lists that lead there."""
    found: Item = {}
    for path in sorted(paths, key=repr):
        value = value_at(item, path)
        if value is not None:
            _graft(found, path, value)
    return found


def _graft(found: Item, path: tuple[Part, ...], value: Value) -> None:
    node: Any = found
    for part, following in itertools.pairwise(path):
        kind = "L" if isinstance(following, int) else "M"
        if isinstance(node, list):
            node.append({kind: [] if kind == "L" else {}})
            node = node[-1][kind]
        else:
            node = node.setdefault(part, {kind: [] if kind == "L" else {}})[kind]
    if isinstance(node, list):
        node.append(value)
    else:
        node[path[-1]] = value
