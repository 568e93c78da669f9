"""What the answer says of a reservation that holds: why this model, and why this output limit."""

from dataclasses import dataclass

from cost_sentry.application.budget_levels import Stage
from cost_sentry.application.candidate_tries import Short
from cost_sentry.application.graduated import used_up
from cost_sentry.application.policy_check import PolicyCheck
from cost_sentry.domain.decision import (
    DecisionKind,
    ReasonCode,
    RungOutcome,
)
from cost_sentry.domain.reservation import Reservation
from cost_sentry.domain.route import Route
from cost_sentry.domain.service_tier import STANDARD, service_tier_of


@dataclass(frozen=True, slots=True)
class Advice:
    """The rules that had a say before the ledger decided."""

    check: PolicyCheck
    stage: Stage
    route: Route | None = None


def why_allowed(
    held: Reservation, asked: int, short: list[Short], advice: Advice
) -> tuple[ReasonCode, str]:
    """The code and the sentence of a reservation that holds."""
    check, stage, route = advice.check, advice.stage, advice.route
    named = route.first_model if route else held.model_asked
    poor = f"budget {short[0].why.hold.budget_id}" if short else "a budget"
    sent = held.output_limit_tokens
    if sent < asked:
        instead = "" if held.model_used == named else f" of {held.model_used}"
        why = f"{poor} cannot pay for {asked} output tokens of {named}"
        if stage.lower_output and held.model_used not in {s.candidate.model_id for s in short}:
            begins = stage.lower_output.budget.stages.lower_output_percent
            why = f"{used_up(stage.lower_output)}, and from {begins} % answers are shorter"
        message = f"{why}; maxTokens{instead} is {sent} instead of {asked}"
        return ReasonCode.OUTPUT_LIMIT_LOWERED, message
    if held.decision == DecisionKind.REROUTE and stage.prefer_ladder:
        begins = stage.prefer_ladder.budget.stages.prefer_ladder_percent
        why = f"{used_up(stage.prefer_ladder)}, and from {begins} % the ladder comes first"
        return ReasonCode.REROUTED_TO_SAVE, f"{why}; {held.model_used} fits"
    if held.decision == DecisionKind.REROUTE and check.struck and not short:
        message = f"{check.why()}; {held.model_used} is permitted"
        return ReasonCode.REROUTED_BY_POLICY, message
    if held.decision == DecisionKind.REROUTE:
        message = f"{poor} cannot pay for {named}; {held.model_used} fits"
        return ReasonCode.REROUTED_TO_FIT, message
    if route:
        return ReasonCode.ROUTED, f"{route.message}; {held.model_used} fits"
    return ReasonCode.WITHIN_BUDGETS, "every budget can pay for it"


def reserved_rung(held: Reservation, asked: int) -> RungOutcome:
    """The last of the models that were tried, ``asked`` output tokens in full."""
    sent, tier = held.output_limit_tokens, service_tier_of(held.price_version)
    at = "" if sent >= asked else f" at {sent} of {asked} output tokens"
    by = "" if tier == STANDARD else f" at service tier {tier}"
    return RungOutcome(
        model_id=held.model_used,
        outcome=f"reserved{at}{by}",
        quote_picodollars=held.quote_picodollars,
    )
