"""What the answer says of a reservation that holds: why this model, and why this output limit."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cost_sentry.application.candidate_tries import CandidateTries, Short
from cost_sentry.application.circuit_check import CircuitCheck
from cost_sentry.application.freeze_check import FreezeCheck
from cost_sentry.application.graduated import StageCheck
from cost_sentry.application.policy_check import PolicyCheck
from cost_sentry.application.stage_notes import sentence, shortens
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


def why_allowed(held: Reservation, asked: int, tries: CandidateTries, advice: Advice) -> Why:
    """What the answer says of what is held."""
    route = advice.route
    named = route.first_model if route else held.model_asked
    is_other = held.decision == DecisionKind.REROUTE
    other = _why_rerouted(held, named, tries, advice) if is_other else None
    if held.output_limit_tokens < asked:
        return _why_shorter(held, asked, tries.short, advice, other)
    if other:
        return Why(other.code, f"{other.why}; {held.model_used} {other.end}", other.budget_id)
    if route:
        return Why(ReasonCode.ROUTED, f"{route.message}; {held.model_used} fits")
    return Why(ReasonCode.WITHIN_BUDGETS, "every budget can pay for it")


def _why_shorter(
    held: Reservation, asked: int, short: list[Short], advice: Advice, other: "_Other | None"
) -> Why:
    """The answer is cut short; and ``other``: it is another model's, too."""
    used, sent = held.model_used, held.output_limit_tokens
    by: str | None
    lower, before = advice.stages.of(used).lower_output, f"{other.why}; " if other else ""
    if lower and used not in {one.candidate.model_id for one in short}:
        by, why = lower.budget.id, sentence(lower, shortens)
    else:
        by, model = _first_short(short, held.model_asked)
        why = f"{_poor(by)} cannot pay for {asked} output tokens of {model}"
        if other and other.code is ReasonCode.REROUTED_TO_FIT:  # It says the same, but for this.
            before = f"{other.first}; " if other.first else ""
    instead = f" of {used}" if other else ""
    message = f"{before}{why}; maxTokens{instead} is {sent} instead of {asked}"
    return Why(ReasonCode.OUTPUT_LIMIT_LOWERED, message, by)


class _Other(NamedTuple):
    """Why another model is called."""

    code: ReasonCode
    why: str
    end: str
    """What is said of that model."""
    budget_id: str | None = None
    first: str = ""
    """The part of ``why`` that is about the named model, where money decided about another one."""


def _why_rerouted(held: Reservation, named: str, tries: CandidateTries, advice: Advice) -> _Other:
    """What kept the named model from the call: one thing, and each is asked in its turn.

    A stage that moved the model counts only where the one that is called came before it by that.
    """
    forbidden = advice.check.why() if advice.check.has_struck(named) else ""
    if forbidden and not tries.short:
        return _Other(ReasonCode.REROUTED_BY_POLICY, forbidden, "is permitted")
    frozen = advice.freeze.why_rerouted(named)
    if frozen:
        return _Other(ReasonCode.REROUTED_BY_FREEZE, frozen, "is called instead")
    asleep = advice.sleep.why_rerouted(named) if advice.sleep else None
    if asleep:
        return _Other(ReasonCode.REROUTED_WHILE_ASLEEP, asleep, "is called instead")
    saves = advice.stages.why_rerouted(named, held.model_used)
    if saves:
        level, why = saves
        return _Other(ReasonCode.REROUTED_TO_SAVE, why, "fits", level.budget.id)
    unwell = advice.circuits.why_rerouted()
    if unwell:
        return _Other(*unwell)
    by, model = _first_short(tries.short, named)
    why = "; ".join(filter(None, (forbidden, f"{_poor(by)} cannot pay for {model}")))
    return _Other(ReasonCode.REROUTED_TO_FIT, why, "fits", by, forbidden)


def _first_short(short: list[Short], named: str) -> tuple[str | None, str]:
    """The budget that could not pay for the named model, or else for the first that was tried."""
    first = next((one for one in short if one.candidate.model_id == named), None)
    first = first or next(iter(short), None)
    return (first.why.hold.budget_id, first.candidate.model_id) if first else (None, named)


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
