"""Any history gives the same answers and balances on the fake ledger and on the real adapters.

The fake has one lock, one counter per window, no allotments, and no shards. Where the two agree,
moving money and splitting accounts is invisible, as it must be. The journal follows every step.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from cost_sentry.adapters.system_clock import pause
from cost_sentry.application.ports import Reserved, Shortage
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.errors import InvariantViolated
from cost_sentry.domain.reservation import ReservationState, charged_in_full
from cost_sentry.domain.shard import ROOT
from cost_sentry.domain.window import WindowKind
from cost_sentry_client.simulation.ledger import SimulatedLedger
from tests.contract.engines import LedgerOn, empty_table, ledger_on
from tests.fakes import planted_ledgers as planted
from tests.fakes.builders import NOON, budget, hold, reservation, resolution
from tests.fakes.memory_ledger import MemoryLedger
from tests.fakes.moto_journal import journal_on
from tests.fakes.projector import Projector
from tests.fakes.table_stream import TableStream

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
AMOUNTS = st.dictionaries(INDEX, st.sampled_from([1, 7, 40, 100, 300]), min_size=1)
ACCOUNTS = st.sampled_from(["busy", "busy", "busy", "quiet"])
ATTEMPTS = st.sampled_from(["run.first", "run.second", "other"])
ENDS = st.sampled_from([SETTLED, SETTLED, VOIDED, EXPIRED])
COSTS = st.sampled_from([0, 1, 39, 100, 450, 1_300])
LIMITS = st.sampled_from([0, 50, 400, 1_000, 2_500])
STEPS = {
    "reserve": st.tuples(st.integers(0, 19), ACCOUNTS, ATTEMPTS, AMOUNTS),
    "resolve": st.tuples(st.integers(0, 40), ENDS, COSTS),
    "limit": st.tuples(INDEX, LIMITS),
    "ask": st.tuples(st.integers(0, 24), ACCOUNTS, ATTEMPTS),
}
KINDS = (
    ["reserve"] * 9
    + ["resolve"] * 5
    + ["limit"] * 2
    + ["ask"] * 3
    + ["sweep", "tidy", "tomorrow", "look"]
)


@st.composite
def steps(draw):
    kind = draw(st.sampled_from(KINDS))
    return kind, *draw(STEPS.get(kind, st.just(())))


HISTORIES = st.lists(steps(), min_size=25, max_size=40)
TOLD_TOO_LATE = [
    ("reserve", 1, "busy", "first", {0: 7}),
    ("resolve", 0, EXPIRED, 7),
    ("tomorrow",),
    ("tomorrow",),
    ("tidy",),
    ("resolve", 0, SETTLED, 5),
    ("tidy",),
    ("resolve", 0, SETTLED, 5),
    ("resolve", 0, EXPIRED, 7),
]
"""An expired call leaves its shard a day later, and is resolved again."""
AS_ASSUMED = [
    ("reserve", 1, "busy", "first", {0: 7}),
    ("resolve", 0, EXPIRED, 1300),
    ("resolve", 0, SETTLED, 100),
]
"""An expired call turns out to have used all that was assumed of it."""

EXAMPLES = 20
"""Of about thirty steps each: two milliseconds a call of DynamoDB make more of them slow."""
WITH_A_SERVER = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
NIGHT = timedelta(hours=20)


def alike(held):
    """Only one of them has shards."""
    return replace(held, shard=ROOT)


def by_name(reservations):
    return [alike(held) for held in sorted(reservations, key=lambda r: (r.account, r.request_id))]


class Side:
    """One ledger, told the same steps as the other; each step answers what must be equal."""

    def __init__(self, on: LedgerOn, journal=None, stream=None) -> None:
        self.ledger, self.books = on.ledger, on.books
        self.now, self.asked, self.windows = NOON, [], {}
        self.stream, self.projector = stream, None
        if journal is not None:
            self.projector = Projector(*BUDGETS, journal=journal.journal, outbox=journal.outbox)
            self.projector.ledger = self.ledger
        for defined in BUDGETS:
            self.books.define(defined, self.window(defined))

    def play(self, step):
        name, *given = step
        answer = getattr(self, name)(*given)
        if self.projector is not None:
            self.projector.clock.time = self.now
            done = self.projector.run(*self.stream.new())
            assert (done.failed_ids, done.gaps, done.problems) == ((), (), ())
        return answer

    def window(self, of):
        found = of.window_at(self.now).id
        self.windows[of.id, found] = of
        return found

    def reserve(self, number, account, attempt, amounts):
        """Few ids, so that some come again: of the same execution or another, for more or less."""
        name, now = f"r{number}", self.now
        holds = [hold(amounts[n], BUDGETS[n], now) for n in sorted(amounts)]
        of = {"account": f"search/{account}", "attempt": attempt}
        asked = reservation(name, *holds, now=now, **of)
        answer = self.ledger.reserve(asked)
        self.asked.append(asked if isinstance(answer, Shortage) else answer.reservation)
        for of_hold in holds:
            self.windows[of_hold.budget_id, of_hold.window_id] = self.of(of_hold.budget_id)
        # What else was left may be older than this write in one of them, and says since when.
        if isinstance(answer, Reserved):
            return replace(answer, reservation=alike(answer.reservation), remaining=())
        if isinstance(answer, Shortage):
            return replace(answer, remaining=replace(answer.remaining, as_of=now))
        return replace(answer, reservation=alike(answer.reservation))

    def ask(self, number, account, attempt):
        """Whether an id is taken; of five numbers none ever is."""
        asked = reservation(
            f"r{number}", account=f"search/{account}", attempt=attempt, now=self.now
        )
        found = self.ledger.known(asked)
        if isinstance(found, Reserved):
            self.asked.append(found.reservation)
            return replace(found, reservation=alike(found.reservation), remaining=())
        return found and replace(found, reservation=alike(found.reservation))

    def shortage_of(self, one):
        """What is said of this hold alone."""
        answer = self.ledger.reserve(reservation("nobody's", one, now=self.now))
        assert isinstance(answer, Shortage), one
        return replace(answer, remaining=replace(answer.remaining, as_of=self.now))

    @staticmethod
    def of(budget_id):
        [found] = [of for of in BUDGETS if of.id == budget_id]
        return found

    def resolve(self, number, state, cost):
        """Of whatever was asked for: held or not, ended before or not."""
        if not self.asked:
            return None
        held = self.asked[number % len(self.asked)]
        how = resolution(cost, state, resolved_at=self.now)
        try:
            answer = self.ledger.resolve(
                held, charged_in_full(held, self.now) if state is EXPIRED else how
            )
        except InvariantViolated:
            return "never held"
        return alike(answer.resolved.reservation), answer.resolved.resolution, answer.first

    def limit(self, number, limit):
        changed = replace(BUDGETS[number], limit=limit)
        return self.books.define(changed, self.window(changed)), dict(self.books.limits())

    def sweep(self):
        late = self.now + timedelta(hours=1)
        overdue = list(self.ledger.expired(late, 100))
        for held in overdue:
            self.ledger.resolve(held, charged_in_full(held, late))
        return by_name(overdue)

    def tidy(self):
        self.ledger.tidy(self.now, 100)

    def tomorrow(self):
        self.now += NIGHT

    def look(self):
        """Every balance of every window so far, and every pending reservation."""
        balances = {key: self.books.balance(of, key[1]) for key, of in self.windows.items()}
        for seen in balances.values():
            assert seen.limit == seen.unallotted + seen.free + seen.pending + seen.posted  # P3
        told = {key: (b.limit, b.left, b.pending, b.posted) for key, b in balances.items()}
        return told, by_name(self.books.pending())


def in_memory(memory: MemoryLedger | SimulatedLedger) -> LedgerOn:
    return LedgerOn(ledger=memory, books=memory)


def check_agreement(history, real: Side) -> None:
    fake = Side(in_memory(MemoryLedger()))
    for step in [*history, ("look",)]:
        found, true = real.play(step), fake.play(step)
        if isinstance(found, Shortage) and isinstance(true, Shortage):
            true = fake.shortage_of(found.hold)  # Of several that are short, either may be named.
        assert found == true, step


def check_on_a_table(history, dynamodb, streams) -> None:
    with empty_table(dynamodb) as table:
        stream = TableStream(dynamodb, streams, table.name)
        journal = journal_on(dynamodb, table.name, pause)
        check_agreement(history, Side(ledger_on(table), journal, stream))


@given(HISTORIES)
@example(TOLD_TOO_LATE)
@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=20 * EXAMPLES)
def test_the_fake_and_the_ledger_of_simulations_agree(history):
    check_agreement(history, Side(in_memory(SimulatedLedger())))


@pytest.mark.slow
@given(HISTORIES)
@example(TOLD_TOO_LATE)
@example(AS_ASSUMED)
@settings(WITH_A_SERVER, max_examples=EXAMPLES)
def test_the_fake_and_the_adapters_on_a_second_engine_agree(dynoxide, history):
    check_on_a_table(history, dynoxide.client(attempts=3), dynoxide.streams_client())


@pytest.mark.cloud
@pytest.mark.xdist_group("cloud")
@given(HISTORIES)
@settings(WITH_A_SERVER, max_examples=EXAMPLES // 4)
def test_the_fake_and_the_adapters_on_the_local_cloud_agree(local_cloud, history):
    dynamodb = local_cloud.client("dynamodb", attempts=3)
    check_on_a_table(history, dynamodb, local_cloud.client("dynamodbstreams"))


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
        check_agreement(history, Side(in_memory(mistaken())))

    with pytest.raises(AssertionError):
        compare()
