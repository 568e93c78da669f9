"""End raises that nobody ended though their time is over, or their budget another by now.

The workflow of a request does so in seconds. This is for one that was stopped by hand, or failed.
"""

from dataclasses import dataclass
from datetime import datetime

from cost_sentry.application.approval_measure import why_not_for
from cost_sentry.application.follow_request import Follower
from cost_sentry.application.raised_limits import config_with_measures, set_raised_limit
from cost_sentry.domain.errors import CostSentryError
from cost_sentry.domain.measure import Measure, MeasureKind
from cost_sentry.domain.sentry_config import SentryConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedRaises:
    """What one run did."""

    ended: tuple[str, ...]
    """Requests whose raises hold no more, and whose limits are right."""
    problems: tuple[str, ...]
    """Those that the next run comes to again."""


def end_raises(follower: Follower) -> EndedRaises:
    """See to every raise on record that does not hold; nothing is written where there is none.

    Raises:
        LedgerUnavailable: the configuration could not be read.
        ConfigurationError: nor could it be understood.
    """
    config, now = config_with_measures(follower.config_store), follower.clock.now()
    due = [one for one in config.measures if _is_due(one, config, now)] if config else []
    ended, problems = [], []
    for one in due:
        try:
            _end(one, follower)
        except CostSentryError as error:
            problems.append(f"{one.id}: {error}")
        else:
            ended.append(one.id)
    if due:
        follower.measures.forget_gone()
    return EndedRaises(ended=tuple(ended), problems=tuple(problems))


def _is_due(one: Measure, config: SentryConfig, now: datetime) -> bool:
    if one.kind is not MeasureKind.RAISE:
        return False
    return not one.is_in_force(now) or why_not_for(one, config) is not None


def _end(one: Measure, follower: Follower) -> None:
    """The request first, whose end is mailed; the limit whether or not there is such a request."""
    try:
        follower.follow(one.id)
    finally:
        follower.measures.lift(one)
        set_raised_limit(
            one.budget_id or "",
            store=follower.config_store,
            books=follower.books,
            clock=follower.clock,
        )
