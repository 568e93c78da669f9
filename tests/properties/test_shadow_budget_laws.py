"""A budget in shadow mode tells what it would refuse as truly as the ledger, and asks little."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.budget import BudgetMode, Stages, Unit
from cost_sentry.domain.decision import DecisionKind
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.session import Session
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import CHEAP, Sentry, request
from tests.fakes.builders import NOON, budget, resolution

PLENTY = budget("all", 10**9, scope={})
BEGAN = f"{int((NOON - timedelta(minutes=5)).timestamp() * 1000):012x}"
RUN = f"{BEGAN[:8]}-{BEGAN[8:]}-7000-8000-000000000001"
ENDED = tuple(state for state in ReservationState if state is not ReservationState.PENDING)

SHORT = {
    Unit.REQUESTS: (WindowKind.MINUTE, WindowKind.HOUR, WindowKind.SESSION),
    Unit.TOKENS: (WindowKind.MINUTE, WindowKind.HOUR, WindowKind.SESSION),
    Unit.USD: (WindowKind.HOUR, WindowKind.SESSION),
    Unit.IN_FLIGHT: (WindowKind.NONE, WindowKind.SESSION),
}
CALL = {Unit.REQUESTS: 1, Unit.TOKENS: 200, Unit.USD: 400, Unit.IN_FLIGHT: 1}
"""What a call holds of each."""
units = st.sampled_from([(unit, window) for unit, windows in SHORT.items() for window in windows])
steps = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.9, 7.0, 70.0]),
        st.none() | st.tuples(st.integers(0, 9), st.sampled_from(ENDED), st.integers(0, 400)),
    ),
    min_size=1,
    max_size=14,
)
"""Seconds before a call, and which earlier one ends first, how, and at what cost."""


class Traffic:
    """The same calls, with the budget in one of its modes."""

    def __init__(self, unit, window, limit, mode):
        self.budget = budget("tried", limit, unit=unit, window=window, mode=mode)
        self.sentry = Sentry(PLENTY, self.budget)
        self.sentry.ledger.define(self.budget.in_ledger, "")
        self.held = {}

    def left(self, held):
        """Of the limit that is named, before this call, of whatever the ledger holds."""
        [hold] = [hold for hold in held.holds if hold.budget_id == "tried"]
        balance = self.sentry.ledger.balance(self.budget, hold.window_id)
        return self.budget.limit - balance.pending - balance.posted + hold.amount

    def call(self, number, seconds, ends):
        self.sentry.clock.advance(seconds=seconds)
        if ends and ends[0] in self.held:
            which, state, cost = ends
            end = resolution(cost, state, total_tokens=cost // 2)
            self.sentry.ledger.resolve(self.held.pop(which), end)
        asked = request(
            f"r{number}",
            model_id=CHEAP,
            lower_output_limit=False,
            session=Session(id=RUN),
            tags={"team": "search", "application": "web", "session": RUN},
        )
        decision = self.sentry.decide(asked, f"e{number}")
        if decision.reservation:
            self.held[number] = decision.reservation
        return decision


@given(units, st.integers(0, 6), steps)
def test_the_first_call_that_it_would_refuse_is_the_first_that_it_refuses_once_enforced(
    kind, calls, made
):
    unit, window = kind
    limit = calls * CALL[unit]
    enforced = Traffic(unit, window, limit, BudgetMode.ENFORCE)
    shadow = Traffic(unit, window, limit, BudgetMode.SHADOW)

    for number, (seconds, ends) in enumerate(made):
        refused = enforced.call(number, seconds, ends).kind is DecisionKind.REJECT
        decision = shadow.call(number, seconds, ends)

        assert decision.kind is DecisionKind.ALLOW
        assert [note.is_known for note in decision.shadow] == [True] * refused
        if refused:
            break


@given(units, st.integers(0, 6), steps)
def test_it_never_tells_of_a_refusal_while_there_is_room_and_always_when_there_is_none(
    kind, calls, made
):
    unit, window = kind
    shadow = Traffic(unit, window, calls * CALL[unit], BudgetMode.SHADOW)

    for number, (seconds, ends) in enumerate(made):
        decision = shadow.call(number, seconds, ends)

        assert bool(decision.shadow) == (shadow.left(decision.reservation) < CALL[unit])
    assert shadow.sentry.totals.reads == 0


windows = st.sampled_from([WindowKind.MINUTE, WindowKind.DAY, WindowKind.MONTH])
teams = st.sampled_from(["search", "support", "research"])
budgets = st.lists(st.tuples(teams, windows, st.booleans(), st.booleans()), max_size=60).map(
    lambda drawn: [
        budget(
            f"b{n}",
            10**6,
            unit=Unit.REQUESTS,
            window=window,
            scope={"team": team},
            mode=BudgetMode.SHADOW if is_shadow else BudgetMode.ENFORCE,
            stages=Stages(prefer_ladder_percent=80) if is_staged else Stages(),
        )
        for n, (team, window, is_shadow, is_staged) in enumerate(drawn)
    ]
)


@given(budgets, st.booleans(), st.lists(st.sampled_from([0.5, 3.0, 11.0]), max_size=6))
def test_an_admission_asks_little_whatever_budgets_there_are(given_budgets, is_silent, pauses):
    """One question for stages, in shadow or not, one for long shadows, one for short; no other."""
    sentry = Sentry(PLENTY, *given_budgets)
    for one in given_budgets:
        sentry.ledger.define(one.in_ledger, "")
    sentry.totals.is_silent = sentry.ledger.is_count_lost = is_silent
    mine = [one for one in given_budgets if one.scope["team"] == "search"]
    shadows = [one for one in mine if one.is_shadow]
    are_short = [one.window is WindowKind.MINUTE for one in shadows]
    are_staged = any(one.stages != Stages() for one in mine)

    elapsed = 0.0
    """Seconds since the first question, which nobody answers where the table is silent."""
    for number, pause in enumerate(pauses):
        totals, counts = sentry.totals.reads, sentry.ledger.counts
        sentry.decide(request(f"r{number}"), f"e{number}")

        asked = sentry.totals.reads - totals
        assert asked <= are_staged + (not all(are_short))
        assert asked <= (1 if is_silent else 2)
        assert sentry.ledger.counts - counts <= any(are_short)
        if is_silent and number and elapsed < 5:
            assert asked == 0
            assert sentry.ledger.counts == counts
        elapsed += pause
        sentry.clock.advance(seconds=pause)
