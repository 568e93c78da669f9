"""Whatever one application sends, another's balance, decisions and answers stay as they are.

But for circuits, which all callers share by design: there are none here.
"""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost_sentry.adapters.admission_answer import admission_answer, malformed
from cost_sentry.adapters.identified_request import caller_of, identified_request
from cost_sentry.domain.budget import Budget, BudgetMode, Unit
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.errors import RequestRefused
from cost_sentry.domain.sentry_config import Application, Team
from cost_sentry.domain.session import in_run
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import CHEAP, DEAR, Sentry
from tests.fakes.builders import NOON, budget
from tests.fakes.cached_calls import CACHING, answer, settled
from tests.fakes.policies import engines, policies
from tests.unit.application.test_policies_know import NOT_DEEP

VICTIM = {"team": "search", "application": "web", "workflow": "CostSentry-dev_search_web"}
OTHERS = (
    {"team": "search", "application": "batch", "workflow": "CostSentry-dev_search_batch"},
    {"team": "support", "application": "", "workflow": "CostSentry-dev_support"},
)
TEAMS = {
    "search": Team(
        id="search",
        applications={
            "web": Application(id="web", environment="prod", answer_cache=CACHING),
            "batch": Application(id="batch", answer_cache=CACHING),
        },
    ),
    "support": Team(id="support"),
}
BUDGETS = (
    budget("web", 16_000, scope={"team": "search", "application": "web"}),
    budget(
        "web-prod", 20_000, scope={"application": "web", "environment": "prod", "team": "search"}
    ),
    budget("batch", 6_000, scope={"team": "search", "application": "batch"}),
    budget("support", 6_000, scope={"team": "support"}),
)


AGENT = {"kind": "agent"}
"""The tag of calls that budgets of runs cover; of the rest answers are kept."""


def of_runs(unit: Unit, limit: int, **scope: str) -> Budget:
    scope = {**scope, **AGENT}
    return budget(unit.value, limit, scope=scope, unit=unit, window=WindowKind.SESSION)


RUN_BUDGETS = (
    of_runs(Unit.USD, 16_000),
    of_runs(Unit.REQUESTS, 4),
    of_runs(Unit.RETRIES, 1, team="search"),
    of_runs(Unit.CHILDREN, 2, team="search"),
    of_runs(Unit.DEPTH, 2),
)
"""Their scopes are several applications'; a run is still one's."""
HELD_IN_RUNS = RUN_BUDGETS[:3]
WEB = {"team": "search", "application": "web"}
SHADOWS = (
    budget("web-day", 1_000, scope=WEB, mode=BudgetMode.SHADOW),
    budget(
        "web-rpm",
        3,
        unit=Unit.REQUESTS,
        window=WindowKind.MINUTE,
        scope=WEB,
        mode=BudgetMode.SHADOW,
    ),
    budget(
        "web-running",
        1,
        unit=Unit.IN_FLIGHT,
        window=WindowKind.NONE,
        scope=WEB,
        mode=BudgetMode.SHADOW,
    ),
    budget(
        "run-steps",
        2,
        unit=Unit.REQUESTS,
        window=WindowKind.SESSION,
        scope={},
        mode=BudgetMode.SHADOW,
    ),
    budget(
        "run-depth", 1, unit=Unit.DEPTH, window=WindowKind.SESSION, scope={}, mode=BudgetMode.SHADOW
    ),
    budget(
        "batch-day", 10, scope={"application": "batch", "team": "search"}, mode=BudgetMode.SHADOW
    ),
    budget(
        "support-rpm",
        1,
        unit=Unit.REQUESTS,
        window=WindowKind.MINUTE,
        scope={"team": "support"},
        mode=BudgetMode.SHADOW,
    ),
)
"""The watched application's, each run's, and others'."""


def run_id(number: int) -> str:
    digits = f"{int((NOON - timedelta(minutes=5)).timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-{number:012x}"


RUN = run_id(1)

TEXTS = ["hello", "hi"]
KEPT = {"maxTokens": 50, "temperature": 0}


def said(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"text": text}]}]


names = st.sampled_from(["search", "support", "web", "batch", "prod", "-", "search/web"])
claims = st.fixed_dictionaries(
    {
        "team": st.just("search") | names,
        "application": st.just("web") | names,
        "kind": st.sampled_from([AGENT["kind"], "-"]),
    },
    optional={"environment": st.just("prod") | names, "user": names},
)
sessions = st.fixed_dictionaries(
    {"id": st.sampled_from([RUN, RUN.upper(), run_id(2)])},
    optional={
        "path": st.lists(st.sampled_from(["planner", "reader", "x"]), max_size=3),
        "retry": st.integers(0, 2),
    },
)
odd = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.none())
well_formed = st.fixed_dictionaries(
    {
        "modelId": st.sampled_from([DEAR, CHEAP]),
        "messages": st.sampled_from(TEXTS).map(said),
        "tags": claims,
        "requestId": st.sampled_from([f"r{n}" for n in range(5)]),
        "inferenceConfig": st.sampled_from(
            [{"maxTokens": 50}, {"maxTokens": 50, "temperature": 0}]
        ),
    },
    optional={
        "priority": st.sampled_from(["critical", "low"]),
        "caller": st.just(VICTIM),
        "answerCache": st.sampled_from(["use", "refresh", "off"]),
        "session": sessions,
    },
)
damaged = st.builds(
    lambda raw, field, value: {**raw, field: value},
    well_formed,
    st.sampled_from(
        ["modelId", "messages", "tags", "requestId", "inferenceConfig", "priority", "session"]
    ),
    odd,
)


