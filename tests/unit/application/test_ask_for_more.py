"""What may be asked for, and what whoever asks is told."""

from datetime import timedelta

import pytest

from cost_sentry.application.approval_answers import ApprovalCode as Code
from cost_sentry.application.ask_for_more import OPEN_MAX, OPEN_PER_CALLER_MAX
from cost_sentry.domain.approval import Grant, Raise
from cost_sentry.domain.budget import BudgetMode, Unit
from cost_sentry.domain.errors import WorkflowUnavailable
from cost_sentry.domain.measure import kind_of
from cost_sentry.domain.window import WindowKind
from tests.fakes.approval_world import (
    AMOUNT,
    ANNA,
    ASKER,
    BUDGET,
    FIRST,
    LIMIT,
    RULES,
    UNTIL,
    ApprovalWorld,
    config,
    session,
)
from tests.fakes.builders import NOON, budget

GRANT = {"budget_id": None, "amount": None, "scope": (("team", "search"),), "price_class": "high"}


@pytest.fixture
def world():
    return ApprovalWorld()


def id_of(number):
    return f"ap-20261121t120000-{number:010x}"


def test_a_raise_is_kept_with_all_that_its_answer_is_bound_to(world):
    answer = world.ask(reason="  release\n week ")

    request = world.approval().request
    assert (answer.code, answer.approval) == (Code.DONE, world.approval())
    assert request.more == Raise(
        budget_id=BUDGET,
        budget_kind=kind_of(budget(BUDGET)),
        unit=Unit.USD,
        amount=AMOUNT,
        raised_max=LIMIT,
    )
    assert (request.reason, request.asked_by) == ("release week", ASKER)
    assert (request.asked_at, request.until) == (NOON, UNTIL)
    assert request.expires_at == NOON + timedelta(hours=24)
    assert set(request.terms) == {
        f"limit of budget {BUDGET}",
        f"what budget {BUDGET} counts",
        "version of the policies",
        "version of the approval rules",
    }


def test_a_grant_is_bound_to_the_policies_and_the_rules(world):
    world.ask(**GRANT)

    request = world.approval().request
    assert request.more == Grant(scope={"team": "search"}, price_class="high")
    assert set(request.terms) == {"version of the policies", "version of the approval rules"}


def test_one_workflow_follows_it(world):
    world.ask()

    assert world.memory_workflow.started == [(FIRST, 0)]


