"""Configurations that choose models, over the models of ``admissions``."""

from cost_sentry.domain.routing import LARGE, MIDDLE, SMALL
from cost_sentry.domain.routing_rules import Routing, TaskRule, VirtualModel
from cost_sentry.domain.sentry_config import Model
from tests.fakes.admissions import BLIND, CHEAP, DEAR, STRANGER, Sentry, request

TIERS = {BLIND: SMALL, CHEAP: MIDDLE, DEAR: LARGE}


def models(ladders=None, **changes):
    """Blind, cheap and dear with a tier each, stranger without one; ladders as a test says."""
    known = {id_: Model(id=id_, tier=TIERS.get(id_)) for id_ in (DEAR, CHEAP, BLIND, STRANGER)}
    laddered = {
        id_: Model(id=id_, tier=TIERS.get(id_), ladder=ladder)
        for id_, ladder in (ladders or {}).items()
    }
    return {**known, **laddered, **changes}


def virtual(name, tier=None, *of):
    return VirtualModel(id=name, tier=tier, models=of)


def rule(task_type, tier=None, model=None):
    return TaskRule(task_type=task_type, tier=tier, model=model)


def routing(*parts, worth=None):
    """Of virtual models and rules; ``auto``, ``small`` and ``large`` if none is given."""
    usual = (virtual("auto"), virtual("small", SMALL), virtual("large", LARGE))
    given = parts or usual
    return Routing(
        virtual_models={one.id: one for one in given if isinstance(one, VirtualModel)},
        task_types={one.task_type: one for one in given if isinstance(one, TaskRule)},
        answer_worth_picodollars=worth,
    )


def sentry(*budgets, of=None, ladders=None, **changes):
    """An admission that routes."""
    given = {"models": models(ladders), "routing": of or routing(), **changes}
    return Sentry(*budgets, **given)


def routed(model_id="auto", *, task_type=None, **changes):
    """A request that names a virtual model; without one, the task type alone."""
    tags = {"team": "search", "application": "web"}
    if task_type is not None:
        tags["taskType"] = task_type
    return request(model_id=model_id or f"taskType={task_type}", tags=tags, **changes)
