"""A budget in shadow mode counts like any other, refuses nothing, and says what it would refuse."""

import pytest

from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_config_store import DynamoDbConfigStore
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.dynamodb_window_use import DynamoDbWindowUse
from cost_sentry.application.admit_request import Admission
from cost_sentry.application.apply_config import apply_config
from cost_sentry.application.budget_levels import BudgetLevels
from cost_sentry.application.shadow_budgets import ShadowBudgets, balance_told
from cost_sentry.domain.budget import UNREACHED, BudgetMode, Stages, Unit
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.policy import PolicyNote
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import (
    DEAR,
    FixedConfig,
    PostedTotals,
    Sentry,
    SmallBook,
    config,
    request,
)
from tests.fakes.builders import NOON, ManualClock, budget, resolution
from tests.fakes.moto_journal import journal_on_moto, no_pause

SHADOW = budget("planned", 3_000, mode=BudgetMode.SHADOW)
PLENTY = budget("all", 10**9, scope={})
CALL = 2_000


class House:
    """Admission over the real ledger, with a configuration that was applied."""

    def __init__(self, items, *budgets):
        self.clock = ManualClock()
        self.books = DynamoDbBooks(items, no_pause, self.clock)
        self.ledger = DynamoDbLedger(items, no_pause)
        self.store = DynamoDbConfigStore(items, self.clock)
        self.source, self.totals = FixedConfig(None), PostedTotals()
        self.admission = Admission(
            config_source=self.source,
            price_book=SmallBook(),
            ledger=self.ledger,
            clock=self.clock,
            levels=BudgetLevels(lambda: self.totals),
            shadows=ShadowBudgets(lambda: DynamoDbWindowUse(items)),
        )
        self.apply(*budgets)

    def apply(self, *budgets):
        self.source.config = config(*budgets)
        return apply_config(
            self.source.config, store=self.store, books=self.books, clock=self.clock
        )

    def post(self, amount, of=SHADOW):
        self.totals.posted[of.id, of.window_at(NOON).id] = amount

    def ask(self, number, **changes):
        return self.admission.decide(request(f"r{number}", **changes), f"e{number}")

    def balance(self, of=SHADOW):
        window = of.window_at(NOON).id
        return balance_told(self.books.balance(of.in_ledger, window), of)


