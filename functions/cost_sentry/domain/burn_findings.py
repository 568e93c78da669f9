"""Windows of a scope's last hour that are unlike its past."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cost_sentry.domain.anomaly import Signal
from cost_sentry.domain.burn_bars import CONFIRM_MINUTES, Bar, Bars, RatioBar, bars
from cost_sentry.domain.burn_minutes import Minutes, Use
from cost_sentry.domain.burn_rules import BurnRules
from cost_sentry.domain.burn_state import BurnState

_HALF_HOUR = 30
_CALLS_LEAST = 5
"""What fewer calls cost says nothing."""
_CALM, _CALM_RATIO = 1.4, 1.25
_NEW_MINUTES = (5, 15)


class Look(NamedTuple):
    """One look at one scope."""

    minutes: Minutes
    end: int
    """The first minute that is not whole yet."""
    rules: BurnRules
    pace_picodollars_per_minute: int | None
    """Of its tightest budget, spent evenly; ``None``: it has none."""

    def last(self, minutes: int) -> Use:
        """What the last minutes used."""
        return self.minutes.use(self.end - minutes, self.end)


class Finding(NamedTuple):
    """A window that is unlike the past."""

    signal: Signal
    minutes: int
    factor: float
    """Seen of usual."""


def bars_now(state: BurnState, look: Look) -> Bars | None:
    """What windows that end now are held against; ``None``: nothing is known of the scope."""
    return bars(state.history, state.noise, (look.end - 1) // _HALF_HOUR, look.rules)


def findings(state: BurnState, look: Look) -> list[Finding]:
    """Every window that is, of each signal; empty if the scope is like itself."""
    held_against = bars_now(state, look)
    if held_against is None:
        return [*_of_new(state, look)]
    five = look.last(CONFIRM_MINUTES)
    found = [
        *_higher(state, look, Signal.MONEY, held_against.money, five),
        *_higher(state, look, Signal.CALLS, held_against.calls, five),
    ]
    for bar in held_against.per_call:
        found += _dearer(state, look, bar, five)
    return found


def _higher(
    state: BurnState, look: Look, signal: Signal, held_against: Sequence[Bar], five: Use
) -> Iterator[Finding]:
    """Of money or of calls; a window that reaches into the incident before says nothing."""
    recent = _amount(five, signal)
    for bar in held_against:
        if recent <= bar.confirm or look.end - bar.minutes < state.calm_since:
            continue
        seen = _amount(look.last(bar.minutes), signal)
        if seen > bar.height:
            yield Finding(signal, bar.minutes, seen / bar.usually)


def _amount(use: Use, signal: Signal) -> int:
    return use.calls if signal is Signal.CALLS else use.picodollars


def _dearer(state: BurnState, look: Look, bar: RatioBar, five: Use) -> Iterator[Finding]:
    """Calls that cost more, or are longer and cost more too, while money is above what is usual."""
    still = (bar.factor + 1) / 2 * five.calls
    goes_on = five.picodollars > still * bar.cost_per_call or (
        five.tokens > still * bar.tokens_per_call
    )
    if not goes_on or look.end - bar.minutes < state.calm_since:
        return
    use = look.last(bar.minutes)
    if use.picodollars <= bar.picodollars or use.calls < _CALLS_LEAST:
        return
    rules, usually_costs = look.rules, use.calls * bar.cost_per_call
    excess = max(rules.floor_picodollars_per_minute * bar.minutes, rules.least_picodollars)
    if use.picodollars - usually_costs <= excess:
        return
    factor = max(bar.factor, state.noise.of_cost(use.calls, bar.deviations))
    for signal, seen, recent, per_call, times in (
        (Signal.COST_PER_CALL, use.picodollars, five.picodollars, bar.cost_per_call, 1.0),
        (Signal.TOKENS_PER_CALL, use.tokens, five.tokens, bar.tokens_per_call, rules.tokens_factor),
    ):
        usually, half = use.calls * per_call, (factor + 1) / 2
        costs_more = use.picodollars > half * usually_costs
        goes_on = recent > half * five.calls * per_call
        if costs_more and goes_on and seen > times * factor * usually > 0:
            yield Finding(signal, bar.minutes, seen / usually)


def is_ordinary(state: BurnState, look: Look, count: int) -> bool:
    """Whether so many last minutes are, by a lower bar than the one that was passed."""
    rules = look.rules
    use, held_against = look.last(count), bars_now(state, look)
    if held_against is None:
        return use.picodollars * 2 < _new_limit(look) * count
    of = held_against.usual
    loose = 1.0 if of.is_known else rules.young_factor
    floor = of.picodollars + rules.floor_picodollars_per_minute
    money = max(_CALM * loose * of.picodollars, of.peak_picodollars, floor)
    calls = max(_CALM * loose * of.calls, of.peak_calls, of.calls + rules.floor_calls_per_minute)
    usually = _CALM_RATIO * loose * use.calls * of.cost_per_call
    is_dear = use.calls >= _CALLS_LEAST and use.picodollars > usually
    return (
        use.picodollars <= money * count
        and use.calls <= calls * count
        and (not is_dear or use.picodollars <= floor * count)
    )


def _of_new(state: BurnState, look: Look) -> Iterator[Finding]:
    """All windows at once: a scope that nobody knows is told of for its money only."""
    limit = _new_limit(look)
    rates = [look.last(count).picodollars / count for count in _NEW_MINUTES]
    is_new = look.end - state.calm_since >= max(_NEW_MINUTES)
    if limit and is_new and min(rates) > limit:
        yield Finding(Signal.NEW, _NEW_MINUTES[0], rates[0] / limit)


def _new_limit(look: Look) -> int:
    rules, pace = look.rules, look.pace_picodollars_per_minute
    if pace is None:
        return rules.new_picodollars_per_minute
    return max(pace * rules.new_pace_factor, rules.floor_picodollars_per_minute)