def test_it_expires_no_later_than_what_it_asks_for(world):
    world.ask(until=NOON + timedelta(hours=2))

    assert world.approval().request.expires_at == NOON + timedelta(hours=2)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"id": "x"}, "id 'x' is none"),
        ({"reason": " "}, "a reason has 1 to 300 characters that"),
        ({"reason": "x" * 301}, "this has 301"),
        ({"reason": "a\x1bb"}, "that can be printed"),
        ({"until": NOON}, "is not between now and 31 days ahead"),
        ({"until": NOON + timedelta(days=32)}, "approvals.daysMax"),
        ({"until": UNTIL.replace(tzinfo=None)}, "is not between"),
        ({"budget_id": "none"}, "there is no budget 'none'"),
        ({"amount": "0"}, "allowed is dollars such as 12.50, above 0"),
        ({"amount": "-1"}, "above 0"),
        ({"amount": "many"}, "amount 'many' of usd"),
        ({"amount": None}, "amount '' of usd"),
        (
            {"amount": "0.000000001001"},
            "more than 100 % of the limit of budget search-daily; at most",
        ),
        ({"price_class": "high"}, "not for both at once"),
        ({**GRANT, "price_class": "dear"}, "none of low, middle, high, premium"),
        ({**GRANT, "price_class": None}, "no budget is named"),
        ({**GRANT, "scope": ()}, "names no team"),
        ({**GRANT, "scope": (("team", "nobody"),)}, "team=nobody names no team"),
        ({**GRANT, "scope": (("team", "search"), ("team", "search"))}, "each once"),
        ({**GRANT, "scope": (("team", "search"), ("model", "m"))}, "no model"),
        ({**GRANT, "scope": (("team", "search"), ("a", "x" * 129))}, "1 to 4 tags"),
        (
            {**GRANT, "scope": (("team", "search"), *((f"t{n}", "ö" * 128) for n in range(3)))},
            "bytes of text",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_the_callers_words(world, wanted, why):
    answer = world.ask(wanted.pop("id", FIRST), **wanted)

    assert answer.code is Code.INVALID_REQUEST
    assert why in answer.message
    assert list(world.memory_store.newest(5)) == []
    assert world.memory_workflow.started == []


@pytest.mark.parametrize(
    "of",
    [
        budget(BUDGET, LIMIT, mode=BudgetMode.SHADOW),
        budget(BUDGET, 5, unit=Unit.DEPTH, window=WindowKind.SESSION),
    ],
)
def test_a_budget_that_holds_or_refuses_nothing_is_not_raised(of):
    world = ApprovalWorld(config(budgets=(of, budget("organisation", 10_000, scope={}))))

    answer = world.ask(amount="1")

    assert answer.code is Code.INVALID_REQUEST
    assert "only budgets that refuse" in answer.message


def test_without_approvers_nobody_can_ask():
    answer = ApprovalWorld(config(rules=None)).ask()

    assert answer.code is Code.NOT_CONFIGURED


def test_asked_twice_with_one_id_is_asked_once(world):
    first = world.ask()
    world.clock.advance(minutes=5)

    again = world.ask()

    assert (again.code, again.approval) == (Code.DONE, first.approval)
    assert len(world.memory_store.history(FIRST)) == 1


@pytest.mark.parametrize(
    ("by", "wanted"), [(ASKER, {"amount": "0.000000000001"}), (ANNA, {}), (ASKER, GRANT)]
)
def test_an_id_stands_for_one_request_of_one_caller(world, by, wanted):
    world.ask()

    assert world.ask(by=by, **wanted).code is Code.ID_TAKEN


def test_nobody_fills_the_mailboxes_of_the_approvers(world):
    for number in range(OPEN_PER_CALLER_MAX):
        assert world.ask(id_of(number)).is_done

    refused = world.ask(id_of(99))

    assert refused.code is Code.TOO_MANY_OPEN
    assert id_of(0) in refused.message
    assert world.ask(id_of(0)).is_done, "one that is asked again is none more"


def test_all_callers_together_have_a_bound(world):
    for number in range(OPEN_MAX):
        world.ask(id_of(number), by=session("Developers", f"d{number}"))

    assert world.ask(id_of(99)).code is Code.TOO_MANY_OPEN
    world.clock.advance(hours=24)
    assert world.ask(id_of(99)).is_done, "those that nobody answered in time wait no more"


def test_a_workflow_that_cannot_be_started_is_told_and_asked_again_starts_it(world):
    def unavailable(call, done):
        if call == "workflow.start" and not done:
            raise WorkflowUnavailable("it did not answer")

    world.trouble = unavailable
    with pytest.raises(WorkflowUnavailable):
        world.ask()
    world.trouble = lambda _call, _done: None

    assert world.ask().is_done
    assert world.memory_workflow.started == [(FIRST, 0)]


def test_the_rules_of_the_moment_bind_the_amount():
    rules = RULES.__class__(approvers=RULES.approvers, max_raise_percent=10)
    world = ApprovalWorld(config(rules=rules))

    assert world.ask(amount="0.0000000001").is_done
    assert world.approval().request.more.raised_max == LIMIT // 10


def test_a_request_that_cannot_be_read_keeps_nobody_from_asking_and_is_told(world):
    world.ask(id=FIRST)
    world.memory_store.unreadable = frozenset({FIRST})

    answer = world.ask(id=id_of(2))

    assert (answer.code, answer.unreadable) == (Code.DONE, (FIRST,))
