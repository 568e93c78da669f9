"""Requests for more hold what they promise in every order; the drill runs all of them."""

import random

import pytest

from benchmarks.drill.approvals import BEFORE, all_orders, cuts, meetings, wrong_in_order
from cost_sentry.application import apply_config, follow_request, raised_limits
from cost_sentry.domain.approval import Approval
from tests.fakes.approval_expectation import Expectation
from tests.fakes.approval_orders import EVENTS, amid, orders, run, wrong_in_record, wrong_limit
from tests.fakes.approval_world import ApprovalWorld
from tests.fakes.memory_approvals import MemoryApprovals

SAMPLED = 60
LONG = 7


@pytest.mark.parametrize("length", [1, 2, 3])
def test_every_short_order_is_answered_as_the_rules_say(length):
    wrong = [one for order in orders(length) for one in wrong_in_order(order)]

    assert wrong == []


def test_long_orders_are_answered_as_the_rules_say():
    chance = random.Random(34)
    names = list(EVENTS)
    drawn = [("ask", *chance.choices(names, k=LONG)) for _ in range(SAMPLED)]

    assert [one for order in drawn for one in wrong_in_order(order)] == []


def test_whatever_dies_at_any_call_is_made_good_by_the_next_look():
    wrong = {
        how: found
        for before in BEFORE[2:5]
        for name in ("approve", "end", "look", "limit changes")
        for how, found in cuts(before, name)
        if found
    }

    assert wrong == {}


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ("approve", "approve by another"),
        ("approve", "deny"),
        ("approve", "limit changes"),
        ("approve", "a day goes by"),
        ("look", "limit changes"),
        ("look", "end"),
        ("limit changes", "look"),
        ("look", "approve"),
    ],
)
def test_two_that_meet_between_any_two_calls_leave_what_one_after_the_other_would(outer, inner):
    wrong = {
        how: found
        for before in BEFORE[1:5]
        for how, found in meetings(before, outer, inner)
        if found
    }

    assert wrong == {}


def test_the_drill_counts_what_it_runs(monkeypatch):
    monkeypatch.setattr("benchmarks.drill.approvals.BEFORE", ())

    assert all_orders(2) == {"orders": 15, "passed": 15}


class TestMistakesAreFound:
    """Each plants one, and the order that must show it does."""

    def _first_wrong(self, before, outer, inner):
        return next((found for _, found in meetings(before, outer, inner) if found), None)

    def test_that_what_happens_is_not_what_the_rules_say(self, monkeypatch):
        monkeypatch.setattr(Expectation, "_look", lambda self: self._turned())

        assert wrong_in_order(("ask", "approve")) == []
        assert wrong_in_order(("ask", "approve", "look"))

    def test_that_two_answers_are_written(self, monkeypatch):
        replace = MemoryApprovals.replace

        def careless(self, before: Approval, after: Approval, config_version=None):
            return replace(self, self.read(before.request.id), after, config_version)

        monkeypatch.setattr(MemoryApprovals, "replace", careless)

        assert self._first_wrong(("ask",), "approve", "deny")

    def test_that_a_changed_configuration_is_not_seen(self, monkeypatch):
        replace = MemoryApprovals.replace

        def blind(self, before: Approval, after: Approval, config_version=None):
            done = replace(self, before, after, None)
            if done and after.state is not before.state:
                self._changes[before.request.id][-1] = {
                    **self._changes[before.request.id][-1],
                    "configVersion": (self._config_store.read() or ("",))[0],
                }
            return done

        monkeypatch.setattr(MemoryApprovals, "replace", blind)

        assert self._first_wrong(("ask",), "approve", "limit changes")

    def test_that_nobody_looks_again_after_a_limit_was_set(self, monkeypatch):
        def once(budget_id, *, store, books, clock):
            wanted = raised_limits._wanted(budget_id, store, clock.now())
            if wanted is not None:
                books.define(wanted, wanted.window_at(clock.now()).id)

        monkeypatch.setattr(follow_request, "set_raised_limit", once)

        assert self._first_wrong(("ask", "approve"), "look", "limit changes")

    def test_that_applying_does_not_look_for_raises_again(self, monkeypatch):
        def first_only(store):
            if not hasattr(store, "seen"):
                store.seen = raised_limits.measures_on_record(store)
            return store.seen

        monkeypatch.setattr(apply_config, "measures_on_record", first_only)
        found = []
        for call in range(1, 12):
            world = ApprovalWorld()
            for name in ("ask", "approve"):
                run(world, name)
            amid(world, "limit changes", call, "look")
            found += [*wrong_in_record(world), *wrong_limit(world)]

        assert found
