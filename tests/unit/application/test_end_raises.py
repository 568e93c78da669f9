"""A raise whose workflow was stopped ends all the same, within the hour, once and with its mail."""

import contextlib
from datetime import timedelta

import pytest

from cost_sentry.application.answer_request import Verb
from cost_sentry.application.end_raises import end_raises
from cost_sentry.domain.approval import ApprovalState
from cost_sentry.domain.errors import LedgerUnavailable
from tests.fakes.approval_world import (
    AMOUNT,
    BUDGET,
    FIRST,
    LIMIT,
    SECOND,
    UNTIL,
    ApprovalWorld,
    config,
)
from tests.fakes.builders import budget


@pytest.fixture
def stopped():
    """In force, and nobody follows it any more."""
    world = ApprovalWorld()
    world.ask()
    world.answer(Verb.APPROVE)
    world.follow()
    return world


def swept(world):
    return end_raises(world.follower())


def test_before_its_end_a_raise_is_left_alone_and_nothing_is_written(stopped):
    calls = []
    stopped.trouble = lambda call, done: calls.append(call)

    done = swept(stopped)

    assert (done.ended, done.problems) == ((), ())
    assert set(calls) == {"config.stored"}
    assert stopped.limit == LIMIT + AMOUNT


def test_after_its_end_the_limit_is_lowered_the_request_ended_and_one_mail_sent(stopped):
    stopped.clock.time = UNTIL + timedelta(minutes=59)

    done = swept(stopped)

    assert done.ended == (FIRST,)
    assert stopped.limit == LIMIT
    assert stopped.memory_store.read(FIRST).state is ApprovalState.ENDED
    assert len([m for m in stopped.memory_outbox.mails.values() if "ended" in m.subject]) == 1
    assert stopped.memory_measures.on_record == ()
    assert swept(stopped).ended == ()


def test_a_measure_that_is_put_meanwhile_does_not_hide_it(stopped):
    stopped.clock.time = UNTIL + timedelta(days=3)
    stopped.ask(SECOND, until=UNTIL + timedelta(days=9))
    stopped.answer(Verb.APPROVE, approval_id=SECOND)
    stopped.follow(SECOND)

    assert swept(stopped).ended == (FIRST,)
    assert stopped.limit == LIMIT + AMOUNT


def test_a_raise_of_a_budget_that_is_gone_or_another_ends_before_its_time(stopped):
    organisation = budget("organisation", 10_000, scope={})
    stopped.apply(config(budgets=(organisation, budget(BUDGET, LIMIT, scope={"team": "ads"}))))

    assert swept(stopped).ended == (FIRST,)
    assert stopped.memory_store.read(FIRST).state is ApprovalState.ENDED
    assert stopped.limit == LIMIT


def test_a_request_that_cannot_be_followed_keeps_no_limit_raised(stopped):
    stopped.clock.time = UNTIL
    stopped.trouble = failing("store.replace")

    done = swept(stopped)

    assert "told to fail" in done.problems[0]
    assert stopped.limit == LIMIT


@pytest.mark.parametrize("place", range(24))
def test_a_run_that_dies_anywhere_is_made_good_by_the_next(stopped, place):
    stopped.clock.time = UNTIL + timedelta(minutes=1)
    left = iter(range(place))

    def dies(_call, _done):
        if next(left, None) is None:
            raise Died

    stopped.trouble = dies
    with contextlib.suppress(Died):
        swept(stopped)
    stopped.trouble = lambda _call, _done: None
    swept(stopped)

    assert stopped.limit == LIMIT
    assert stopped.memory_store.read(FIRST).state is ApprovalState.ENDED


class Died(BaseException):
    """A run was cut off."""


def failing(named):
    def trouble(call, done):
        if call == named and not done:
            raise LedgerUnavailable("told to fail")

    return trouble
