"""What one comparison of usage tells: counts, how each model stands, and every booking. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from cost_sentry.application.usage_reconciliation import Reconciled
from cost_sentry.domain.meter import NOTHING, Counts
from cost_sentry.domain.money import dollars_text


def counts_of(done: Reconciled) -> Mapping[str, int]:
    """Metrics of the whole run; none of them while there is nothing to say."""
    counts = {
        "ExternalUsageForbidden": sum(one.is_forbidden for one in done.booked),
        "ExternalUsageUnpriced": sum(not one.is_priced for one in done.booked),
        "ExternalUsageUnread": int(done.unread is not None),
        "ReconciliationProblems": len(done.problems),
        "ReconciliationWaits": int(bool(done.waits)),
    }
    return {name: count for name, count in counts.items() if count or done.compared}


def gauges_of(done: Reconciled) -> Iterator[tuple[str, str, int]]:
    """Model, metric and value: tokens booked, tokens adrift, and how old that is in seconds."""
    for one in done.compared:
        booked = [b.amounts for b in done.booked if b.model_id == one.model_id]
        yield one.model_id, "ExternalTokens", sum(map(_tokens, booked))
        yield one.model_id, "UsageDriftTokens", _tokens(_sizes(one.drift))
        age = done.at - (one.adrift_since or done.at)
        yield one.model_id, "UsageDriftAgeSeconds", int(age.total_seconds())


def events_of(done: Reconciled) -> Iterator[dict[str, Any]]:
    """Each booking, as the log has it: model, minute, hour, amounts, whether it was allowed."""
    for one in done.booked:
        amounts = one.amounts
        yield {
            "model": one.model_id,
            "charged_as": one.charged_as,
            "minute": one.minute.isoformat(),
            "hour": one.minute.replace(minute=0).isoformat(),
            "calls": amounts.calls,
            "input_tokens": amounts.input_tokens,
            "output_tokens": amounts.output_tokens,
            "cache_read_tokens": amounts.cache_read_tokens,
            "cache_write_tokens": amounts.cache_write_tokens,
            "cost_usd": dollars_text(amounts.picodollars) if one.is_priced else None,
            "allowed": not one.is_forbidden,
            "overrun": one.is_overrun,
            "request_id": one.request_id,
        }


def unread_text(done: Reconciled) -> str | None:
    """What nobody can compare any more, as the log has it; ``None``: there is nothing."""
    unread = done.unread
    return f"{unread.since.isoformat()} to {unread.until.isoformat()}" if unread else None


def _tokens(counts: Counts) -> int:
    cached = counts.cache_read_tokens + counts.cache_write_tokens
    return counts.input_tokens + cached + counts.output_tokens


def _sizes(adrift: Counts) -> Counts:
    """Of each kind for itself: too many tokens in make up for no missing ones out."""
    return NOTHING.at_least(adrift) + NOTHING.at_least(NOTHING - adrift)
