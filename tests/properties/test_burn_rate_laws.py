"""What holds of any scope that is watched for anomalies, whatever its size and rhythm."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from cost_sentry.adapters.detector_items import state_attributes, state_key, state_of
from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.burn_history import HOURS_KEPT, History, HourUse, usual
from cost_sentry.domain.burn_minutes import Minutes
from cost_sentry.domain.burn_noise import Noise
from cost_sentry.domain.burn_rate import first_minute, judged
from cost_sentry.domain.burn_state import BurnState, learned
from tests.fakes.burn_series import DAY, MONDAY, SCOPE, known, office, steady

SEEDS = st.integers(0, 11)
"""Few, because three learned weeks take a moment, and are made once for each."""
RHYTHMS = st.sampled_from([steady, office])
FEW = settings(max_examples=12, deadline=None)
ITEM_BYTES_MAX = 4_096


@FEW
@given(seed=SEEDS, rhythm=RHYTHMS, calls=st.sampled_from([3, 20, 100]))
def test_a_scope_that_only_follows_its_rhythm_is_never_told_of(seed, rhythm, calls):
    series = known(seed, rhythm=rhythm, calls_per_minute=calls)

    assert series.watch(2 * DAY) == []


@FEW
@given(seed=SEEDS, rhythm=RHYTHMS, hour=st.integers(0, 23))
def test_a_step_to_five_times_is_told_within_three_minutes_and_once(seed, rhythm, hour):
    series = known(seed, rhythm=rhythm, calls_per_minute=80)
    series.watch(hour * 60 + 30)

    at_once = series.watch(3, calls=5)
    later = series.watch(40, calls=5)

    assert at_once
    assert len({anomaly.id for anomaly in (*at_once, *later)}) == 1
    severities = [anomaly.severity for anomaly in (*at_once, *later)]
    assert severities in ([Severity.CRITICAL], [Severity.WARNING, Severity.CRITICAL])


@FEW
@given(seed=SEEDS, again=st.integers(1, 3))
def test_a_minute_that_is_looked_at_again_changes_nothing(seed, again):
    once, often = known(seed), known(seed)
    told = once.watch(200, calls=4)

    for _ in range(200):
        often.watch(1, calls=4)
        for _ in range(again):
            often.state = judged(often.state, SCOPE, often.look())
            assert often.state.untold is None

    assert often.told == told
    assert often.state == once.state


@FEW
@given(seed=SEEDS, late=st.sets(st.integers(0, 59), max_size=20))
def test_minutes_that_come_late_are_learned_as_if_they_had_come_in_time(seed, late):
    series = known(seed).grow(30).learn().grow(45)
    whole = Minutes.of(series.used, MONDAY, series.end)
    hour = series.end - 75
    there = {minute: use for minute, use in series.used.items() if minute - hour not in late}
    early = learned(series.state, Minutes.of(there, MONDAY, series.end), series.end - 10)

    assert early == series.state
    assert learned(early, whole, series.end) == learned(series.state, whole, series.end)
    assert learned(early, whole, series.end) != early


@given(seed=SEEDS)
@FEW
def test_a_run_that_missed_hours_learns_them_all_the_same(seed):
    hourly, late = known(seed), known(seed)
    for _ in range(8):
        hourly.grow(60).learn()
        late.grow(60)

    late.learn()

    assert late.state.history == hourly.state.history
    assert first_minute(late.state, late.end) <= late.state.history.through * 60


@FEW
@given(seed=SEEDS, silent=st.integers(60, 3 * DAY))
def test_a_scope_that_pauses_and_goes_on_is_not_told_of(seed, silent):
    series = known(seed)
    series.end += silent

    assert series.watch(120) == []


@st.composite
def states(draw):
    """Any that can be: whatever bytes its rings hold, and whatever incident is open."""
    chance = random.Random(draw(SEEDS))
    rings = [chance.randbytes(HOURS_KEPT) for _ in range(5)]
    series = known(7)
    [anomaly, *_] = series.watch(10, calls=draw(st.integers(5, 10_000)))
    return BurnState(
        history=History(draw(st.integers(0, 10**8)), *rings),
        noise=Noise(*(chance.randrange(10**6) for _ in Noise())),
        incident=draw(st.sampled_from([None, anomaly])),
        told_at=draw(st.integers(0, 10**9)),
        calm_since=draw(st.integers(0, 10**9)),
    )


@FEW
@given(state=states())
def test_any_state_is_kept_in_four_kilobytes_and_read_back(state):
    scope = ("model", "m" * 128)
    attributes = state_attributes(state, 10**9)
    item = {**state_key(scope), **attributes}

    assert sum(len(name) + _size(value) for name, value in item.items()) <= ITEM_BYTES_MAX
    assert state_of(item) == state


def _size(value):
    [(kind, content)] = value.items()
    return len(content) if kind != "N" else 21


@given(seed=SEEDS, odd=st.integers(2, 10**4))
@FEW
def test_one_odd_day_among_eight_changes_nothing_of_what_is_usual(seed, odd):
    plain = known(seed)
    use = HourUse(10**12, 100, 10**5, 10**12, 100)
    history = strange = plain.state.history
    for hour in range(24):
        history = history.with_hour(use)
        factor = odd if hour == 12 else 1
        strange = strange.with_hour(HourUse(*(amount * factor for amount in use)))

    noon = 2 * (history.through + 12) + 1
    assert usual(strange, noon)[:2] == usual(history, noon)[:2]
