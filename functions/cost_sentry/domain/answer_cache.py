"""Answers that are kept for a while, so that the same call need not be paid for again.

Only of applications that ask for it and that their workflow proves (``caller``), and only for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from cost_sentry.domain.usage import TokenUsage

TTL_SECONDS_MAX = 7 * 24 * 60 * 60
"""The longest that an answer may be kept."""
STOP_REASONS_KEPT = frozenset({"end_turn", "stop_sequence"})
"""Of answers that ended by themselves: not cut, not masked, and not a call of a tool."""


class CacheUse(StrEnum):
    """What one request wants of its application's cache."""

    USE = "use"
    """An answer that is kept, or else one that will be."""
    REFRESH = "refresh"
    """A new answer of the model, which takes the place of the one that is kept."""
    OFF = "off"
    """As if there were no cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCaching:
    """What an application wants to be kept."""

    ttl_seconds: int
    any_temperature: bool = False
    """Also answers that the model would not give again."""

    @property
    def ttl(self) -> timedelta:
        """For how long."""
        return timedelta(seconds=self.ttl_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPlace:
    """Where the answer to a call is to be kept, and for how long."""

    key: str
    """A keyed hash: it tells nobody what was asked."""
    ttl_seconds: int

    @property
    def ttl(self) -> timedelta:
        """For how long."""
        return timedelta(seconds=self.ttl_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """An answer of a model, whole: beside a request the only thing with text (P10)."""

    account: str
    """Whose it is: ``team/application``."""
    model_id: str
    answer: Mapping[str, object] = field(repr=False)
    """Converse's, in camelCase, without ``sentry``."""
    usage: TokenUsage
    """What the call used that brought it."""
    kept_at: datetime
    ends_at: datetime
    """From then on it is not to be found."""

    def is_fresh(self, caching: AnswerCaching, now: datetime) -> bool:
        """Whether it may be given: by the time that it was kept for, and by what is asked now."""
        return self.kept_at <= now < min(self.ends_at, self.kept_at + caching.ttl)


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheHit:
    """What is said of an answer that was kept. No text."""

    kept_at: datetime
    age_seconds: int
    ends_at: datetime
    usage: TokenUsage
    avoided_picodollars: int
    """What the call would have cost by today's prices, at the tier that it would try first."""
