"""Whether a forbid applies whenever a permit does, as far as their forms tell.

Head and conditions of a policy are one conjunction. A forbid covers a permit if each of its
conjuncts follows from those of the permit: because it is one of them, or because whoever or
whatever the permit names lies within what the forbid names (an application in its team, a model in
its provider, a model at the tier that ``sentry.yaml`` gives it).

Sound: where a permit is satisfied each of its conjuncts is true, and was evaluated without a fault.
Not complete: ``a > 2`` is not known to follow from ``a > 3``, nor what only two forbids cover
together.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cost_sentry.domain.caller import TEAM_TAG
from cost_sentry.domain.invocation import account_of
from cost_sentry.domain.model_id import provider_of

Tree = Mapping[str, Any]
Tiers = Mapping[str, str]
"""The tier of a model, by its id without geography; those with one alone."""
_NAMESPACE = "CostSentry::"
_LEAVES = frozenset({"Application", "Model"})
"""Kinds below which nothing is: ``in`` such a one is to be it."""
_INVOKE = "invoke"
"""The only action there is."""
_Entity = tuple[str, str]
"""Kind and name."""


@dataclass(frozen=True, slots=True)
class _Within:
    """That a variable is, or is below, one of some entities."""

    variable: str
    entities: frozenset[_Entity]
    is_below: bool
    """``in``; ``False``: ``==``."""


@dataclass(frozen=True, slots=True)
class _Plain:
    """Any other conjunct, by its form."""

    text: str
    is_negated: bool


_Conjunct = _Within | _Plain


def conjuncts(rule: Tree) -> frozenset[_Conjunct]:
    """All that must be true where the rule applies; in Cedar's JSON form."""
    return frozenset(_conjuncts(rule))


def covers(forbid: frozenset[_Conjunct], permit: frozenset[_Conjunct], tiers: Tiers) -> bool:
    """Whether the forbid is satisfied whenever the permit is."""
    return all(_follows(one, permit, tiers) for one in forbid)


def _conjuncts(rule: Tree) -> Iterator[_Conjunct]:
    for variable in ("principal", "action", "resource"):
        yield from _of_head(variable, rule[variable])
    for condition in rule["conditions"]:
        yield from _of_body(condition["body"], is_negated=condition["kind"] == "unless")


def _of_head(variable: str, scope: Tree) -> Iterator[_Conjunct]:
    """A head that names a type names the only one there is."""
    inner = scope.get("in") if scope["op"] == "is" else scope
    if not inner or inner.get("op") == "All":
        return
    named = inner.get("entities") or [inner["entity"]]
    if variable == "action" and any(one["id"] == _INVOKE for one in named):
        return
    yield _within(variable, named, is_below=scope["op"] != "==")


def _of_body(body: Tree, *, is_negated: bool) -> Iterator[_Conjunct]:
    """De Morgan: what is not ``a || b`` is not ``a`` and not ``b``."""
    if "!" in body:
        yield from _of_body(body["!"]["arg"], is_negated=not is_negated)
        return
    both = body.get("||" if is_negated else "&&")
    if both:
        yield from _of_body(both["left"], is_negated=is_negated)
        yield from _of_body(both["right"], is_negated=is_negated)
        return
    if "!=" in body:
        body, is_negated = {"==": body["!="]}, not is_negated
    if body.get("Value") is (not is_negated):
        return  # It is always true.
    found = None if is_negated else _named(body)
    yield found or _Plain(_text(body), is_negated)


def _named(body: Tree) -> _Within | None:
    """``principal in …``, ``resource == …``; ``None`` for anything else."""
    for operator in ("==", "in"):
        sides = body.get(operator)
        if not sides or "Var" not in sides["left"]:
            continue
        right = sides["right"]
        each = [one.get("Value") for one in right.get("Set", [right])]
        named = [one["__entity"] for one in each if isinstance(one, dict) and "__entity" in one]
        if len(named) == len(each):
            return _within(sides["left"]["Var"], named, is_below=operator == "in")
    return None


def _within(variable: str, named: list[Tree], *, is_below: bool) -> _Within:
    entities = frozenset((one["type"].removeprefix(_NAMESPACE), one["id"]) for one in named)
    return _Within(variable, entities, is_below)


def _text(body: Tree) -> str:
    """The same for two forms that differ in the order of an equation's sides alone."""
    if "==" in body:
        sides = sorted(json.dumps(side, sort_keys=True) for side in body["=="].values())
        return " == ".join(sides)
    return json.dumps(body, sort_keys=True)


def _follows(wanted: _Conjunct, given: frozenset[_Conjunct], tiers: Tiers) -> bool:
    if wanted in given:
        return True
    named = [one for one in given if isinstance(one, _Within)]
    if isinstance(wanted, _Plain):
        return any(wanted in set(_of_tiers(one, tiers)) for one in named)
    return any(_lies_within(one, wanted) for one in named)


def _lies_within(narrow: _Within, wide: _Within) -> bool:
    if narrow.variable != wide.variable or not narrow.entities:
        return False
    return all(
        any(_is_in(entity, narrow, other, wide) for other in wide.entities)
        for entity in narrow.entities
    )


def _is_in(entity: _Entity, narrow: _Within, other: _Entity, wide: _Within) -> bool:
    if entity == other:
        return wide.is_below or not narrow.is_below or entity[0] in _LEAVES
    return wide.is_below and other == _above(entity)


def _above(entity: _Entity) -> _Entity | None:
    """The team of an application, the provider of a model."""
    kind, name = entity
    if kind == "Model":
        return "Provider", provider_of(name)
    if kind == "Application":
        return "Team", _team_of(name)
    return None


def _team_of(account: str) -> str:
    """As ``account_of`` writes it, read back."""
    team = account.partition("/")[0].replace("%2F", "/").replace("%25", "%")
    is_account = account.startswith(account_of({TEAM_TAG: team}).partition("/")[0] + "/")
    return team if is_account else ""


def _of_tiers(one: _Within, tiers: Tiers) -> Iterator[_Plain]:
    """What the configuration says of a model that is named, alone."""
    if one.variable != "resource" or len(one.entities) != 1:
        return
    ((kind, name),) = one.entities
    if kind != "Model" or name not in tiers:
        return
    resource = {"Var": "resource"}
    tier = {"Value": {"__entity": {"type": f"{_NAMESPACE}Tier", "id": tiers[name]}}}
    of_model = {".": {"left": resource, "attr": "tier"}}
    yield _Plain(_text({"has": {"left": resource, "attr": "tier"}}), is_negated=False)
    yield _Plain(_text({"==": {"left": of_model, "right": tier}}), is_negated=False)
