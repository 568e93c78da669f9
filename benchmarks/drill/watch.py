"""A simulated world under the detector: one look a minute at every scope, 20 s after the minute."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cost_sentry.domain.anomaly import Anomaly
from cost_sentry.domain.burn_findings import Look
from cost_sentry.domain.burn_minutes import Minutes
from cost_sentry.domain.burn_rate import judged
from cost_sentry.domain.burn_rules import BurnRules
from cost_sentry.domain.burn_state import learned, new_state
from cost_sentry.domain.meter import Scope

LAG_SECONDS = 20
"""From the end of a minute until it is counted: the stream's batches of ten seconds, and a run."""

_HOUR = 60


class Raised(NamedTuple):
    """One incident."""

    at: float
    """The run that raised it, in minutes of the world."""
    scope: Scope
    anomaly: Anomaly


def raised(
    scopes: Mapping[Scope, Minutes], minutes: int, rules: BurnRules, learn_until: int = 0
) -> Iterator[Raised]:
    """Every incident once, whatever severity it reaches.

    Up to the minute ``learn_until`` hours are learned and nobody looks for anything.

    A scope without calls in the last two minutes is not looked at, as it is not active.
    """
    lag = LAG_SECONDS / 60
    for scope, used in scopes.items():
        first = used.first
        state = new_state(first - _HOUR)
        for end in range(first + _HOUR, first + learn_until, _HOUR):
            state = learned(state, used, end)
        for end in range(first + learn_until + 1, first + minutes + 1):
            if not used.use(end - 2, end).calls:
                continue
            state = judged(state, scope, Look(used, end, rules, None))
            anomaly = state.untold
            if anomaly is not None:
                if not state.told_at:
                    yield Raised(end - first + lag, scope, anomaly)
                state = state.as_told()
