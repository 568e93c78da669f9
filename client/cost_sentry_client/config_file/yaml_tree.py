"""YAML as plain values, with the place of every one of them.

Nothing is constructed by PyYAML itself: ``yes`` stays text, and ``12.50`` never becomes a double.
A scalar is text, except whole decimal numbers (``int``) and nothing (``None``).
"""

import re
from dataclasses import dataclass, field
from typing import Protocol

import yaml

from cost_sentry_client.config_file.problems import Finding, Path, quoted

VALUES_MAX = 25_000
"""Values in the whole file, with every alias written out: what ends an alias bomb."""
DEPTH_MAX = 20
"""Nested lists and mappings; a sentry.yaml needs five."""


class _Mark(Protocol):
    """Where PyYAML was, from 0; its two implementations share no class."""

    line: int
    column: int


Value = str | int | None | list["Value"] | dict[str, "Value"]

_WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_CORE = "tag:yaml.org,2002:"
_SCALARS = frozenset({"str", "int", "float", "bool", "null", "timestamp", "value"})


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column, from 1."""

    line: int
    column: int


@dataclass(slots=True)
class YamlTree:
    """What a file says, and where it says it."""

    value: Value = None
    places: dict[Path, Place] = field(default_factory=dict)
    """Of values."""
    key_places: dict[Path, Place] = field(default_factory=dict)
    """Of the names in front of values."""
    findings: list[tuple[Place, Finding]] = field(default_factory=list)
    """Duplicate names and the like, which plain values cannot show."""

    def place(self, path: Path, *, at_key: bool = False) -> Place:
        """Where to look for this path; for what is missing, the nearest thing around it."""
        exact = (self.key_places, self.places) if at_key else (self.places, self.key_places)
        for places in exact:
            if path in places:
                return places[path]
        while path:
            path = path[:-1]
            # A mapping starts on the line after its name; its name is what a reader looks for.
            if path in self.key_places:
                return self.key_places[path]
            if path in self.places:
                return self.places[path]
        return Place(1, 1)


class YamlUnreadable(Exception):  # noqa: N818 - what the file is
    """The text is no YAML that can be taken apart."""

    def __init__(self, place: Place, problem: str, allowed: str) -> None:
        self.place, self.problem, self.allowed = place, problem, allowed
        super().__init__(problem)


def read_yaml(text: str) -> YamlTree:
    """Take ``text`` apart; ``YamlUnreadable`` where that is not possible."""
    try:
        _bound(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _unreadable(error) from error
    except yaml.reader.ReaderError as error:
        raise _unreadable_character(text, error) from error
    tree = YamlTree()
    if node is not None:
        tree.value = _Builder(tree).build(node, ())
    return tree


class _Builder:
    def __init__(self, tree: YamlTree) -> None:
        self._tree = tree
        self._values = 0
        self._open: set[int] = set()

    def build(self, node: yaml.Node, path: Path) -> Value:
        self._count(node)
        self._tree.places[path] = _place(node.start_mark)
        match node:
            case yaml.ScalarNode():
                return self._scalar(node, path)
            case yaml.SequenceNode() if node.tag == f"{_CORE}seq":
                return self._nested(node, path)
            case yaml.MappingNode() if node.tag == f"{_CORE}map":
                return self._nested(node, path)
            case _:
                self._refuse_tag(node, path)
                return None

    def _nested(self, node: yaml.SequenceNode | yaml.MappingNode, path: Path) -> Value:
        if id(node) in self._open:
            raise YamlUnreadable(
                _place(node.start_mark), "the value contains itself", "a value written out"
            )
        self._open.add(id(node))
        value: Value
        if isinstance(node, yaml.SequenceNode):
            value = [self.build(item, (*path, i)) for i, item in enumerate(node.value)]
        else:
            value = self._mapping(node, path)
        self._open.remove(id(node))
        return value

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Value]:
        entries: dict[str, Value] = {}
        for key_node, value_node in node.value:
            name = self._name(key_node)
            if name in entries:
                self._refuse_twice(name, key_node, path)
                continue
            self._tree.key_places[*path, name] = _place(key_node.start_mark)
            entries[name] = self.build(value_node, (*path, name))
        return entries

    def _name(self, node: yaml.Node) -> str:
        place = _place(node.start_mark)
        if node.tag == f"{_CORE}merge":
            raise YamlUnreadable(
                place, "merge keys (<<) are not supported", "the fields themselves"
            )
        if not isinstance(node, yaml.ScalarNode) or node.tag == f"{_CORE}null":
            raise YamlUnreadable(place, "a name is not text", "one word before each colon")
        self._count(node)
        return str(node.value)

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Value:
        kind = node.tag.removeprefix(_CORE)
        if kind not in _SCALARS:
            self._refuse_tag(node, path)
        if kind == "null":
            return None
        text = str(node.value)
        return int(text) if kind == "int" and _WHOLE_NUMBER.fullmatch(text) else text

    def _refuse_twice(self, name: str, node: yaml.Node, path: Path) -> None:
        first = self._tree.key_places[*path, name].line
        finding = Finding(
            path=(*path, name),
            problem=f"{quoted(name)} stands here again, first on line {first}",
            allowed="each name once",
        )
        self._tree.findings.append((_place(node.start_mark), finding))

    def _refuse_tag(self, node: yaml.Node, path: Path) -> None:
        tag = str(node.tag).replace(_CORE, "!!")
        finding = Finding(
            path=path,
            problem=f"YAML tag {quoted(tag)} is not supported",
            allowed="plain text, numbers, lists and mappings",
        )
        self._tree.findings.append((_place(node.start_mark), finding))

    def _count(self, node: yaml.Node) -> None:
        self._values += 1
        if self._values > VALUES_MAX:
            raise _too_many(node.start_mark)


def _bound(text: str) -> None:
    """Refuse deep nesting and endless lists before anything recursive or slow sees them."""
    depth = values = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.NodeEvent):
            values += 1
            depth += isinstance(event, yaml.CollectionStartEvent)
        if depth > DEPTH_MAX:
            raise YamlUnreadable(
                _place(event.start_mark),
                f"lists and mappings are nested more than {DEPTH_MAX} deep",
                f"at most {DEPTH_MAX} levels",
            )
        if values > VALUES_MAX:
            raise _too_many(event.start_mark)


def _too_many(mark: _Mark | None) -> YamlUnreadable:
    return YamlUnreadable(
        _place(mark),
        f"the file has more than {VALUES_MAX} values, with aliases written out",
        f"at most {VALUES_MAX} values",
    )


def _place(mark: _Mark | None) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


def _unreadable(error: yaml.MarkedYAMLError) -> YamlUnreadable:
    place = _place(error.problem_mark or error.context_mark)
    if "'\\t'" in (error.problem or ""):
        return YamlUnreadable(place, "a tab where YAML wants spaces", "spaces for indentation")
    words = ", ".join(part for part in (error.context, error.problem) if part)
    return YamlUnreadable(place, f"not YAML: {words}", "valid YAML, indented with spaces")


def _unreadable_character(text: str, error: yaml.reader.ReaderError) -> YamlUnreadable:
    before = text[: error.position]
    place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
    code = error.character if isinstance(error.character, int) else ord(error.character)
    return YamlUnreadable(place, f"the character U+{code:04X} is not allowed", "printable text")
