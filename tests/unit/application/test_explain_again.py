"""What took part in a decision is told in order, and what of it is only worked out again."""

from datetime import timedelta

import pytest

from cost_sentry.application.explain_again import NO_POLICIES, UNTOLD, PartKind, Retelling
from cost_sentry.application.explain_request import explain
from cost_sentry.domain.budget import Stages, Unit
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.invocation import Priority
from cost_sentry.domain.policy import Policies
from cost_sentry.domain.sentry_config import Model
from cost_sentry.domain.service_tier import FlexPrice
from cost_sentry.domain.session import Session
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import BLIND, CHEAP, DEAR, SmallBook, config
from tests.fakes.builders import NOON, budget
from tests.fakes.policies import engines, policies, policy
from tests.fakes.simulations import RecordedRun, call

RICH = budget("everything", 10**9, scope={})
POOR = budget("search-daily", 5_000)
NO_DEAR = policies(no_dear=f'forbid (principal, action, resource == CostSentry::Model::"{DEAR}");')
DEPTH, CHILDREN = (
    budget(f"run-{unit.value}", 2, unit=unit, window=WindowKind.SESSION)
    for unit in (Unit.DEPTH, Unit.CHILDREN)
)
RUN = "01a1fdf9-5ba0-7000-8000-000000000001"


class NonePending:
    def pending(self, account=None):
        return ()


def told(of, *calls, name="r1", applied_at=NOON - timedelta(days=1), now=None, posted=None):
    """``posted``: what stages go by, by budget and window."""
    run = RecordedRun(of)
    run.totals.posted.update(posted or {})
    run.play(calls)
    run.journal.write(run.ledger.entries)
    [found] = explain(name, journal=run.journal, books=NonePending())
    retelling = Retelling(
        config=now or of, applied_at=applied_at, price_book=SmallBook(), policy_engines=engines
    )
    return found, retelling.took_part(found)


def parts(*given, **changes):
    _, told_ = told(*given, **changes)
    return [(part.kind, part.name, part.is_recorded) for part in told_.parts]


def in_run(name="r1", at=0, path=()):
    tags = {"team": "search", "application": "web", "session": RUN}
    return call(name, at=at, tags=tags, session=Session(id=RUN, path=path))


KEPT = "kept for priority critical"
BUDGET, POLICY, MODEL = PartKind.BUDGET, PartKind.POLICY, PartKind.MODEL


def test_a_call_that_was_allowed_as_asked_tells_who_permitted_it_and_what_held_its_money():
    found, told_ = told(config(RICH, POOR, policies=policies()), call("r1"))

    assert [rung.outcome for rung in found.rungs] == ["reserved"]
    assert [(p.kind, p.name, p.is_recorded) for p in told_.parts] == [
        (POLICY, "everything", False),
        (MODEL, DEAR, True),
        (BUDGET, "everything", True),
        (BUDGET, "search-daily", True),
        (MODEL, DEAR, True),
    ]
    assert told_.parts[0].what == f"permits {DEAR}: Because of everything."


def test_budgets_of_depth_and_children_come_where_they_are_asked():
    of = config(RICH, DEPTH, CHILDREN, policies=policies())

    names = [name for _, name, _ in parts(of, in_run(path=("planner",)))]

    assert names == ["run-depth", "everything", DEAR, "run-children", "everything", DEAR]


def test_a_call_that_is_too_deep_tells_the_models_and_budgets_that_were_not_asked():
    of = config(RICH, DEPTH, CHILDREN)

    found, told_ = told(of, in_run(path=("a", "b", "c")))

    what = {part.name: part.what for part in told_.parts}
    assert found.code == ReasonCode.BUDGET_EXHAUSTED
    assert (what["run-depth"], what[DEAR]) == ("refused it", "not tried")
    assert what["everything"] == "not asked: the call was refused before"
    assert "how many it had is not kept" in what["run-children"]


def test_a_reroute_by_policy_is_told_from_its_record_and_the_permit_is_worked_out():
    found, told_ = told(config(RICH, policies=NO_DEAR), call("r1"))

    assert found.model_used == CHEAP
    assert [(p.kind, p.name, p.is_recorded) for p in told_.parts][:4] == [
        (POLICY, "no-dear", True),
        (MODEL, DEAR, True),
        (POLICY, "everything", False),
        (MODEL, CHEAP, True),
    ]
    assert BLIND not in {part.name for part in told_.parts}


def test_without_policies_it_says_so():
    _, told_ = told(config(RICH), call("r1"))

    assert NO_POLICIES in {part.what for part in told_.parts}


