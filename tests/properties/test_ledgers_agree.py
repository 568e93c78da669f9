"""Any history gives the same answers and balances on the fake ledger and on the real adapters.

The fake has one lock, one counter per window, and no allotments. Where the two agree, moving money
between a budget and its accounts is invisible, as it must be.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cost_sentry.application.ports import Reserved, Shortage
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.errors import InvariantViolated
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.window import WindowKind
from tests.contract.engines import LedgerOn, empty_table, journaled, ledger_on
from tests.fakes import planted_ledgers as planted
from tests.fakes.builders import NOON, budget, hold, reservation, resolution
from tests.fakes.memory_ledger import MemoryLedger

BUDGETS = (
    budget("search-daily", 1_000),
    budget("tokens-monthly", 900, unit=Unit.TOKENS, window=WindowKind.MONTH),
    budget("all", 2_000, scope={}, window=WindowKind.NONE),
)
SETTLED, VOIDED, EXPIRED = (
    ReservationState.SETTLED,
    ReservationState.VOIDED,
    ReservationState.EXPIRED,
)

INDEX = st.integers(0, len(BUDGETS) - 1)
AMOUNTS = st.dictionaries(INDEX, st.sampled_from([1, 7, 40, 100, 300, 999]), min_size=1)
RESERVE = st.tuples(
    st.just("reserve"), st.integers(0, 9), st.integers(0, 2), st.integers(0, 1), AMOUNTS
)
RESOLVE = st.tuples(
    st.just("resolve"),
    st.integers(0, 40),
    st.sampled_from([SETTLED, SETTLED, VOIDED, EXPIRED]),
    st.sampled_from([0, 1, 39, 100, 450, 1_300]),
)
LIMIT = st.tuples(st.just("limit"), INDEX, st.sampled_from([0, 50, 400, 1_000, 2_500]))
OTHERS = st.sampled_from([("sweep",), ("tidy",), ("tomorrow",), ("look",)])
STEPS = RESERVE | RESERVE | RESERVE | RESOLVE | RESOLVE | LIMIT | OTHERS
HISTORIES = st.lists(STEPS, min_size=25, max_size=40)

EXAMPLES = 20
"""Of about thirty steps each: two milliseconds a call of DynamoDB make more of them slow."""
WITH_A_SERVER = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=set(Phase) - {Phase.explain},
)


def by_name(reservations):
    return sorted(reservations, key=lambda held: (held.account, held.request_id))


class Side:
    """One ledger, told the same steps as the other; each step answers what must be equal."""

    def __init__(self, on: LedgerOn) -> None:
        self.ledger, self.books = on.ledger, on.books
        self.now = NOON
        self.asked = []
        for defined in BUDGETS:
            self.books.define(defined, self.window(defined))

    def play(self, step):
        name, *given = step
        return getattr(self, name)(*given)

    def window(self, of):
        return of.window_at(self.now).id

    def reserve(self, number, account, attempt, amounts):
        """Few ids, so that some come again: as the same attempt or another, for more or less."""
        name, now = f"r{number}", self.now
        holds = [hold(amounts[n], BUDGETS[n], now) for n in sorted(amounts)]
        of = {"account": f"search/{account}", "attempt": f"{name}-{attempt}"}
        self.asked.append(reservation(name, *holds, now=now, **of))
        answer = self.ledger.reserve(self.asked[-1])
        # What else was left may be older than this write in one of them, and says since when.
        if isinstance(answer, Reserved):
            return replace(answer, remaining=())
        if isinstance(answer, Shortage):
            return replace(answer, remaining=replace(answer.remaining, as_of=now))
        return answer

    def resolve(self, number, state, cost):
        """Of whatever was asked for: held or not, ended before or not."""
        if not self.asked:
            return None
        held = self.asked[number % len(self.asked)]
        try:
            answer = self.ledger.resolve(held, resolution(cost, state, resolved_at=self.now))
        except InvariantViolated:
            return "never held"
        return answer.resolved, answer.first

    def limit(self, number, limit):
        changed = replace(BUDGETS[number], limit=limit)
        return self.books.define(changed, self.window(changed)), dict(self.books.limits())

    def sweep(self):
        late = self.now + timedelta(hours=1)
        overdue = by_name(self.ledger.expired(late, 100))
        for held in overdue:
            self.ledger.resolve(held, resolution(100, EXPIRED, resolved_at=late))
        return overdue

    def tidy(self):
        self.ledger.tidy(self.now, 100)

    def tomorrow(self):
        self.now += timedelta(days=1)

    def look(self):
        """Every balance of every window so far, and every pending reservation."""
        days = [NOON + timedelta(days=n) for n in range((self.now - NOON).days + 1)]
        windows = {(of.id, of.window_at(day).id): of for of in BUDGETS for day in days}
        balances = {key: self.books.balance(of, key[1]) for key, of in windows.items()}
        for seen in balances.values():
            assert seen.limit == seen.unallotted + seen.free + seen.pending + seen.posted  # P3
        told = {key: (b.limit, b.left, b.pending, b.posted) for key, b in balances.items()}
        return told, by_name(self.books.pending())


def in_memory(memory: MemoryLedger) -> LedgerOn:
    return LedgerOn(ledger=memory, books=memory)


def check_agreement(history, other: LedgerOn) -> None:
    fake, real = Side(in_memory(MemoryLedger())), Side(other)
    for step in [*history, ("look",)]:
        assert real.play(step) == fake.play(step), step


@given(HISTORIES)
@settings(WITH_A_SERVER, max_examples=EXAMPLES)
def test_the_fake_and_the_adapters_on_a_second_engine_agree(dynoxide, history):
    with empty_table(dynoxide.client(attempts=3)) as table:
        check_agreement(history, ledger_on(journaled(table)))


@pytest.mark.cloud
@pytest.mark.xdist_group("cloud")
@given(HISTORIES)
@settings(WITH_A_SERVER, max_examples=EXAMPLES // 4)
def test_the_fake_and_the_adapters_on_the_local_cloud_agree(local_cloud, history):
    with empty_table(local_cloud.client("dynamodb", attempts=3)) as table:
        check_agreement(history, ledger_on(journaled(table)))


@pytest.mark.parametrize("mistaken", planted.FOR_ANY_CALL)
def test_so_many_histories_find_every_planted_mistake(mistaken):
    @given(HISTORIES)
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def compare(history):
        check_agreement(history, in_memory(mistaken()))

    with pytest.raises(AssertionError):
        compare()
