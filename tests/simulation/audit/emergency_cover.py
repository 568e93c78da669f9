"""Whether an allowance covers a call, by the auditor's own reckoning."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from cost_sentry.domain.budget import Budget
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.emergency import EmergencyAllowance
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.sentry_config import SentryConfig
from tests.simulation import store_reader as reader
from tests.simulation.audit import broken
from tests.simulation.audit.broken import BrokenPromise
from tests.simulation.audit.records import window_id
from tests.simulation.ledger_records import Held
from tests.simulation.plan import RATES

Moments = Sequence[datetime]


def check(
    request: InvocationRequest,
    decision: Decision,
    held: Held,
    configs: Sequence[SentryConfig],
    moments: Moments,
) -> None:
    """Raise ``BrokenPromise`` unless some configuration lets this slot pay for this call."""
    sent = decision.output_limit_sent_tokens or 0
    covering = [
        c for c in configs if any(_covers(a, request, held, c, sent) for a in _own(held, c))
    ]
    if not covering:
        detail = f"{request} of {sent} tokens at most is paid for by {held.request_id}"
        raise BrokenPromise(broken.COVERED, detail)
    lacks = [_lacks(request, held, config, sent, moments) for config in covering]
    if all(lacks):
        detail = f"{held.request_id} pays for {request.request_id}: {lacks[0]}"
        raise BrokenPromise(broken.HELD_IN_EVERY_BUDGET, detail)


def _own(held: Held, config: SentryConfig) -> Iterator[EmergencyAllowance]:
    """The slot's allowance as this configuration has it."""
    named = reader.slot_id(held.request_id)
    for one in config.emergency_allowances:
        quote = RATES[one.model_id] * (one.input_tokens_max + one.output_tokens_max)
        if named and one.id == named.allowance and quote == held.quote:
            yield one


def _covers(
    one: EmergencyAllowance, request: InvocationRequest, held: Held, config: SentryConfig, sent: int
) -> bool:
    ladder = (request.model_id, *config.models[request.model_id].ladder)
    asked = request.max_tokens or 0
    lowered = sent < asked
    return (
        one.scope.items() <= request.tags.items()
        and one.model_id == held.model
        and held.model in ladder
        and request.input_bound_tokens <= one.input_tokens_max
        and sent <= min(one.output_tokens_max, asked)
        and (request.lower_output_limit or not lowered)
    )


def _lacks(
    request: InvocationRequest, held: Held, config: SentryConfig, sent: int, moments: Moments
) -> str:
    """The first of the call's budgets in which too little is held, or nothing."""
    amounts = {purse: amount for purse, _, amount in held.holds}
    for budget in config.budgets_of(request.tags, held.model):
        needed = _needed(budget, request.input_bound_tokens, sent, RATES[held.model])
        windows = _windows(budget, moments)
        there = [a for purse, a in amounts.items() if purse in windows]
        if not there or there[0] < needed:
            return f"{needed} needed in {sorted(windows)}, held is {amounts}"
    return ""


def _needed(budget: Budget, bound: int, sent: int, rate: int) -> int:
    return {
        "usd": rate * (bound + sent),
        "tokens": bound + sent,
        "input_tokens": bound,
        "output_tokens": sent,
        "requests": 1,
        "in_flight": 1,
    }[budget.unit.value]


def _windows(budget: Budget, moments: Moments) -> set[str]:
    """Of this budget, at any of these moments."""
    return {f"{budget.id}@{window_id(budget.window.value, moment)}" for moment in moments}


def holds_of(one: EmergencyAllowance, config: SentryConfig, now: datetime) -> dict[str, int]:
    """What one of its slots holds, by purse."""
    bound, sent = one.input_tokens_max, one.output_tokens_max
    return {
        f"{budget.id}@{window_id(budget.window.value, now)}": _needed(
            budget, bound, sent, RATES[one.model_id]
        )
        for budget in config.budgets_of(one.scope, one.model_id)
    }


def would_pay(
    request: InvocationRequest, slot: str, configs: Sequence[SentryConfig], moments: Moments
) -> bool:
    """Whether a free slot should be handed out; asked only where one configuration is in force."""
    named, (config,) = reader.slot_id(slot), configs
    days = {moment.date() for moment in moments}
    for one in config.emergency_allowances:
        if named is None or one.id != named.allowance or days != {named.day}:
            continue
        ladder = (request.model_id, *config.models[request.model_id].ladder)
        asked = request.max_tokens or 0
        budgets = config.budgets_of(request.tags, one.model_id)
        return (
            one.scope.items() <= request.tags.items()
            and one.model_id in ladder
            and request.input_bound_tokens <= one.input_tokens_max
            and asked <= one.output_tokens_max
            and {b.id for b in budgets}
            == {b.id for b in config.budgets_of(one.scope, one.model_id)}
        )
    return False
