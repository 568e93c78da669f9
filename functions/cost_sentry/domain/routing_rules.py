"""What the configuration says of models that the sentry chooses, and what a request asks of it.

A request names a model, a virtual model, or nothing but its type of task. What it leaves out stands
as ``taskType=<value>`` where a model id would: no model and no virtual model is called so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from cost_sentry.domain.route import DecidedBy

TASK_TYPE_TAG = "taskType"
AUTO = "auto"
"""The virtual model of requests that name none, and whose task type has no rule."""
_UNNAMED = f"{TASK_TYPE_TAG}="


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualModel:
    """A name that stands for several models."""

    id: str
    tier: int | None = None
    """No smaller model serves it; ``None``: whatever a rule or the estimate says."""
    models: tuple[str, ...] = ()
    """Those that it stands for; empty: all of the configuration that have a tier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRule:
    """What requests of one task type need: a tier, or a model."""

    task_type: str
    tier: int | None = None
    model: str | None = None
    """Virtual or real, for requests that name none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """All that the configuration says of it."""

    virtual_models: Mapping[str, VirtualModel] = field(default_factory=dict)
    task_types: Mapping[str, TaskRule] = field(default_factory=dict)
    answer_worth_picodollars: int | None = None
    """Of a right answer that a smaller model could not have given; ``None``: nobody said so."""

    @property
    def is_empty(self) -> bool:
        """Then requests name models, and nothing else."""
        return not self.virtual_models and not self.task_types


NO_ROUTING = Routing()


class Wish(NamedTuple):
    """What a request asks of the router."""

    virtual_model: str | None
    task_type: str | None
    models: tuple[str, ...]
    """To choose among; empty: all that have a tier."""
    tier: int | None
    """Required; ``None``: nothing says so."""
    decided_by: DecidedBy | None
    """What requires it."""
    model: str | None = None
    """The only one, where a rule names a model."""


def unnamed_model(task_type: str) -> str:
    """What stands for the model of a request that names none."""
    return _UNNAMED + task_type


def is_unnamed(model_id: str) -> bool:
    """Whether this stands for a model that was left out."""
    return model_id.startswith(_UNNAMED)


def wish_of(model_id: str, tags: Mapping[str, str], routing: Routing) -> Wish | None:
    """What the router is asked for; ``None`` if it is asked for nothing, or cannot tell for what.

    Args:
        model_id: of the request.
        tags: of the request.
        routing: of the configuration.
    """
    virtual = routing.virtual_models.get(model_id)
    if virtual is None and not is_unnamed(model_id):
        return None
    task_type = tags.get(TASK_TYPE_TAG)
    rule = None if task_type is None else routing.task_types.get(task_type)
    if virtual is None:
        virtual = routing.virtual_models.get(rule.model if rule and rule.model else AUTO)
        if rule is None and virtual is None:
            return None
        if rule is not None and (virtual is None or rule.tier is not None):
            return _by_rule(rule, virtual)
    return _by_name(virtual, task_type, rule) if virtual else None


def _by_name(virtual: VirtualModel, task_type: str | None, rule: TaskRule | None) -> Wish:
    ruled = rule.tier if rule else None
    by = DecidedBy.TASK_TYPE if ruled is not None else None
    return Wish(
        virtual_model=virtual.id,
        task_type=task_type,
        models=virtual.models,
        tier=ruled if virtual.tier is None else virtual.tier,
        decided_by=by if virtual.tier is None else DecidedBy.VIRTUAL_MODEL,
    )


def _by_rule(rule: TaskRule, among: VirtualModel | None) -> Wish:
    """Of a request that names no model: the rule speaks, whatever tier ``auto`` has."""
    return Wish(
        virtual_model=among.id if among else None,
        task_type=rule.task_type,
        models=among.models if among else (),
        tier=rule.tier,
        decided_by=DecidedBy.TASK_TYPE,
        model=rule.model,
    )
