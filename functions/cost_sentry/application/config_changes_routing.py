"""What a configuration says of routing, as operators read it; see config_changes."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from cost_sentry.application.config_document_parts import circuits_to_document
from cost_sentry.application.config_document_rare import endpoint_model_to_document
from cost_sentry.domain.money import dollars_text
from cost_sentry.domain.routing import TIER_NAMES
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.service_tier import FlexPrice

if TYPE_CHECKING:
    from cost_sentry.domain.endpoint_model import EndpointModel

_Parts = Mapping[str, str]


def routing_parts(config: SentryConfig | None) -> _Parts:
    """What there is one of; nothing where there is no routing."""
    if config is None or config.routing.is_empty:
        return {}
    worth = config.routing.answer_worth_picodollars
    return {"answerWorth": "none" if worth is None else f"{dollars_text(worth)} usd"}


def virtual_models(config: SentryConfig | None) -> Mapping[str, _Parts]:
    """By name."""
    virtual = config.routing.virtual_models.values() if config else ()
    return {
        one.id: {"tier": tier_text(one.tier), "models": ", ".join(one.models) or "all with a tier"}
        for one in virtual
    }


def task_types(config: SentryConfig | None) -> Mapping[str, _Parts]:
    """By the value of the tag."""
    rules = config.routing.task_types.values() if config else ()
    return {
        rule.task_type: {"tier": tier_text(rule.tier), "model": rule.model or "none"}
        for rule in rules
    }


def tier_text(tier: int | None) -> str:
    """Its name, or that there is none."""
    return "none" if tier is None else TIER_NAMES[tier]


def flex_text(flex: FlexPrice | None) -> str:
    """Dollars for a million tokens in and out, or that there is no price."""
    if flex is None:
        return "none"
    # A picodollar per token is a millionth of a dollar per million tokens.
    into, out = (dollars_text(rate * 10**6) for rate in (flex.input, flex.output))
    return f"{into} / {out} usd for a million tokens in / out"


def endpoint_told(endpoint: "EndpointModel | None") -> Mapping[str, str]:
    """What is said of a model that is one; nothing of others. By its id it stays what it is."""
    told = endpoint_model_to_document(endpoint)
    return {name: json.dumps(value, sort_keys=True) for name, value in told.items()}


def breaker_parts(config: SentryConfig | None) -> Mapping[str, str]:
    """When unwell models are not asked; nothing where nobody watches them."""
    return _given(circuits_to_document(config).get("circuitBreaker")) if config else {}


def retry_parts(config: SentryConfig | None) -> Mapping[str, str]:
    """When calls are tried again; nothing where none is."""
    return _given(circuits_to_document(config).get("retries")) if config else {}


def _given(document: object) -> Mapping[str, str]:
    return {k: str(v) for k, v in document.items()} if isinstance(document, Mapping) else {}
