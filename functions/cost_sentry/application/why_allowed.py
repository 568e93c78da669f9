"""What the answer says of a reservation that holds: why this model, and why this output limit."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cost_sentry.application.candidate_tries import Short
from cost_sentry.application.circuit_check import CircuitCheck
from cost_sentry.application.freeze_check import FreezeCheck
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

if TYPE_CHECKING:  # Loaded where a configuration has endpoints.
    from cost_sentry.application.sleep_check import SleepCheck


@dataclass(frozen=True, slots=True)
class Advice:
    """The rules that had a say before the ledger decided."""

    check: PolicyCheck
    stages: StageCheck
    circuits: CircuitCheck
    freeze: FreezeCheck
    route: Route | None = None
    sleep: "SleepCheck | None" = None
    """``None``: no model of the configuration ever sleeps."""


class Why(NamedTuple):
    """Of a reservation that holds."""

    code: ReasonCode
    message: str
    budget_id: str | None = None
    """The budget for which the call is not what was asked for; ``None``: for none, or unknown."""


def why_allowed(held: Reservation, asked: int, short: list[Short], advice: Advice) -> Why:
    """What the answer says of what is held."""
    route = advice.route
    named = route.first_model if route else held.model_asked
    by = short[0].why.hold.budget_id if short else None
    sent = held.output_limit_tokens
    if sent < asked:
        instead = "" if held.model_used == named else f" of {held.model_used}"
        why = f"{_poor(by)} cannot pay for {asked} output tokens of {named}"
        lower = advice.stages.of(held.model_used).lower_output
        if lower and held.model_used not in {s.candidate.model_id for s in short}:
            begins = lower.budget.stages.lower_output_percent
            by, why = lower.budget.id, f"{used_up(lower)}, and from {begins} % answers are shorter"
        message = f"{why}; maxTokens{instead} is {sent} instead of {asked}"
        return Why(ReasonCode.OUTPUT_LIMIT_LOWERED, message, by)
    if held.decision == DecisionKind.REROUTE:
        return _why_rerouted(held, named, by, advice)
    if route:
        return Why(ReasonCode.ROUTED, f"{route.message}; {held.model_used} fits")
    return Why(ReasonCode.WITHIN_BUDGETS, "every budget can pay for it")


def _why_rerouted(held: Reservation, named: str, short: str | None, advice: Advice) -> Why:
    """``short``: the budget that could not pay for the first model that was tried."""
    frozen = advice.freeze.why_rerouted(named)
    if frozen:
        message = f"{frozen}; {held.model_used} is called instead"
        return Why(ReasonCode.REROUTED_BY_FREEZE, message)
    asleep = advice.sleep.why_rerouted(named) if advice.sleep else None
    if asleep:
        message = f"{asleep}; {held.model_used} is called instead"
        return Why(ReasonCode.REROUTED_WHILE_ASLEEP, message)
    saves = advice.stages.why_rerouted(named)
    if saves:
        level, why = saves
        message = f"{why}; {held.model_used} fits"
        return Why(ReasonCode.REROUTED_TO_SAVE, message, level.budget.id)
    unwell = advice.circuits.why_rerouted(held)
    if unwell:
        return Why(*unwell)
    if advice.check.struck and short is None:
        message = f"{advice.check.why()}; {held.model_used} is permitted"
        return Why(ReasonCode.REROUTED_BY_POLICY, message)
    message = f"{_poor(short)} cannot pay for {named}; {held.model_used} fits"
    return Why(ReasonCode.REROUTED_TO_FIT, message, short)


def _poor(budget_id: str | None) -> str:
    return f"budget {budget_id}" if budget_id else "a budget"


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
