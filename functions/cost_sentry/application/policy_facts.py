"""What a policy may look at: who calls, which model, and the rest of the call."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from math import ceil

from cost_sentry.application.candidates import Candidate
from cost_sentry.application.policy_ports import CallerFacts, ModelFacts, OfferFacts
from cost_sentry.domain.invocation import NO_APPLICATION, InvocationRequest
from cost_sentry.domain.measure import MeasureKind, Measures
from cost_sentry.domain.model_id import (
    NAMES_REMEMBERED,
    arn_region,
    base_model_id,
    profile_scope,
    provider_of,
)
from cost_sentry.domain.policy import PRICE_CLASS_NAMES, REGIONAL, classes_up_to, price_class
from cost_sentry.domain.routing import TIER_NAMES

GRANTED = "granted"
"""Price classes that approvals in force give a call."""
LEFT_PERCENT = "budgetLeftPercent"
"""What is left of a budget: it must be read for policies that look at it."""
_PICODOLLARS_PER_CENT = 10**10
_MILLION = 10**6


def caller_facts(request: InvocationRequest) -> CallerFacts:
    """The application that calls."""
    return CallerFacts(
        account=request.account,
        team=request.tags["team"],
        application=request.tags.get("application", NO_APPLICATION),
        environment=request.environment,
    )


def model_facts(candidate: Candidate) -> ModelFacts:
    """The model of a candidate, at its price."""
    return model_facts_at(candidate.model_id, candidate.price.rates.output, candidate.tier)


@lru_cache(NAMES_REMEMBERED)
def model_facts_at(model_id: str, output: int, tier: int | None) -> ModelFacts:
    """Of this name and tier, at so many picodollars for an output token."""
    scope = profile_scope(model_id)
    return ModelFacts(
        model_id=base_model_id(model_id),
        provider=provider_of(model_id),
        geography=scope or REGIONAL,
        price_class=price_class(output),
        output_cents=ceil(output * _MILLION / _PICODOLLARS_PER_CENT),
        tier=None if tier is None else TIER_NAMES[tier],
        region=None if scope else arn_region(model_id),
    )


def granted_classes(measures: Measures, tags: Mapping[str, str], now: datetime) -> tuple[str, ...]:
    """Price classes that grants of this moment give a call with these tags, cheapest first."""
    given = {
        name
        for one in measures
        if one.kind is MeasureKind.GRANT and one.is_in_force(now) and one.covers_some(tags)
        for name in classes_up_to(one.price_class or PRICE_CLASS_NAMES[0])
    }
    return tuple(name for name in PRICE_CLASS_NAMES if name in given)


def call_facts(
    request: InvocationRequest,
    *,
    local: datetime,
    left_percent: int | None,
    is_pinned: bool,
    granted: Sequence[str] = (),
) -> Mapping[str, object]:
    """What is the same for every model, by the names of ``policy.cedarschema``.

    Args:
        request: what is asked.
        local: now, where the policies' clocks are.
        left_percent: of the budget that is used up most; ``None`` if nobody knows.
        is_pinned: the request names a model, and no virtual one.
        granted: price classes that approvals give it.
    """
    named = {} if request.max_tokens is None else {"maxTokens": request.max_tokens}
    known = {} if left_percent is None else {LEFT_PERCENT: left_percent}
    return {
        "tags": [f"{name}={value}" for name, value in request.tags.items()],
        "tagNames": list(request.tags),
        GRANTED: list(granted),
        "priority": request.priority.value,
        "pinned": is_pinned,
        "depth": request.session.depth if request.session else 0,
        **named,
        **known,
        "hour": local.hour,
        "weekday": local.isoweekday(),
    }


def offer_facts(candidate: Candidate, rung: int) -> OfferFacts:
    """What the model of a candidate adds to them, so far down its ladder."""
    return OfferFacts(candidate.output_limit_tokens, candidate.input_bound_tokens, rung)
