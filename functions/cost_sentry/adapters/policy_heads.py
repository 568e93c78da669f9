"""Which policies may speak of a caller or a model, by their heads; most speak of somebody else.

A set of policies is a whole number: bit n stands for the n-th of them. Cedar's JSON form ("JSON
policy format", Cedar reference) names one entity with ``==`` and ``in``, with ``in`` several too;
``is`` names a type, with or without ``in``. What stands in ``when`` is Cedar's business.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from cost_sentry.adapters.call_kinds import NAMESPACE
from cost_sentry.application.policy_ports import CallerFacts, ModelFacts

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


def may_speak_of(rule: Mapping[str, Any], caller: CallerFacts, model: ModelFacts) -> bool:
    """By the head of a policy alone, in Cedar's JSON form."""
    return may_speak_of_caller(rule, caller) and may_speak_of_model(rule, model)


def may_speak_of_caller(rule: Mapping[str, Any], caller: CallerFacts) -> bool:
    """Whether the principal of the head may be this one."""
    return _is_near(rule["principal"], caller_names(caller))


def may_speak_of_model(rule: Mapping[str, Any], model: ModelFacts) -> bool:
    """Whether the resource of the head may be this one."""
    return _is_near(rule["resource"], model_names(model))


def caller_names(caller: CallerFacts) -> set[Name]:
    """All that may stand for it in a head."""
    return {("Application", caller.account), ("Team", caller.team)}


def model_names(model: ModelFacts) -> set[Name]:
    """All that may stand for it in a head."""
    return {("Model", model.model_id), ("Provider", model.provider)}


def _is_near(scope: Mapping[str, Any], names: Collection[Name]) -> bool:
    """Whether one side of the head of one policy may match one of these."""
    named = _named(scope)
    return not named or any(name in names for name in named)


def _named(scope: Mapping[str, Any]) -> list[Name]:
    inner = scope.get("in", scope) if scope["op"] == "is" else scope
    named = inner.get("entities") or ([inner["entity"]] if "entity" in inner else [])
    return [(one["type"].removeprefix(f"{NAMESPACE}::"), one["id"]) for one in named]
