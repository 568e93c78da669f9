"""An endpoint that cannot serve a call now, because it sleeps: as whoever calls it finds it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from cost_sentry.domain.endpoint_sleep import SleepRecord, SleepState

WAKING_SECONDS = 300
"""From the order to wake to the first answer, in the launch post of scaling to zero; large models
take longer."""
SOON_SECONDS = 30
"""A wake under way for longer than that may end any moment."""
_GONE = frozenset({SleepState.FALLING_ASLEEP, SleepState.ASLEEP, SleepState.RESTORING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asleep:
    """What is known of its sleep."""

    endpoint: str
    since: datetime
    waking_since: datetime | None
    """``None``: nobody ordered it to wake yet."""
    not_before: datetime | None
    """No wake before, because one failed or a budget refused it."""
    reason: str
    """Why it is as it is, in one sentence."""
    is_wanted: bool
    """Somebody asked for it: it is woken as soon as that may be."""

    def comes_by(self, moment: datetime) -> bool:
        """Whether it may be awake by then, for all that anybody knows."""
        return self.not_before is None or self.not_before < moment

    def retry_after_seconds(self, now: datetime) -> int:
        """After which a call of it has some hope."""
        if self.waking_since is not None:
            comes = self.waking_since + timedelta(seconds=WAKING_SECONDS)
        else:
            comes = max(now, self.not_before or now) + timedelta(seconds=WAKING_SECONDS)
        return max(SOON_SECONDS, ceil((comes - now).total_seconds()))

    def in_words(self) -> str:
        """Since when, and what comes next."""
        asleep = f"endpoint {self.endpoint} sleeps since {_moment(self.since)}"
        if self.waking_since is not None:
            return f"endpoint {self.endpoint} is waking since {_moment(self.waking_since)}"
        if self.not_before is not None:
            until = _moment(self.not_before)
            return f"{asleep}, and may not be woken before {until}: {self.reason}"
        return f"{asleep}, and is to be woken"


def asleep_by(record: SleepRecord | None, now: datetime) -> Asleep | None:
    """By its record; ``None``: it is there, as far as anybody knows."""
    if record is None or record.state not in _GONE:
        return None
    is_waking = record.state is SleepState.RESTORING
    is_put_off = record.is_put_off and record.not_before > now and not is_waking
    return Asleep(
        endpoint=record.endpoint,
        since=record.slept_at or record.since,
        waking_since=record.restoring_since if is_waking else None,
        not_before=record.not_before if is_put_off else None,
        reason=record.reason,
        is_wanted=is_waking or record.is_wanted(now),
    )


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
