"""Callers, models and calls as the published Cedar schema has them. Pure."""

from typing import Any

from cost_sentry.adapters.call_kinds import APPLICATION, CALLER, CALLER_IS, NAMESPACE, Facts
from cost_sentry.application.policy_ports import CallerFacts, ModelFacts
from cost_sentry.domain.policy import REGIONAL


def entities_of(
    caller: CallerFacts, model: ModelFacts, deployed_in: str | None
) -> list[dict[str, Any]]:
    """The caller and the model, with what they belong to.

    Args:
        caller: who calls.
        model: which model.
        deployed_in: the Region where models without a profile are called; ``None``: unknown.
    """
    told = {} if caller.environment is None else {"environment": caller.environment}
    tier = {} if model.tier is None else {"tier": {"__entity": uid("Tier", model.tier)}}
    region = (model.region or deployed_in) if model.geography == REGIONAL else None
    called_in = {} if region is None else {"region": region}
    return [
        {
            "uid": uid("Application", caller.account),
            "attrs": {"name": caller.application, "team": caller.team, **told},
            "parents": [uid("Team", caller.team)],
        },
        {
            "uid": uid("Model", model.model_id),
            "attrs": {
                "priceClass": {"__entity": uid("PriceClass", model.price_class)},
                "outputCents": model.output_cents,
                "geography": model.geography,
                **called_in,
                **tier,
            },
            "parents": [uid("Provider", model.provider)],
        },
    ]


def seen_of(caller: CallerFacts) -> Facts:
    """The facts of a caller, by the names of ``call_kinds``."""
    told = {} if caller.environment is None else {"principal.environment": caller.environment}
    groups = [(APPLICATION, caller.account), (f"{NAMESPACE}::Team", caller.team)]
    return {
        CALLER: caller,
        CALLER_IS: groups,
        "principal.name": caller.application,
        "principal.team": caller.team,
        **told,
    }


def context_of(call: Facts) -> Facts:
    """The facts of a call, as the schema has them."""
    if "priority" not in call:
        return call
    return {**call, "priority": {"__entity": uid("Priority", str(call["priority"]))}}


def uid(kind: str, name: str) -> dict[str, str]:
    """Cedar's name of an entity."""
    return {"type": f"{NAMESPACE}::{kind}", "id": name}
