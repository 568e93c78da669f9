import pytest

from cost_sentry.application.apply_config import apply_config
from cost_sentry.application.stored_config import read_config
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.errors import ConfigurationError, LedgerContention
from tests.fakes.builders import NOON, ManualClock, budget, hold, reservation, resolution
from tests.fakes.configurations import configuration
from tests.fakes.memory_config_store import MemoryConfigStore
from tests.fakes.memory_ledger import MemoryLedger

DAY = "2026-11-21"


@pytest.fixture
def store():
    return MemoryConfigStore()


@pytest.fixture
def ledger():
    return MemoryLedger()


@pytest.fixture
def apply(store, ledger):
    return lambda wanted: apply_config(wanted, store=store, books=ledger, clock=ManualClock())


def test_the_first_apply_defines_the_budgets_and_puts_the_configuration_in_force(
    apply, store, ledger
):
    wanted = configuration(budget(limit=500))

    applied = apply(wanted)

    assert read_config(store) == wanted
    assert ledger.limits() == {"search-daily": 500}
    assert (applied.version, applied.replaced, applied.at) == (wanted.version, None, NOON)
    assert applied.changes


def test_applying_twice_changes_nothing_the_second_time(apply, store):
    apply(configuration())

    again = apply(configuration())

    assert again.changes == ()
    assert again.replaced == again.version
    assert store.writes == 1


def test_the_version_is_that_of_the_content_whatever_the_caller_says(apply):
    wanted = configuration()

    first = apply(configuration(version="anything"))

    assert first.version == wanted.version


def test_a_new_limit_takes_effect_and_keeps_what_is_spent(apply, ledger):
    daily = budget(limit=1_000)
    apply(configuration(daily))
    spent = reservation("r1", hold(100, daily))
    ledger.reserve(spent)
    ledger.resolve(spent, resolution(cost=40))

    apply(configuration(budget(limit=300)))

    balance = ledger.balance(daily, DAY)
    assert (balance.limit, balance.posted, balance.left) == (300, 40, 260)


def test_a_limit_that_drifted_is_set_right_though_the_file_is_the_same(apply, store, ledger):
    apply(configuration(budget(limit=500)))
    ledger.define(budget(limit=9_999), DAY)

    applied = apply(configuration(budget(limit=500)))

    assert [change.kind.value for change in applied.changes] == ["drifted"]
    assert ledger.limits() == {"search-daily": 500}
    assert store.writes == 1


def test_fails_and_changes_nothing_when_a_budget_would_count_something_else(apply, store, ledger):
    first = configuration(budget(limit=500))
    apply(first)

    with pytest.raises(ConfigurationError):
        apply(configuration(budget("new"), budget(limit=700, unit=Unit.TOKENS)))

    assert read_config(store) == first
    assert ledger.limits() == {"search-daily": 500}


def test_fails_before_touching_a_limit_in_force_when_a_removed_budget_comes_back_different(
    apply, store, ledger
):
    apply(configuration(budget(limit=500), budget("gone")))
    second = configuration(budget(limit=500))
    apply(second)

    with pytest.raises(ConfigurationError, match="gone"):
        apply(configuration(budget(limit=700), budget("gone", unit=Unit.TOKENS)))

    assert read_config(store) == second
    assert ledger.limits()["search-daily"] == 500


def test_when_another_operator_was_faster_theirs_holds_in_the_ledger_too(store, ledger):
    theirs, ours = configuration(budget(limit=300)), configuration(budget(limit=700))

    def they_apply():
        store.before_write = lambda: None
        apply_config(theirs, store=store, books=ledger, clock=ManualClock())

    store.before_write = they_apply

    with pytest.raises(LedgerContention):
        apply_config(ours, store=store, books=ledger, clock=ManualClock())

    assert read_config(store) == theirs
    assert ledger.limits() == {"search-daily": 300}


def test_nothing_is_in_force_before_the_first_apply(store):
    assert read_config(store) is None
