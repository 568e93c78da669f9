"""The words that policies look for: tags by name or with a value, geographies, and the like.

Read from Cedar's JSON form of a policy ("JSON policy format", Cedar reference).
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

_LOOKS = ("contains", "containsAll", "containsAny", "==", "!=")


def nodes(tree: object) -> Iterator[Mapping[str, Any]]:
    """Every mapping in a rule's JSON form: of its head, and of its conditions."""
    if isinstance(tree, Mapping):
        yield tree
    below = tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, list) else ()
    for value in below:
        yield from nodes(value)


def words_of(rule: Mapping[str, Any], variable: str, attribute: str) -> set[str]:
    """What an attribute is compared with, on whichever side it stands.

    ``a`` and ``b`` in ``context.tagNames.containsAll(["a", "b"])``; ``us`` and ``eu`` in
    ``["us", "eu"].contains(resource.geography)``.
    """
    asked = {".": {"left": {"Var": variable}, "attr": attribute}}
    looks = (node.get(verb) for node in nodes(rule) for verb in _LOOKS)
    sides = [(one["left"], one["right"]) for one in looks if _has_sides(one)]
    opposite = (
        that
        for left, right in sides
        for this, that in ((left, right), (right, left))
        if this == asked
    )
    return {text for part in opposite for text in _texts(part)}


def patterns_of(rule: Mapping[str, Any], variable: str, attribute: str) -> set[str]:
    """Of each pattern that an attribute is to be like one text: ``us-`` of ``us-*``."""
    asked = {".": {"left": {"Var": variable}, "attr": attribute}}
    looks = (node["like"] for node in nodes(rule) if isinstance(node.get("like"), Mapping))
    return {
        "".join(part["Literal"] for part in one["pattern"] if isinstance(part, Mapping))
        for one in looks
        if one["left"] == asked
    }


def tag_names(rule: Mapping[str, Any]) -> set[str]:
    """Of tags that a rule looks for, by name alone or with a value."""
    return words_of(rule, "context", "tagNames") | valued_tags(rule)


def valued_tags(rule: Mapping[str, Any]) -> set[str]:
    """Names of tags that a rule looks for with a value: ``context.tags.contains("a=b")``."""
    return {text.partition("=")[0] for text in words_of(rule, "context", "tags")}


def _has_sides(look: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(look, Mapping) and "left" in look and "right" in look


def _texts(part: object) -> Iterator[str]:
    for node in nodes(part):
        if isinstance(node.get("Value"), str):
            yield node["Value"]
