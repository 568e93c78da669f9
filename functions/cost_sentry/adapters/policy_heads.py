"""Which policies may speak of a caller or a model, by their heads; most speak of somebody else.

A set of policies is a whole number: bit n stands for the n-th of them. Cedar's JSON form ("JSON
policy format", Cedar reference) names one entity with ``==`` and ``in``, with ``in`` several too;
``is`` names a type, with or without ``in``. What stands in ``when`` is Cedar's business.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cost_sentry.adapters.call_kinds import NAMESPACE

Name = tuple[str, str]
"""Type, without its namespace, and id."""


class Heads:
    """One side of the heads of all policies.

    Args:
        rules: in order, in Cedar's JSON form.
        side: ``principal`` or ``resource``.
    """

    def __init__(self, rules: Iterable[Mapping[str, Any]], side: str) -> None:
        self._of_any = 0
        self._of: dict[Name, int] = {}
        for place, rule in enumerate(rules):
            names = _named(rule[side])
            for name in names:
                self._of[name] = self._of.get(name, 0) | 1 << place
            if not names:
                self._of_any |= 1 << place

    def near(self, *names: Name) -> int:
        """The policies whose head one of these may match."""
        found, get = self._of_any, self._of.get
        for name in names:
            found |= get(name, 0)
        return found


def places(near: int) -> Iterator[int]:
    """Which policies a set has, in order."""
    while near:
        lowest = near & -near
        yield lowest.bit_length() - 1
        near ^= lowest


def _named(scope: Mapping[str, Any]) -> list[Name]:
    inner = scope.get("in", scope) if scope["op"] == "is" else scope
    named = inner.get("entities") or ([inner["entity"]] if "entity" in inner else [])
    return [(one["type"].removeprefix(f"{NAMESPACE}::"), one["id"]) for one in named]
