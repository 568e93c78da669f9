from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.application.entry_sequence import MISSING_MAX, Gap, advanced
from cost_sentry.application.journal_progress import Progress


def test_a_gap_too_wide_to_note_each_entry_is_still_reported_whole():
    after, gaps = advanced("a/b", Progress(), [10**9])

    assert gaps == (Gap(place="a/b", first=1, last=10**9 - 1),)
    assert after.projected == 10**9
    assert len(after.missing) == MISSING_MAX


@given(st.lists(st.sets(st.integers(1, 60), max_size=15), max_size=6))
def test_what_is_missing_is_what_lies_below_the_mark_and_never_came(batches):
    progress, arrived, reported = Progress(), set(), set()

    for batch in batches:
        progress, gaps = advanced("a/b", progress, batch)
        arrived |= batch
        for gap in gaps:
            span = set(range(gap.first, gap.last + 1))
            assert not span & reported
            reported |= span

    assert progress.projected == max(arrived, default=0)
    assert progress.missing == set(range(1, progress.projected + 1)) - arrived
    assert progress.missing <= reported
