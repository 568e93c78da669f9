"""Agent runs get the same answers and balances whether or not their windows leave their shards."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cost_sentry.adapters import ledger_runs
from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.application.ports import Reserved
from cost_sentry.domain.reservation import ReservationState
from tests.contract.ledger_runs_contract import of_run_in, told
from tests.fakes.builders import NOON, ManualClock, hold, reservation, resolution
from tests.fakes.memory_ledger import MemoryLedger
from tests.fakes.moto_journal import journal_on_moto, no_pause

RUNS = 3
ENDS = (ReservationState.SETTLED, ReservationState.VOIDED)
STEP = st.one_of(
    st.tuples(st.just("call"), st.integers(0, RUNS - 1), st.sampled_from([1, 90, 400])),
    st.tuples(st.just("end"), st.integers(0, 40), st.sampled_from([0, 1, 90, 450])),
    st.tuples(st.just("tidy"), st.integers(0, 20), st.just(0)),
)
HISTORIES = st.lists(STEP, min_size=10, max_size=25)


@pytest.fixture
def restless(monkeypatch):
    """Whatever is idle goes home whenever a call ends."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(ledger_runs, "SENT_HOME_MIN", 1)
    monkeypatch.setattr(ledger_runs, "RUN_OLD_SECONDS", -1)


def played(history, ledger, books):
    """What each step was answered, and each run's balance in the end."""
    of_run, now, held, answers = of_run_in(books), NOON, [], []
    for number, (step, which, amount) in enumerate(history):
        if step == "call":
            answer = ledger.reserve(reservation(f"r{number}", hold(amount, of_run(which)), now=now))
            answers.append(type(answer).__name__)
            held += [answer.reservation] if isinstance(answer, Reserved) else []
        elif step == "end" and held:
            end = resolution(amount, ENDS[which % 2], resolved_at=now)
            answers.append(ledger.resolve(held.pop(which % len(held)), end).first)
        elif step == "tidy":
            now += timedelta(minutes=which)
            ledger.tidy(now, batch_max=100)
    return answers, [told(books, of_run(run)) for run in range(RUNS)]


@given(history=HISTORIES)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
def test_any_history_of_runs_is_the_same_as_on_a_ledger_without_shards(restless, history):
    memory = MemoryLedger()
    with journal_on_moto() as store:
        books = DynamoDbBooks(store.items, no_pause, ManualClock())
        real = played(history, DynamoDbLedger(store.items, no_pause), books)

    assert real == played(history, memory, memory)
