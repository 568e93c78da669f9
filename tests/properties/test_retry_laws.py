"""However much fails at once: how many calls are tried again over any span of time."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.retry import PERCENT_MAX, earned
from tests.fakes.builders import NOON
from tests.fakes.memory_circuits import MemoryRetries

SAVED = 10
"""As the page about unwell models says."""
STEPS = st.lists(st.tuples(st.integers(0, 700), st.integers(0, 60)), min_size=1, max_size=30)
"""So many calls are counted together, and so many ask to be tried again then."""


@given(STEPS, st.integers(0, PERCENT_MAX))
def test_over_any_span_retries_are_at_most_their_percentage_of_the_calls_counted_in_it_and_ten(
    steps, percent
):
    bank, granted = MemoryRetries(), []
    for number, (calls, refused) in enumerate(steps):
        bank.earn(earned(calls, percent))
        asked = [bank.grant("a", f"r{number}-{n}~2", NOON) for n in range(refused)]
        granted.append(sum(asked))

    counted = list(accumulate((calls for calls, _ in steps), initial=0))
    tried = list(accumulate(granted, initial=0))
    for end in range(len(steps) + 1):
        for start in range(end):
            calls, retries = counted[end] - counted[start], tried[end] - tried[start]
            assert retries * 100 <= percent * calls + SAVED * 100


@given(st.integers(0, 60), st.integers(0, PERCENT_MAX))
def test_what_was_earned_is_granted(calls, percent):
    bank = MemoryRetries()
    bank.earn(earned(calls, percent))

    granted = [bank.grant("a", f"r{n}~2", NOON) for n in range(calls)]

    assert granted.count(True) == calls * percent // 100
