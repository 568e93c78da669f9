"""A lower output limit that the budgets can still pay for, where the one asked for is too dear.

Computed from the price and from what is left, never searched for: one look, one number.
"""

from collections.abc import Callable, Mapping

from cost_sentry.application.candidates import Candidate
from cost_sentry.application.ports import Shortage
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.price_book import affordable_output_tokens
from cost_sentry.domain.sentry_config import SentryConfig


def output_floor(request: InvocationRequest, config: SentryConfig) -> int:
    """The lowest limit that may be sent: what is left after thinking must be an answer."""
    return request.thinking_tokens + config.output_tokens_min


def lowered(candidate: Candidate, known: Mapping[str, Shortage], floor: int) -> Candidate | None:
    """The candidate within what every budget known to be short has left; never above its limit.

    ``None`` if that is below the floor, or if one of them counts what no output limit changes.

    Args:
        candidate: as it was refused.
        known: the last shortage of each budget window, by ``Hold.key``.
        floor: the lowest limit that may be sent.
    """
    limit = candidate.output_limit_tokens
    for shortage in known.values():
        if not any(budget.id == shortage.hold.budget_id for budget in candidate.budgets):
            continue
        affordable = affordable_output(candidate, shortage)
        if affordable is None:
            return None
        limit = min(limit, affordable)
    return candidate.within(output_limit_tokens=limit) if limit >= floor else None


def affordable_output(candidate: Candidate, shortage: Shortage) -> int | None:
    """Output tokens, up to its limit, that what is left of this budget pays for; negative if none.

    ``None`` where the budget's unit does not depend on them.
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
"""By unit. One that is not here counts something else than tokens or their price."""