@pytest.mark.parametrize(
    ("applied_at", "was_in_force"),
    [(NOON, True), (NOON + timedelta(seconds=1), False), (None, False)],
)
def test_it_says_whether_the_configuration_that_works_it_out_decided_then(applied_at, was_in_force):
    _, told_ = told(config(RICH), call("r1"), applied_at=applied_at)

    assert (told_.version, told_.was_in_force) == ("v1", was_in_force)


def test_where_the_model_is_gone_by_now_the_records_are_told():
    names = [name for _, name, _ in parts(config(RICH), call("r1"), now=config(RICH, models={}))]

    assert names == [DEAR, "everything", DEAR]


def models_told(told_):
    return [(part.name, part.what) for part in told_.parts if part.kind is MODEL]


def test_a_model_that_was_tried_twice_is_told_twice_in_the_order_of_the_tries():
    models = {
        DEAR: Model(id=DEAR, ladder=(CHEAP,), flex=FlexPrice(input=5, output=5)),
        CHEAP: Model(id=CHEAP),
    }
    of = config(RICH, budget("tight", 400), models=models)

    found, told_ = told(of, call("r1", may_wait=True))

    assert len(found.rungs) == 4
    assert models_told(told_) == [
        *((rung.model_id, rung.outcome) for rung in found.rungs),
        (CHEAP, "its money was held"),
    ]


@pytest.mark.parametrize(
    "rule",
    [
        "context has budgetLeftPercent && context.budgetLeftPercent > 20",
        "context has maxTokens",
    ],
    ids=["what was left", "a limit that is the default's"],
)
def test_what_is_not_on_record_of_a_call_is_not_told_for_a_refusal_of_it(rule):
    text = f"permit (principal, action, resource) when {{ {rule} }};"
    of = config(RICH, policies=Policies(rules=(policy("some", text),)))

    _, told_ = told(config(RICH), call("r1", max_tokens=50), now=of)

    [said] = [part.what for part in told_.parts if part.kind is POLICY]
    assert said == f"{UNTOLD}: {DEAR}"


def test_a_policy_that_permits_whatever_was_left_is_told():
    poor = 'forbid (principal, action, resource) when { context.tags.contains("x=1") };'
    left = "permit (principal, action, resource) when { context has budgetLeftPercent };"
    every = "permit (principal, action, resource);"
    of = config(RICH, policies=Policies(rules=tuple(map(policy, "abc", (poor, left, every)))))

    _, told_ = told(of, call("r1"))

    assert [part.name for part in told_.parts if part.kind is POLICY] == ["c"]


@pytest.mark.parametrize(
    ("priority", "model", "told_first"),
    [
        (Priority.CRITICAL, DEAR, "reserved"),
        (
            Priority.NORMAL,
            CHEAP,
            f"{KEPT} by budget of-dear, which is 70 % spent",
        ),
    ],
    ids=["critical", "not critical"],
)
def test_a_model_that_a_stage_keeps_for_critical_calls_is_told(priority, model, told_first):
    stages = Stages(critical_only_percent=10)
    of_dear = budget("of-dear", 10_000, scope={"model": DEAR}, stages=stages)
    spent = {("of-dear", of_dear.window_at(NOON).id): 7_000}

    found, told_ = told(config(RICH, of_dear), call("r1", priority=priority), posted=spent)

    assert found.model_used == model
    assert models_told(told_)[0] == (DEAR, told_first)


def test_the_stages_of_budgets_that_run_out_are_told_before_the_models():
    stages = Stages(prefer_ladder_percent=50, lower_output_percent=60)
    day = budget("day", 1_000_000, scope={}, stages=stages)
    spent = {("day", day.window_at(NOON).id): 700_000}

    _, told_ = told(config(day), call("r1"), posted=spent)

    assert [(p.what, p.is_recorded) for p in told_.parts if p.kind is PartKind.STAGE] == [
        ("70 % spent, and from 50 % the ladder comes first", True),
        ("70 % spent, and from 60 % answers are shorter", True),
    ]
    assert told_.parts[0].kind is PartKind.STAGE
    assert models_told(told_)[0] == (
        DEAR,
        "passed over: budget day is 70 % spent, and from 50 % the ladder comes first",
    )


def test_what_nobody_noted_is_not_worked_out():
    retelling = Retelling(
        config=config(RICH), applied_at=NOON, price_book=SmallBook(), policy_engines=engines
    )
    run = RecordedRun(config(RICH))
    run.play([call("r1")])
    run.journal.write(run.ledger.entries)
    [found] = explain("r1", journal=run.journal, books=NonePending())
    unknown = type(found)(**{n: getattr(found, n) for n in type(found).__slots__} | {"held": None})

    assert retelling.took_part(unknown) is None
