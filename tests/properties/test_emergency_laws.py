"""Whatever dies, is lost, comes twice or late: a slot pays for one call, and each call is charged.

Anything may end in the middle of what it does: before a question to the store, or after its answer
was lost. Sweeps, calls, settlements and outages come in any order.
"""

from collections import defaultdict
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.application.emergency_ports import StoreUnavailable
from cost_sentry.application.expire_reservations import expire_reservations
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.emergency import slot_name_of
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.reservation import ReservationState
from tests.fakes.admissions import request
from tests.fakes.builders import budget
from tests.fakes.emergencies import ALLOWANCE, USAGE, Emergency

COST = 300
N = 3
SMALLER = replace(ALLOWANCE, calls_per_day=N, output_tokens_max=90)
PURSE = budget("search-daily", 100_000)


class Died(BaseException):
    """The function's time was up, or its machine is gone."""


class Run:
    """What happened so far, as callers and the provider saw it."""

    def __init__(self) -> None:
        self.sentry = Emergency(PURSE, allowances=(replace(ALLOWANCE, calls_per_day=N),))
        self.sentry.store.trouble = self._trouble
        self._next_trouble: tuple[int, bool, type[BaseException]] | None = None
        self.users: defaultdict[str, set[str]] = defaultdict(set)
        """Executions by the slot that their calls ran with."""
        self.executions_of_id: defaultdict[str, set[str]] = defaultdict(set)
        self.open: list[tuple[object, str]] = []
        self.told: dict[str, ReservationState] = {}
        """How a slot's call ended, where somebody was told."""
        self.tried_to_void: set[str] = set()
        self._executions = 0
        self._meanwhile: list[tuple[int, int]] = []

    def _trouble(self, _call: str, done: bool) -> None:
        if not done and self._meanwhile:
            calls, number = self._meanwhile.pop()
            if calls:
                self._meanwhile.append((calls - 1, number))
            else:
                self.call(number)
        if self._next_trouble is None:
            return
        calls, after, kind = self._next_trouble
        if calls > 0:
            self._next_trouble = (calls - (not done), after, kind)
        elif done is after:
            self._next_trouble = None
            raise kind("as told")

    def trouble(self, calls: int, after: bool, dies: bool) -> None:
        self._next_trouble = (calls, after, Died if dies else StoreUnavailable)

    def meanwhile(self, calls: int, number: int) -> None:
        """Another call comes while something else is at its n-th question to the store."""
        self._meanwhile = [(calls, number)]

    def short_outage(self, smaller: bool) -> None:
        """It ends, what it left behind is booked, and another begins."""
        self.silence(False)
        self.reconfigure(smaller)
        self.wait(8)
        self.sweep(9)
        self.sweep(9)
        self.silence(True)

    def silence(self, silent: bool) -> None:
        self.sentry.ledger.down = silent

    def wait(self, minutes: int) -> None:
        self.sentry.clock.advance(minutes=minutes)

    def reconfigure(self, smaller: bool) -> None:
        if self.sentry.ledger.down:
            return
        allowance = SMALLER if smaller else replace(ALLOWANCE, calls_per_day=N)
        self.sentry.apply(PURSE, allowances=(allowance,))

    def sweep(self, changes_max: int) -> None:
        try:
            self.sentry.sweep(changes_max)
        except Died:
            return

    def call(self, number: int) -> None:
        """A workflow asks, a second time if the first invocation died, and then calls the model."""
        self._executions += 1
        execution = f"e{self._executions}"
        for invocation in range(2):
            try:
                decision = self.sentry.decide(request(f"r{number}"), f"{execution}.i{invocation}")
            except Died:
                continue
            if decision.code is ReasonCode.EMERGENCY_ALLOWANCE:
                self.users[decision.reservation.request_id].add(execution)
                self.executions_of_id[decision.request_id].add(execution)
                self.open.append((decision, execution))
            return

    def end(self, voided: bool) -> None:
        if not self.open:
            return
        decision, _ = self.open.pop(0)
        if voided:
            self.tried_to_void.add(decision.reservation.request_id)
        try:
            ended = self.sentry.void(decision) if voided else self.sentry.settle(decision, USAGE)
        except (Died, LedgerUnavailable):
            return
        state = ended.resolved.resolution.state
        self.told[decision.reservation.request_id] = state

    def heal(self, late: bool) -> None:
        """Everything works again, at once or when all is overdue, and three days go by."""
        self._next_trouble, self._meanwhile = None, []
        self.wait(3_000 if late else 0)
        self.silence(False)
        for _ in range(8):
            self.sentry.sweep()
            expire_reservations(
                ledger=self.sentry.ledger,
                clock=self.sentry.clock,
                batch_max=100,
                store=self.sentry.store,
            )
            self.wait(9 * 60)
        self.sentry.apply(PURSE, allowances=())
        self.sentry.sweep()


steps = st.one_of(
    st.tuples(st.just("sweep"), st.integers(1, 9)),
    st.tuples(st.just("call"), st.integers(0, 30)),
    st.tuples(st.just("call"), st.integers(0, 30)),
    st.tuples(st.just("end"), st.booleans()),
    st.tuples(st.just("trouble"), st.integers(0, 6), st.booleans(), st.booleans()),
    st.tuples(st.just("silence"), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from([1, 8, 300, 800])),
    st.tuples(st.just("meanwhile"), st.integers(0, 6), st.integers(0, 30)),
    st.tuples(st.just("short_outage"), st.booleans()),
)
histories = st.lists(steps, min_size=20, max_size=40)


def lived(history) -> Run:
    run = Run()
    run.sweep(9)
    run.silence(True)
    for name, *how in history:
        getattr(run, name)(*how)
    return run


@given(histories)
def test_no_slot_pays_for_two_calls_and_no_day_for_more_than_it_may(history):
    run = lived(history)

    assert all(len(executions) == 1 for executions in run.users.values())
    of_day = defaultdict(list)
    for slot in run.users:
        name = slot_name_of(slot)
        of_day[name.day].append(name.index)
    assert all(len(used) == len(set(used)) <= N for used in of_day.values())


@given(histories)
def test_while_the_ledger_is_silent_an_id_is_paid_for_once(history):
    run = lived(history)

    assert all(len(executions) == 1 for executions in run.executions_of_id.values())


@given(histories, st.booleans())
def test_once_it_is_over_every_call_is_charged_and_nothing_is_held(history, late):
    run = lived(history)
    run.heal(late)

    assert run.sentry.ledger.pending() == []
    assert run.sentry.store.slot_ids() == []
    for slot in run.users:
        ended = run.sentry.ledger.ended(slot)
        assert ended.state is run.told.get(slot, ended.state)
        free = ended.state is ReservationState.VOIDED
        assert not free or slot in run.tried_to_void
        assert free or ended.cost_picodollars >= COST


@given(histories, st.booleans())
def test_what_was_never_handed_out_costs_nothing(history, late):
    run = lived(history)
    run.heal(late)

    used = run.sentry.store.handed_out()
    for slot in run.sentry.ledger.ended_ids():
        if slot_name_of(slot) and slot not in used:
            assert run.sentry.ledger.ended(slot).cost_picodollars == 0
