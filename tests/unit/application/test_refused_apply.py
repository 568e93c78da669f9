"""What a configuration that is refused, or cut short, leaves behind: no limit of its own."""

import pytest

from cost_sentry.application.apply_config import apply_config, plan_config
from cost_sentry.application.config_size import DOCUMENT_BYTES_MAX
from cost_sentry.application.stored_config import read_config
from cost_sentry.domain.errors import ConfigurationError, LedgerContention, LedgerUnavailable
from tests.fakes.builders import ManualClock, budget
from tests.fakes.configurations import configuration
from tests.fakes.memory_config_store import MemoryConfigStore
from tests.fakes.memory_ledger import MemoryLedger
from tests.fakes.policies import policies, policy

CHEAP, DEAR = configuration(budget(limit=300)), configuration(budget(limit=700))


class Answers(MemoryConfigStore):
    """Writes, or does not, and does not say so."""

    writes_first = True
    readable = True
    loses = False

    def write(self, *arguments):
        if self.writes_first or not self.loses:
            super().write(*arguments)
        if self.loses:
            self.unavailable = not self.readable
            raise LedgerUnavailable("no answer")


@pytest.fixture
def store():
    return Answers()


@pytest.fixture
def ledger():
    return MemoryLedger()


@pytest.fixture
def apply(store, ledger):
    def apply(wanted):
        return apply_config(wanted, store=store, books=ledger, clock=ManualClock())

    apply(CHEAP)
    return apply


def limit(ledger):
    return ledger.limits()["search-daily"]


def test_one_that_is_too_large_changes_nothing_and_says_what_is_largest(apply, store, ledger):
    many = policies("UTC", *(policy(f"p{n}", "/" * 1_000) for n in range(400)))

    with pytest.raises(ConfigurationError) as refused:
        apply(configuration(budget("new"), budget(limit=700), policies=many))

    assert "most of them: policies 4" in str(refused.value)
    assert f"at most {DOCUMENT_BYTES_MAX} fit: write fewer or shorter policies" in str(
        refused.value
    )
    assert read_config(store) == CHEAP
    assert ledger.limits() == {"search-daily": 300}


def test_one_that_was_not_written_sets_no_limit(apply, store, ledger):
    store.loses, store.writes_first = True, False

    with pytest.raises(LedgerUnavailable, match="no answer"):
        apply(DEAR)

    assert read_config(store) == CHEAP
    assert limit(ledger) == 300


def test_one_whose_answer_was_lost_is_in_force_with_its_limits(apply, store, ledger):
    store.loses = True

    assert apply(DEAR).version == DEAR.version
    assert read_config(store) == DEAR
    assert limit(ledger) == 700


def test_of_one_that_nobody_knows_of_it_is_said_and_the_next_apply_sets_it_right(
    apply, store, ledger
):
    store.loses, store.readable = True, False

    with pytest.raises(LedgerUnavailable, match=f"version {DEAR.version} may be in force"):
        apply(DEAR)

    assert limit(ledger) == 300
    store.loses = store.unavailable = False
    assert [change.kind.value for change in apply(DEAR).changes] == ["drifted"]
    assert limit(ledger) == 700


def test_one_that_is_cut_short_after_it_was_written_says_so_and_is_set_right(apply, store, ledger):
    store.before_write = lambda: setattr(ledger, "down", True)

    with pytest.raises(LedgerUnavailable, match=f"version {DEAR.version} is in force, and some"):
        apply(DEAR)

    ledger.down, store.before_write = False, lambda: None
    assert (read_config(store), limit(ledger)) == (DEAR, 300)
    assert [c.kind.value for c in plan_config(DEAR, DEAR, ledger.limits())] == ["drifted"]
    apply(DEAR)
    assert limit(ledger) == 700


def test_a_limit_is_set_after_its_configuration_is_in_force(apply, store, ledger):
    seen = []
    store.before_write = lambda: seen.append(limit(ledger))

    apply(DEAR)

    assert (seen, limit(ledger)) == ([300], 700)


def test_of_two_operators_the_limits_of_whoever_is_in_force_hold(apply, store, ledger):
    """They apply between our write and our limits; ours come last, and look again."""
    theirs = configuration(budget(limit=500))
    define, once = ledger.define, []

    def they_come_between(one, window):
        if one.limit == 700 and not once:
            once.append(True)
            apply_config(theirs, store=store, books=ledger, clock=ManualClock())
        return define(one, window)

    ledger.define = they_come_between
    apply(DEAR)

    assert read_config(store) == theirs
    assert limit(ledger) == 500


def test_a_budget_that_is_new_in_both_has_the_limit_of_who_was_faster(apply, store, ledger):
    theirs = configuration(budget(limit=300), budget("new", limit=5))
    define, once = ledger.define, []

    def they_are_faster(one, window):
        if one.limit == 9 and not once:
            once.append(True)
            apply_config(theirs, store=store, books=ledger, clock=ManualClock())
        return define(one, window)

    ledger.define = they_are_faster
    with pytest.raises(LedgerContention):
        apply(configuration(budget(limit=700), budget("new", limit=9)))

    assert ledger.limits() == {"search-daily": 300, "new": 5}
