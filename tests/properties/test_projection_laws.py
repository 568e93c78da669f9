"""Whatever way entries travel, the journal ends the same, and every alert exists once."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.spend import postings_of
from tests.fakes.builders import budget, hold, resolution
from tests.fakes.entries import Account
from tests.fakes.moto_journal import journal_on_moto
from tests.fakes.projector import OWNER, Projector

DAILY = budget("search-daily", 400, owners=(OWNER,))
ALL = budget("all-daily", 900, owners=(OWNER,), scope={})
MODELS = ("amazon.nova-lite-v1:0", "amazon.nova-micro-v1:0")
OUTCOMES = (
    ReservationState.SETTLED,
    ReservationState.VOIDED,
    ReservationState.EXPIRED,
    ReservationState.PENDING,
)


@st.composite
def histories(draw):
    """The entries of up to three accounts, each in its order."""
    histories = []
    for name in ("search/web", "search/app", "ads/web"):
        account, entries = Account(name), []
        for n in range(draw(st.integers(0, 6))):
            if draw(st.booleans()):
                entries.append(account.allot(100))
            model, outcome = draw(st.sampled_from(MODELS)), draw(st.sampled_from(OUTCOMES))
            holds = (hold(100, ALL), *([hold(100, DAILY)] if name != "ads/web" else []))
            held = account.reserve(f"{name}-{n}", *holds, model_used=model)
            entries.append(held)
            if outcome is not ReservationState.PENDING:
                ended = resolution(draw(st.integers(0, 150)), outcome)
                entries.append(account.resolve(held, ended))
        histories.append(entries)
    return histories


@st.composite
def deliveries(draw, of):
    """The same entries as batches: interleaved, cut anywhere, with repeated stretches.

    A stretch that is delivered again is what a failed batch looks like: old entries, in order.
    """
    waiting = [list(entries) for entries in of]
    stream = []
    while any(waiting):
        chosen = draw(st.sampled_from([w for w in waiting if w]))
        stream.append(chosen.pop(0))
    batches, at = [], 0
    while at < len(stream):
        size = draw(st.integers(1, 8))
        batches.append(stream[at : at + size])
        at += size
        if draw(st.integers(0, 3)) == 0:
            at = max(0, at - draw(st.integers(1, 8)))
            batches.append(stream[at : at + draw(st.integers(1, 8))])
    return [*batches, *([stream] if draw(st.booleans()) else [])]


def outcome(projector, histories):
    """Everything that must not depend on how the entries travelled."""
    windows = [(b.id, "2026-11-21") for b in (DAILY, ALL)]
    totals = [projector.journal.totals(*window) for window in windows]
    return {
        "totals": [t and replace(t, first_posted_at=t.first_posted_at.min) for t in totals],
        "lines": [set(projector.journal.spend(*window).lines) for window in windows],
        "mails": Counter(projector.mailed()),
        "entries": {
            e.reservation.request_id: list(projector.journal.entries(e.reservation.request_id))
            for entries in histories
            for e in entries
            if e.reservation
        },
        "progress": [projector.journal.progress(e[0].account) for e in histories if e],
    }


def replayed(entries):
    """Posted by budget, from the entries alone."""
    posted = Counter()
    for entry in entries:
        for posting in postings_of(entry):
            posted[posting.budget_id] += posting.amount
    return posted


def check(projector, histories):
    entries = [e for account in histories for e in account]
    expected = replayed(entries)
    for of in (DAILY, ALL):
        totals = projector.journal.totals(of.id, "2026-11-21")
        assert (totals.posted if totals else 0) == expected[of.id]
        spend = projector.journal.spend(of.id, "2026-11-21")
        assert spend.posted == expected[of.id]
        mails = Counter(t for budget_id, _, t in projector.mailed() if budget_id == of.id)
        due = [t for t in (50, 80, 100) if expected[of.id] * 100 >= of.limit * t]
        assert mails == Counter(due if expected[of.id] else [])


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_interleaving_cut_and_repetition_gives_the_same_journal(data):
    entries = data.draw(histories())
    straight, winding = Projector(DAILY, ALL), Projector(DAILY, ALL)
    for account in entries:
        straight.run(*account)

    for batch in data.draw(deliveries(entries)):
        assert winding.run(*batch).failed_ids == ()

    assert outcome(winding, entries) == outcome(straight, entries)
    check(winding, entries)


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_failures_anywhere_lose_nothing_and_count_nothing_twice(data):
    entries = data.draw(histories())
    projector = Projector(DAILY, ALL)

    for batch in data.draw(deliveries(entries)):
        while batch:
            projector.journal.fails_after = data.draw(st.none() | st.integers(0, 5))
            projector.outbox.down = data.draw(st.integers(0, 4)) == 0
            projector.alerts.failures_left = data.draw(st.integers(0, 2))
            projector.ledger.down = data.draw(st.booleans())
            failed = set(projector.run(*batch).failed_ids)
            batch = [e for e in batch if f"{e.account}:{e.sequence}" in failed]  # noqa: PLW2901
            projector.clock.advance(minutes=6)

    projector.journal.fails_after, projector.outbox.down = None, False
    projector.alerts.failures_left = 0
    for _ in range(3):
        projector.clock.advance(minutes=6)
        projector.run()
    check(projector, entries)


@pytest.mark.slow
@given(st.data())
@settings(max_examples=5, deadline=None)
def test_the_real_adapter_ends_the_same_as_the_fake(data):
    entries = data.draw(histories())
    fake = Projector(DAILY, ALL)
    batches = data.draw(deliveries(entries))

    with journal_on_moto() as store:
        real = Projector(DAILY, ALL, journal=store.journal, outbox=store.outbox)
        for batch in batches:
            assert real.run(*batch).failed_ids == fake.run(*batch).failed_ids

        assert outcome(real, entries) == outcome(fake, entries)
        check(real, entries)
