"""What is kept of one scope between two looks at it, and how hours become history."""

from dataclasses import dataclass, replace

from cost_sentry.domain.anomaly import Anomaly, minute_number
from cost_sentry.domain.burn_clocks import usual_of_hour
from cost_sentry.domain.burn_history import History, HourUse
from cost_sentry.domain.burn_minutes import Minutes
from cost_sentry.domain.burn_noise import BLOCK_MINUTES, FIRST_NOISE, Noise, noise_after

LATE_MINUTES = 15
"""An hour is learned so long after its end: what is known of a minute may grow until then."""
CATCH_UP_HOURS = 48
"""Hours longer ago than that are not learned any more: they are unknown."""
_HOUR = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnState:
    """Of one scope. Minutes are numbers since 1970."""

    history: History
    noise: Noise = FIRST_NOISE
    incident: Anomaly | None = None
    told_at: int = 0
    """``now`` of what was told last of ``incident``; 0: nobody heard of it yet."""
    calm_since: int = 0
    """When the last incident ended; windows begin no earlier."""

    @property
    def untold(self) -> Anomaly | None:
        """What somebody must still be told."""
        incident = self.incident
        return incident if incident and self.told_at != minute_number(incident.now) else None

    def as_told(self) -> "BurnState":
        """After it was told; what was told to be usual is so from then on."""
        if self.incident is None:
            return replace(self, told_at=0)
        told_at = minute_number(self.incident.now)
        if self.incident.is_adopted:
            return self.adopted(self.incident, told_at)
        return replace(self, told_at=told_at)

    def adopted(self, incident: Anomaly, end: int) -> "BurnState":
        """Without its incident, whose hours are all that is known of the scope from now on."""
        hours = (end - minute_number(incident.since)) // _HOUR
        return replace(self.ended(end), history=self.history.forgotten(hours))

    def ended(self, end: int) -> "BurnState":
        """Without its incident."""
        return replace(self, incident=None, told_at=0, calm_since=end)


def new_state(end: int) -> BurnState:
    """Of a scope that was never seen: it is learned from the next whole hour on."""
    return BurnState(history=History(end // _HOUR + 1))


def learned(state: BurnState, minutes: Minutes, end: int) -> BurnState:
    """With all hours learned that ended long enough ago. ``minutes`` must begin with the first."""
    done = (end - LATE_MINUTES) // _HOUR
    if done <= state.history.through:
        return state
    state = replace(state, history=state.history.skipped_to(done - CATCH_UP_HOURS))
    while state.history.through < done:
        state = _with_hour(state, minutes)
    return state


def _with_hour(state: BurnState, minutes: Minutes) -> BurnState:
    """With the next hour learned, odd or not: a median of eight days does not heed one of them."""
    hour, before = state.history.through, state.history
    start = hour * _HOUR
    whole = minutes.use(start, start + _HOUR)
    fives = [
        minutes.use(at, at + BLOCK_MINUTES)
        for at in range(start, start + _HOUR - BLOCK_MINUTES + 1)
    ]
    blocks = _HOUR // BLOCK_MINUTES
    use = HourUse(
        picodollars=whole.picodollars,
        calls=whole.calls,
        tokens=whole.tokens,
        peak_picodollars=max(five.picodollars for five in fives) * blocks,
        peak_calls=max(five.calls for five in fives) * blocks,
    )
    state = replace(state, history=before.with_hour(use))
    if state.incident or state.calm_since > start:
        return state
    each = [minutes.use(minute, minute + 1) for minute in range(start, start + _HOUR)]
    halves = usual_of_hour(before, hour, whole.picodollars)
    usually = [
        half.picodollars * BLOCK_MINUTES
        for half in halves
        if half and half.is_known
        for _ in range(blocks // 2)
    ]
    noise = noise_after(state.noise, each, usually if len(usually) == blocks else ())
    return replace(state, noise=noise)