@pytest.fixture
def house(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        yield House(store.items, SHADOW, PLENTY)


@pytest.mark.parametrize(
    ("posted", "missing"),
    [(0, None), (1_000, None), (1_001, "0.000000000001"), (3_500, "0.0000000025")],
)
def test_it_refuses_nothing_and_says_how_much_is_missing(house, posted, missing):
    house.post(posted)

    decision = house.ask(1)

    assert decision.code is ReasonCode.WITHIN_BUDGETS
    short = f"{missing} usd too small."
    sentence = f"Budget planned would refuse this: with what is used its limit is {short}"
    note = PolicyNote(policy_id="planned", model_id=DEAR, sentence=sentence)
    assert decision.shadow == ((note,) if missing else ())


def test_what_lies_free_in_the_shards_of_others_is_not_spent(house):
    tags = [{"team": "search", "application": f"app{n}"} for n in range(6)]

    decisions = [house.ask(n, tags=given) for n, given in enumerate(tags)]

    assert {decision.shadow for decision in decisions} == {()}


def test_the_answer_tells_of_it_in_terms_of_the_limit_that_is_named(house):
    house.post(2_500)

    view = next(view for view in house.ask(1).budgets if view.budget_id == "planned")

    assert (view.limit, view.left, view.needed) == (3_000, 3_000 - 2_500 - CALL, CALL)
    assert view.binding is False


def test_where_nobody_knows_what_is_spent_it_is_told_that_nobody_knows(house):
    house.totals.is_silent = True

    decision = house.ask(1)

    view = next(view for view in decision.budgets if view.budget_id == "planned")
    assert (decision.code, view.limit, view.left) == (ReasonCode.WITHIN_BUDGETS, None, None)
    sentence = "Whether budget planned would refuse this is not known: what is used of it could not"
    assert [(n.policy_id, n.is_known) for n in decision.shadow] == [("planned", False)]
    assert decision.shadow[0].sentence == f"{sentence} be read in time."


def test_its_balance_is_what_was_really_spent_and_held(house):
    held = house.ask(1).reservation
    house.ledger.resolve(held, resolution(700))
    house.ask(2)

    found = house.balance()

    assert (found.limit, found.posted, found.pending) == (3_000, 700, CALL)
    assert found.left == 3_000 - 700 - CALL
    assert found.limit == found.unallotted + found.free + found.pending + found.posted


def test_it_alone_covers_no_call(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        decision = House(store.items, SHADOW).ask(1)

    assert (decision.kind, decision.code) == (DecisionKind.REJECT, ReasonCode.NO_BUDGET)


def test_once_it_is_enforced_what_it_counted_counts(house):
    house.ask(1)
    enforced = budget("planned", 3_000)

    changes = house.apply(enforced, PLENTY).changes

    assert [change.text for change in changes] == ["changed budget planned: mode shadow → enforce"]
    assert house.books.limits()["planned"] == 3_000
    assert house.ask(2, lower_output_limit=False).kind is not DecisionKind.ALLOW


def test_a_budget_may_become_a_shadow_and_keeps_what_it_counted(house):
    house.apply(budget("planned", 3_000), PLENTY)
    house.ask(1)

    house.apply(SHADOW, PLENTY)

    assert house.books.limits()["planned"] == UNREACHED
    assert house.ask(2).code is ReasonCode.WITHIN_BUDGETS
    assert house.balance().pending == 2 * CALL


def test_applying_it_twice_is_no_change_and_no_drift(house):
    assert house.apply(SHADOW, PLENTY).changes == ()


def test_stages_of_a_shadow_are_not_in_force(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    staged = budget(
        "planned", CALL, mode=BudgetMode.SHADOW, stages=Stages(critical_only_percent=10)
    )
    with journal_on_moto() as store:
        house = House(store.items, staged, PLENTY)
        codes = {house.ask(n).code for n in range(3)}

    assert codes == {ReasonCode.WITHIN_BUDGETS}


@pytest.mark.parametrize(
    ("unit", "window", "limit", "over"),
    [
        (Unit.REQUESTS, WindowKind.MINUTE, 2, "is 1 request too small"),
        (Unit.TOKENS, WindowKind.HOUR, 500, "is 100 tokens too small"),
        (Unit.IN_FLIGHT, WindowKind.NONE, 2, "is 1 call in flight too small"),
    ],
)
def test_short_windows_and_calls_in_flight_count_what_runs(monkeypatch, unit, window, limit, over):
    """Though nothing is posted yet, and the calls are of accounts that share no shard."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    shadow = budget("planned", limit, unit=unit, window=window, mode=BudgetMode.SHADOW)
    with journal_on_moto() as store:
        house = House(store.items, shadow, PLENTY)
        asked = [house.ask(n, tags={"team": "search", "application": f"app{n}"}) for n in range(3)]
        house.ledger.resolve(asked[0].reservation, resolution(state=ReservationState.VOIDED))
        again = house.ask(3)

    told = [[note.sentence for note in decision.shadow] for decision in [*asked, again]]
    assert told[:2] == [[], []]
    assert all(over in sentences[0] for sentences in told[2:])
    assert house.totals.reads == 0


def test_a_count_that_fails_is_not_asked_for_again_for_a_while_and_refuses_nobody():
    shadow = budget("rpm", 1, unit=Unit.REQUESTS, window=WindowKind.MINUTE, mode=BudgetMode.SHADOW)
    sentry = Sentry(shadow, PLENTY)
    sentry.ledger.define(shadow.in_ledger, shadow.window_at(NOON).id)
    sentry.ledger.is_count_lost = True

    decisions = []
    for number, seconds in enumerate((0, 9, 1)):
        sentry.clock.advance(seconds=seconds)
        sentry.ledger.is_count_lost = seconds != 1
        decisions.append(sentry.decide(request(f"r{number}"), f"e{number}"))

    assert {decision.code for decision in decisions} == {ReasonCode.WITHIN_BUDGETS}
    assert [note.is_known for decision in decisions for note in decision.shadow] == [
        *[False] * 2,
        True,
    ]
    assert sentry.ledger.counts == 2
    assert sentry.totals.reads == 0
