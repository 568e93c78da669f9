"""What is in force and cannot be read is replaced like any other, and it is said."""

import json

import pytest

from cost_sentry.application.apply_config import apply_config
from cost_sentry.application.config_document import config_to_document
from cost_sentry.application.stored_config import read_config
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.errors import ConfigurationError, LedgerContention
from tests.fakes.builders import ManualClock, budget, hold, reservation, resolution
from tests.fakes.configurations import configuration
from tests.fakes.memory_config_store import MemoryConfigStore
from tests.fakes.memory_ledger import MemoryLedger

DAY = "2026-11-21"
OLD = configuration(budget(limit=300), budget("gone", 40))
WANTED = configuration(budget(limit=700), budget("new", 9))
DOCUMENT = config_to_document(OLD)
NEWER = json.dumps({**DOCUMENT, "format": 6})
"""As a later version of cost-sentry wrote it, before somebody went back to this one."""
UNREADABLE = {
    "of a newer format": NEWER,
    "of no format": json.dumps({**DOCUMENT, "format": None}),
    "without its budgets": json.dumps({k: v for k, v in DOCUMENT.items() if k != "budgets"}),
    "with a limit that is none": NEWER.replace('"format": 6', '"format": 1').replace("0.", "zero."),
    "empty": "{}",
    "no JSON": "{",
}


@pytest.fixture
def store():
    return MemoryConfigStore()


@pytest.fixture
def ledger():
    return MemoryLedger()


@pytest.fixture
def apply(store, ledger):
    def apply(wanted):
        return apply_config(wanted, store=store, books=ledger, clock=ManualClock())

    apply(OLD)
    return apply


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("version", ["newer", OLD.version, WANTED.version])
def test_whatever_is_stored_applying_again_is_the_way_out(apply, store, ledger, text, version):
    store.holds(version, text)
    with pytest.raises(ConfigurationError):
        read_config(store)

    applied = apply(WANTED)

    assert read_config(store) == WANTED
    assert (applied.version, applied.replaced) == (WANTED.version, version)
    assert ledger.limits() == {"search-daily": 700, "new": 9, "gone": 40}
    assert apply(WANTED).changes == ()
    assert apply(WANTED).not_compared is None


def test_what_could_not_be_compared_is_said_and_limits_are_told_as_the_ledger_has_them(
    apply, store
):
    store.holds("newer", NEWER)

    applied = apply(WANTED)

    unknown = applied.not_compared
    assert (unknown.version, unknown.budgets) == ("newer", ("gone",))
    assert "format 6" in unknown.lines[0]
    assert "budgets gone. No call is charged to them" in unknown.lines[1]
    limits = [c.text for c in applied.changes if c.kind.value == "drifted"]
    assert len(limits) == 1
    assert "search-daily: limit 0.0000000003 usd → 0.0000000007 usd" in limits[0]


def test_a_budget_that_only_the_unreadable_one_names_keeps_its_limit_and_what_is_spent(
    apply, store, ledger
):
    gone = budget("gone", 40)
    spent = reservation("r1", hold(30, gone))
    ledger.reserve(spent)
    ledger.resolve(spent, resolution(cost=25))
    store.holds("newer", NEWER)

    apply(WANTED)
    apply(configuration(budget(limit=700), gone))

    assert ledger.balance(gone, DAY).left == 15


def test_a_budget_that_would_count_something_else_is_refused_and_nothing_changes(
    apply, store, ledger
):
    store.holds("newer", NEWER)

    with pytest.raises(ConfigurationError, match="new id"):
        apply(configuration(budget("new"), budget(limit=700), budget("gone", unit=Unit.TOKENS)))

    assert store.read()[0] == "newer"
    assert ledger.limits() == {"search-daily": 300, "gone": 40}


def test_no_limit_that_may_be_in_force_changes_before_the_configuration_does(apply, store, ledger):
    store.holds("newer", NEWER)
    seen = []
    store.before_write = lambda: seen.append(dict(ledger.limits()))

    apply(WANTED)

    assert seen == [{"search-daily": 300, "gone": 40, "new": 9}]


def test_who_is_slower_than_another_operator_changes_no_limit_of_theirs(apply, store, ledger):
    store.holds("newer", NEWER)
    store.before_write = lambda: store.holds("newest", NEWER)

    with pytest.raises(ConfigurationError, match="version newest in force meanwhile") as told:
        apply(WANTED)

    assert isinstance(told.value.__context__, LedgerContention)
    assert ledger.limits() == {"search-daily": 300, "gone": 40, "new": 9}


def test_one_that_takes_the_place_of_ours_and_cannot_be_read_is_said(apply, store, ledger):
    define = ledger.define

    def they_come_between(one, window):
        if one.limit == 700:
            store.holds("newest", NEWER)
        return define(one, window)

    ledger.define = they_come_between

    with pytest.raises(ConfigurationError, match=f"may be those of version {WANTED.version}"):
        apply(WANTED)
