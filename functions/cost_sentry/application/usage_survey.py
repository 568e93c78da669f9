"""Which models one run looks at, so that none is left out however long the runs stood still.

CloudWatch lists models that were metered in the last three hours. While every run does its work
that is enough. What was metered during a longer pause is found by looking at every model that
CloudWatch still knows, or that was ever compared, until all of them are compared again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cost_sentry.application.meter_ports import OwnUse
from cost_sentry.application.usage_ports import MetricsUnavailable, ModelMetrics, UsageCursors
from cost_sentry.domain.external_usage import Horizons
from cost_sentry.domain.meter import MODEL, minute_of
from cost_sentry.domain.model_id import ENDPOINT_PREFIX
from cost_sentry.domain.usage_cursor import (
    UsageCursor,
    is_at_rest,
    is_legible,
    new_cursor,
    oldest_start,
    restarted,
)

READ_MAX = timedelta(days=1)
"""Beyond the overlap: after a longer pause several runs catch up."""
PAUSE_MIN = timedelta(hours=2)
"""A longer one may soon hide models: those of three hours are listed, not older ones."""
LISTED = timedelta(days=14)
"""CloudWatch lists no metric that had no point for longer; API reference, ``ListMetrics``."""
PAST_MAX = timedelta(days=1)
"""Before a model was first looked at, or before a pause began: so much of its past is compared."""
AT_REST = timedelta(minutes=30)
"""A model that was compared so lately has nothing to catch up with."""
CAUGHT_UP_MAX = 50
"""Models besides recent ones that one run looks at, the oldest first; the next takes others."""
NOTED_EVERY = timedelta(minutes=30)
"""How often it is written down that all is compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Minutes that nobody compared, and of which CloudWatch cannot tell all any more."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What one run is to look at."""

    cursors: tuple[UsageCursor, ...]
    """The oldest first."""
    is_whole: bool
    """Whether these are all that there is to look at."""
    surveyed: datetime | None
    """Up to when all was compared, as it is noted."""
    unread: Unread | None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyor:
    """Over the same parts as the comparison."""

    metrics: ModelMetrics
    own_use: OwnUse
    cursors: UsageCursors

    def survey(self, now: datetime, horizons: Horizons) -> Survey:
        """Models of the last hours; after a pause all others too, some in each run.

        Raises ``LedgerUnavailable``.
        """
        begun, noted = self.cursors.begun(now), self.cursors.surveyed()
        surveyed = max(begun, noted or now - PAST_MAX)
        first = max(begun, minute_of(min(now, surveyed) - PAST_MAX), oldest_start(now))
        problem = ""
        recent, others = self._active(now - horizons.overlap), set[str]()
        try:
            recent |= set(self.metrics.recent(now))
            if now - surveyed > PAUSE_MIN:
                others = {*self.metrics.listed(now), *self.cursors.models()} - recent
        except MetricsUnavailable as error:
            problem = str(error)
        behind = [
            cursor
            for cursor in self._cursors(others, first, now)
            if now - cursor.until > AT_REST or not is_at_rest(cursor, horizons)
        ]
        chosen = [*self._cursors(recent, first, now), *behind[:CAUGHT_UP_MAX]]
        return Survey(
            cursors=tuple(sorted(chosen, key=_age)),
            is_whole=not problem and len(behind) <= CAUGHT_UP_MAX,
            surveyed=noted,
            unread=_unread(surveyed, now),
            problem=problem,
        )

    def note(self, survey: Survey, until: datetime) -> None:
        """Everything up to then is compared; written down now and then."""
        if survey.surveyed is None or until - survey.surveyed >= NOTED_EVERY:
            self.cursors.note_surveyed(until)

    def _active(self, since: datetime) -> set[str]:
        """Models with calls of the sentry that may be running, or have lately ended."""
        return {name for kind, name in self.own_use.active(since) if kind == MODEL}

    def _cursors(self, names: Iterable[str], first: datetime, now: datetime) -> list[UsageCursor]:
        """Not of endpoints: Bedrock meters none of their calls, so own ones would be adrift."""
        metered = (name for name in names if not name.startswith(ENDPOINT_PREFIX))
        return sorted((self._cursor(name, first, now) for name in metered), key=_age)

    def _cursor(self, model: str, first: datetime, now: datetime) -> UsageCursor:
        """How far it was compared; where nobody can read on, it begins anew."""
        cursor = self.cursors.read(model) or new_cursor(model, first)
        if is_legible(cursor, now) or cursor.intents:
            return cursor
        return restarted(cursor, first)


def reach(cursor: UsageCursor, until: datetime, horizons: Horizons) -> datetime:
    """Up to where this run looks at a model: to the end, or after a long pause a part of it."""
    return max(cursor.until, min(until, cursor.since + horizons.overlap + READ_MAX))


def _age(cursor: UsageCursor) -> tuple[datetime, str]:
    return cursor.until, cursor.model_id


def _unread(surveyed: datetime, now: datetime) -> Unread | None:
    listed = minute_of(now - LISTED)
    return Unread(since=surveyed, until=listed) if surveyed < listed else None