STEPS = (
    {"path": ["planner"]},
    {"path": ["reader"]},
    {"path": ["reader"], "retry": 1},
    None,
    None,
    {"path": ["writer"]},
    {"path": ["reader"], "retry": 2},
    {"path": ["planner", "searcher"]},
    {"path": ["planner"]},
    {"path": ["reader"]},
    None,
    None,
)
"""Of one agent run: which agent calls, and whether it repeats a step; ``None``: a call outside."""


def own(number: int) -> dict[str, Any]:
    """Two prompts in turn, so that later calls outside the run could be hits."""
    step = STEPS[number]
    of_run = {} if step is None else {"session": {"id": RUN, **step}}
    return {
        "modelId": CHEAP,
        "messages": said(TEXTS[number % 2]),
        "inferenceConfig": {"maxTokens": 50, "temperature": 0},
        "requestId": f"r{number}",
        "tags": AGENT if of_run else {},
        **of_run,
    }


copied = st.builds(
    lambda number, more: {**own(number), **more},
    st.integers(0, len(STEPS) - 1),
    st.fixed_dictionaries(
        {}, optional={"answerCache": st.just("refresh"), "tags": claims, "session": sessions}
    ),
)
"""What the watched application sends itself, sent by another."""
hostile = st.tuples(st.sampled_from(OTHERS), copied | well_formed | damaged | odd)
steps = st.lists(hostile, max_size=6)


class Gate:
    """The way of a workflow's input to its answer, as the handler goes it."""

    def __init__(self) -> None:
        self.sentry = Sentry(
            *BUDGETS,
            *RUN_BUDGETS,
            *SHADOWS,
            teams=TEAMS,
            policies=policies(not_deep=NOT_DEEP),
            engines=engines,
        )
        for one in SHADOWS:
            self.sentry.ledger.define(one.in_ledger, "")

    def answer(self, caller: dict[str, str], raw: Any, execution: str) -> str:
        event = {"request": raw, "caller": caller, "execution": {"name": execution}}
        try:
            request = identified_request(event)
            decision: Decision = self.sentry.decide(request, attempt=execution)
            if decision.keep_at:
                settled(self.sentry, decision, answer(f"an answer to {execution}"))
        except RequestRefused as refused:
            request, decision = None, malformed(raw, refused, caller_of(event), "e")
        return json.dumps(admission_answer(decision, request, "book"), default=str)

    def balances(self) -> list[Any]:
        now = self.sentry.clock.now()
        run = in_run(HELD_IN_RUNS, f"{RUN}.search_web")
        watched = (*BUDGETS[:2], *run)
        return [self.sentry.ledger.balance(b, b.window_at(now).id) for b in watched]


def played(between: list[list[tuple[dict[str, str], Any]]]) -> tuple[list[str], list[Any]]:
    gate, answers = Gate(), []
    for number, others in enumerate(between):
        for position, (caller, raw) in enumerate(others):
            gate.answer(caller, raw, f"other{number}-{position}")
        answers.append(gate.answer(VICTIM, own(number), f"own{number}"))
    return answers, gate.balances()


@settings(deadline=None)
@given(st.lists(steps, min_size=1, max_size=len(STEPS)))
def test_nothing_that_others_send_changes_what_an_application_is_answered(between):
    alone = played([[] for _ in between])

    assert played(between) == alone


def test_the_application_that_is_watched_meets_its_policy_its_cache_and_the_limits_of_its_run():
    """Or the property above would say nothing of them."""
    answers, _ = played([[] for _ in STEPS])

    told = [json.loads(text) for text in answers]
    bound_by = [[b["id"] for b in one["sentry"]["budgets"] if b["binding"]] for one in told]
    assert [one["decision"] for one in told] == [
        *["ALLOW"] * 5,
        *["REJECT"] * 3,
        "ALLOW",
        "REJECT",
        *["CACHED"] * 2,
    ]
    assert told[7]["sentry"]["code"] == "FORBIDDEN_BY_POLICY"
    assert [bound_by[step] for step in (5, 6, 9)] == [["children"], ["retries"], ["requests"]]
    said = [{note["id"] for note in one["sentry"]["shadow"]} for one in told]
    assert [said[step] for step in (0, 1)] == [{"web-day"}, {"web-day", "web-running"}]
    assert said[8] == {"web-day", "web-rpm", "web-running", "run-steps"}


@pytest.mark.parametrize("caller", OTHERS, ids=lambda caller: caller["workflow"])
def test_the_very_request_of_another_is_not_answered_with_its_answer(caller):
    gate = Gate()
    kept = own(STEPS.index(None))
    gate.answer(VICTIM, kept, "first")
    tags = {"team": "search", "application": "web", "environment": "prod"}

    told = json.loads(gate.answer(caller, {**kept, "tags": tags, "requestId": "r9"}, "second"))

    assert (told["decision"], told["answer"]) == ("ALLOW", None)
