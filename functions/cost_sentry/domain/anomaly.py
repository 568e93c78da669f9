"""What is told about a scope that burns money unlike itself."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from cost_sentry.domain.meter import Scope

_SECONDS_PER_MINUTE = 60
_MINUTES_PER_DAY = 1_440


def minute_number(moment: datetime) -> int:
    """Whole minutes since 1970, rounded down."""
    return int(moment.timestamp()) // _SECONDS_PER_MINUTE


def minute_at(number: int) -> datetime:
    """When the minute of this number begins, in UTC."""
    return datetime.fromtimestamp(number * _SECONDS_PER_MINUTE, tz=UTC)


class Severity(StrEnum):
    """How far a scope is from itself."""

    WARNING = "warning"
    CRITICAL = "critical"
    """At least ``burn_rules.CRITICAL_PERCENT`` of what is usual."""


class Signal(StrEnum):
    """What of a scope is unlike itself."""

    MONEY = "money"
    """Picodollars per minute."""
    CALLS = "calls"
    """Calls per minute, failed ones too."""
    COST_PER_CALL = "cost-per-call"
    TOKENS_PER_CALL = "tokens-per-call"
    NEW = "new"
    """Picodollars per minute of a scope without a past, beside its budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Whole numbers only. Percentages are of what is usual; ``None``: nothing is usual yet."""

    signal: Signal
    window_minutes: int
    """Over so many minutes, up to ``now``."""
    calls_percent: int | None
    tokens_per_call_percent: int | None
    cost_per_token_percent: int | None
    """Far from 100 where another model is called than usually."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """One incident of one scope, as it was at a look that is told."""

    scope: Scope
    since: datetime
    """The minute in which it began, as far as can be told."""
    now: datetime
    """The end of the last minute that was looked at."""
    severity: Severity
    expected_picodollars_per_minute: int
    seen_picodollars_per_minute: int
    factor_percent: int
    """Seen of expected, of the signal in ``evidence``."""
    evidence: Evidence
    goes_on: bool = False
    """It was told before, and is neither worse nor much more than then."""
    is_adopted: bool = False
    """It went on for so long that it is taken for usual, and nothing more is told of it: what is
    expected is what is usual from now on."""
    joined: tuple[Scope, ...] = ()
    """Wider scopes that show the same, and that this one explains."""

    @property
    def id(self) -> str:
        """The same for every severity of one incident: scope and begin."""
        kind, name = self.scope
        return f"{kind}:{name}@{self.since:%Y-%m-%dT%H:%MZ}"

    @property
    def projected_picodollars(self) -> int:
        """What the scope costs from ``now`` until midnight, in UTC, if it goes on like this."""
        left = -minute_number(self.now) % _MINUTES_PER_DAY
        return self.seen_picodollars_per_minute * left

    @property
    def midnight(self) -> datetime:
        """Up to which ``projected_picodollars`` counts."""
        number = minute_number(self.now)
        return minute_at(number + -number % _MINUTES_PER_DAY)
