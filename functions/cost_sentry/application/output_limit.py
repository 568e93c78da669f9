"""A lower output limit that the budgets can still pay for, where the one asked for is too dear.

Computed from the price and from what is left, never searched for: one look, one number.
"""

from collections.abc import Callable, Mapping

from cost_sentry.application.candidates import Candidate
from cost_sentry.application.ports import Shortage
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.price_book import affordable_output_tokens
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.window import WindowKind


def output_floor(request: InvocationRequest, config: SentryConfig) -> int:
    """The lowest limit that may be sent: what is left after thinking must be an answer."""
    return request.thinking_tokens + config.output_tokens_min


def lowered(candidate: Candidate, known: Mapping[str, Shortage], floor: int) -> Candidate | None:
    """The candidate within what every budget known to be short has left; never above its limit.

    ``None`` if that is below the floor, or if one of them shortens no answers.

    Args:
        candidate: as it was refused.
        known: the last shortage of each budget window, by ``Hold.key``.
        floor: the lowest limit that may be sent.
    """
    limit = candidate.output_limit_tokens
    budgets = {budget.id: budget for budget in candidate.budgets}
    for shortage in known.values():
        budget = budgets.get(shortage.hold.budget_id)
        if budget is None:
            continue
        affordable = affordable_output(candidate, shortage)
        if affordable is None:
            return None
        if affordable < candidate.output_limit_tokens and _soon_full_again(budget, shortage):
            return None
        limit = min(limit, affordable)
    return candidate.within(output_limit_tokens=limit) if limit >= floor else None


def shortens_answers(budget: Budget, shortage: Shortage) -> bool:
    """Whether a shorter answer spares this budget, and is worth more than to wait for it.

    A budget of a minute is full again before a cut answer would be read.
    """
    spared = budget.unit in _AFFORDABLE and budget.unit is not Unit.INPUT_TOKENS
    return spared and not _soon_full_again(budget, shortage)


def _soon_full_again(budget: Budget, shortage: Shortage) -> bool:
    """And then with enough for the whole of it."""
    fits_whole = shortage.hold.amount <= shortage.remaining.limit
    return budget.window is WindowKind.MINUTE and fits_whole


def affordable_output(candidate: Candidate, shortage: Shortage) -> int | None:
    """Output tokens, up to its limit, that what is left of this budget pays for; negative if none.

    ``None`` where the budget counts no tokens and no price of tokens.
    """
    affordable = _AFFORDABLE.get(shortage.hold.unit)
    return affordable(candidate, shortage.remaining.left) if affordable else None


def _for_money(candidate: Candidate, left: int) -> int:
    return affordable_output_tokens(
        candidate.price,
        amount_picodollars=left,
        input_bound_tokens=candidate.input_bound_tokens,
        output_limit_tokens=candidate.output_limit_tokens,
        writes_cache=candidate.writes_cache,
    )


def _for_tokens(candidate: Candidate, left: int) -> int:
    return min(candidate.output_limit_tokens, left - candidate.input_bound_tokens)


def _for_input_tokens(candidate: Candidate, left: int) -> int:
    """No output limit makes a prompt shorter, but a count of the prompt may."""
    return candidate.output_limit_tokens if candidate.input_bound_tokens <= left else -1


def _for_output_tokens(candidate: Candidate, left: int) -> int:
    return min(candidate.output_limit_tokens, left)


_AFFORDABLE: Mapping[Unit, Callable[[Candidate, int], int]] = {
    Unit.USD: _for_money,
    Unit.TOKENS: _for_tokens,
    Unit.INPUT_TOKENS: _for_input_tokens,
    Unit.OUTPUT_TOKENS: _for_output_tokens,
}
"""By unit. One that is not here is not spared by fewer tokens."""
