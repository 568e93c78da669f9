"""Models, their tiers, and routing as JSON-safe documents, and back; see config_document.

An older sentry reads over tiers and routing, and refuses what names no model; it finds no price for
an endpoint, and refuses that: no format of their own.
"""

from collections.abc import Mapping
from typing import Any

from cost_sentry.application.config_document_rare import (
    endpoint_model_of,
    endpoint_model_to_document,
)
from cost_sentry.domain.money import dollars_text, picodollars
from cost_sentry.domain.routing import TIER_NAMES
from cost_sentry.domain.routing_rules import NO_ROUTING, Routing, TaskRule, VirtualModel
from cost_sentry.domain.sentry_config import Model
from cost_sentry.domain.service_tier import FlexPrice


def model_to_document(model: Model) -> dict[str, object]:
    """Tier and price of the flexible service tier are left out where nobody named one."""
    flex = model.flex and {"input": str(model.flex.input), "output": str(model.flex.output)}
    tier = _tier_to_document(model.tier)
    endpoint = endpoint_model_to_document(model.endpoint)
    return {"ladder": list(model.ladder), **tier, **_if_any("flexPicodollars", flex), **endpoint}


def model_from(id_: str, document: Mapping[str, Any]) -> Model:
    """The inverse of ``model_to_document``."""
    flex = document.get("flexPicodollars")
    return Model(
        id=id_,
        ladder=tuple(document["ladder"]),
        tier=_tier_from(document),
        flex=flex and FlexPrice(input=int(flex["input"]), output=int(flex["output"])),
        endpoint=endpoint_model_of(document.get("endpoint")),
    )


def routing_to_document(routing: Routing) -> dict[str, object]:
    """The member ``routing``; nothing where there is none."""
    if routing == NO_ROUTING:
        return {}
    worth = routing.answer_worth_picodollars
    told: dict[str, object] = {
        "virtualModels": {
            one.id: {**_tier_to_document(one.tier), **_if_any("models", list(one.models))}
            for one in routing.virtual_models.values()
        },
        "taskTypes": {
            one.task_type: {**_tier_to_document(one.tier), **_if_any("model", one.model)}
            for one in routing.task_types.values()
        },
        **({} if worth is None else {"answerWorth": dollars_text(worth)}),
    }
    return {"routing": told}


def routing_from(document: Mapping[str, Any] | None) -> Routing:
    """Of the member ``routing``; ``None``: there is none."""
    if document is None:
        return NO_ROUTING
    worth = document.get("answerWorth")
    return Routing(
        virtual_models={
            id_: VirtualModel(id=id_, tier=_tier_from(told), models=tuple(told.get("models", ())))
            for id_, told in document["virtualModels"].items()
        },
        task_types={
            id_: TaskRule(task_type=id_, tier=_tier_from(told), model=told.get("model"))
            for id_, told in document["taskTypes"].items()
        },
        answer_worth_picodollars=None if worth is None else picodollars(worth),
    )


def _if_any(name: str, value: object) -> dict[str, object]:
    return {name: value} if value else {}


def _tier_to_document(tier: int | None) -> dict[str, object]:
    return {} if tier is None else {"tier": TIER_NAMES[tier]}


def _tier_from(document: Mapping[str, Any]) -> int | None:
    return TIER_NAMES.index(document["tier"]) if "tier" in document else None
