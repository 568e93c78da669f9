"""Meters are never below what the sentry's calls use, and at rest exactly that."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.meter import Counts
from cost_sentry.domain.usage import TokenUsage
from tests.fakes.builders import NOON, resolution
from tests.fakes.entries import Account
from tests.fakes.memory_journal import MemoryJournal

NOVA = "amazon.nova-lite-v1:0"
MINUTE = timedelta(minutes=1)


@st.composite
def calls(draw):
    """Calls of one minute, within their bounds: how they begin, how they end, what they used."""
    made = []
    for number in range(draw(st.integers(1, 6))):
        account = Account(f"search/app{number}")
        held = account.reserve(f"r{number}")
        prompt = draw(st.lists(st.integers(0, 10), min_size=3, max_size=3))
        used = TokenUsage(
            input_tokens=prompt[0],
            output_tokens=draw(st.integers(0, 70)),
            cache_read_tokens=prompt[1],
            cache_write_5m_tokens=prompt[2],
        )
        made.append((held, account.resolve(held, resolution(40, usage=used)), used))
    return made


@given(calls(), st.data())
def test_at_every_moment_a_meter_bounds_its_calls_and_at_last_it_is_exact(made, data):
    journal, begun = MemoryJournal(), [held for held, _, _ in made]
    truth = Counts(
        calls=len(made),
        picodollars=40 * len(made),
        input_tokens=sum(used.input_tokens for *_, used in made),
        output_tokens=sum(used.output_tokens for *_, used in made),
        cache_read_tokens=sum(used.cache_read_tokens for *_, used in made),
        cache_write_tokens=sum(used.cache_write_5m_tokens for *_, used in made),
    )
    journal.write(begun)
    for _, ended, _ in data.draw(st.permutations(made)):
        again = data.draw(st.lists(st.sampled_from(begun), max_size=4))
        journal.write([*again, ended])
        bound = journal.meters.own(NOVA, NOON, NOON + MINUTE)[NOON].bound
        assert bound.at_least(truth) == bound

    assert journal.meters.own(NOVA, NOON, NOON + MINUTE)[NOON].used == truth
