"""What the answer says of a reservation that holds: why this model, and why this output limit."""

from dataclasses import dataclass

from cost_sentry.application.candidate_tries import Short
from cost_sentry.application.circuit_check import CircuitCheck
from cost_sentry.application.graduated import StageCheck, used_up
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
    stages: StageCheck
    circuits: CircuitCheck
    route: Route | None = None


def why_allowed(
    held: Reservation, asked: int, short: list[Short], advice: Advice
) -> tuple[ReasonCode, str]:
    """The code and the sentence of a reservation that holds."""
    route = advice.route
    named = route.first_model if route else held.model_asked
    poor = f"budget {short[0].why.hold.budget_id}" if short else "a budget"
    sent = held.output_limit_tokens
    if sent < asked:
        instead = "" if held.model_used == named else f" of {held.model_used}"
        why = f"{poor} cannot pay for {asked} output tokens of {named}"
        lower = advice.stages.of(held.model_used).lower_output
        if lower and held.model_used not in {s.candidate.model_id for s in short}:
            begins = lower.budget.stages.lower_output_percent
            why = f"{used_up(lower)}, and from {begins} % answers are shorter"
        message = f"{why}; maxTokens{instead} is {sent} instead of {asked}"
        return ReasonCode.OUTPUT_LIMIT_LOWERED, message
    if held.decision == DecisionKind.REROUTE:
        return _why_rerouted(held, named, poor, short, advice)
    if route:
        return ReasonCode.ROUTED, f"{route.message}; {held.model_used} fits"
    return ReasonCode.WITHIN_BUDGETS, "every budget can pay for it"


def _why_rerouted(
    held: Reservation, named: str, poor: str, short: list[Short], advice: Advice
) -> tuple[ReasonCode, str]:
    saves = advice.stages.why_rerouted(named)
    if saves:
        return ReasonCode.REROUTED_TO_SAVE, f"{saves}; {held.model_used} fits"
    unwell = advice.circuits.why_rerouted(held)
    if unwell:
        return unwell
    if advice.check.struck and not short:
        message = f"{advice.check.why()}; {held.model_used} is permitted"
        return ReasonCode.REROUTED_BY_POLICY, message
    return ReasonCode.REROUTED_TO_FIT, f"{poor} cannot pay for {named}; {held.model_used} fits"


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
