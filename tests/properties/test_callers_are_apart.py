"""Whatever one application sends, another's balance, decisions and answers stay as they are."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.adapters.admission_answer import admission_answer, malformed
from cost_sentry.adapters.identified_request import caller_of, identified_request
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.errors import RequestRefused
from cost_sentry.domain.sentry_config import Application, Team
from tests.fakes.admissions import CHEAP, DEAR, Sentry
from tests.fakes.builders import budget
from tests.fakes.cached_calls import CACHING, answer, settled

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
    budget("web", 6_000, scope={"team": "search", "application": "web"}),
    budget(
        "web-prod", 9_000, scope={"application": "web", "environment": "prod", "team": "search"}
    ),
    budget("batch", 6_000, scope={"team": "search", "application": "batch"}),
    budget("support", 6_000, scope={"team": "support"}),
)

TEXTS = ["hello", "hi"]
KEPT = {"maxTokens": 50, "temperature": 0}


def said(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"text": text}]}]


names = st.sampled_from(["search", "support", "web", "batch", "prod", "-", "search/web"])
claims = st.fixed_dictionaries(
    {"team": st.just("search") | names, "application": st.just("web") | names},
    optional={"environment": st.just("prod") | names, "user": names},
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
    },
)
damaged = st.builds(
    lambda raw, field, value: {**raw, field: value},
    well_formed,
    st.sampled_from(["modelId", "messages", "tags", "requestId", "inferenceConfig", "priority"]),
    odd,
)


def own(number: int) -> dict[str, Any]:
    """Two prompts in turn, so that later calls could be hits; the third one may not be kept."""
    temperature = {} if number == 2 else {"temperature": 0}
    return {
        "modelId": CHEAP,
        "messages": said(TEXTS[number % 2]),
        "inferenceConfig": {"maxTokens": 50, **temperature},
        "requestId": f"r{number}",
        "tags": {},
    }


copied = st.builds(
    lambda number, more: {**own(number), **more},
    st.integers(0, 4),
    st.fixed_dictionaries({}, optional={"answerCache": st.just("refresh"), "tags": claims}),
)
"""What the watched application sends itself, sent by another."""
hostile = st.tuples(st.sampled_from(OTHERS), copied | well_formed | damaged | odd)
steps = st.lists(hostile, max_size=6)


class Gate:
    """The way of a workflow's input to its answer, as the handler goes it."""

    def __init__(self) -> None:
        self.sentry = Sentry(*BUDGETS, teams=TEAMS)

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
        return [self.sentry.ledger.balance(b, b.window_at(now).id) for b in BUDGETS[:2]]


def played(between: list[list[tuple[dict[str, str], Any]]]) -> tuple[list[str], list[Any]]:
    gate, answers = Gate(), []
    for number, others in enumerate(between):
        for position, (caller, raw) in enumerate(others):
            gate.answer(caller, raw, f"other{number}-{position}")
        answers.append(gate.answer(VICTIM, own(number), f"own{number}"))
    return answers, gate.balances()


@given(st.lists(steps, min_size=1, max_size=5))
def test_nothing_that_others_send_changes_what_an_application_is_answered(between):
    alone = played([[] for _ in between])

    assert played(between) == alone


def test_the_application_that_is_watched_is_answered_from_its_cache():
    """Or the property above would say nothing of caches."""
    answers, _ = played([[] for _ in range(5)])

    words = [json.loads(text)["decision"] for text in answers]
    assert words == ["ALLOW", "ALLOW", "ALLOW", "CACHED", "CACHED"]


@pytest.mark.parametrize("caller", OTHERS, ids=lambda caller: caller["workflow"])
def test_the_very_request_of_another_is_not_answered_with_its_answer(caller):
    gate = Gate()
    gate.answer(VICTIM, own(0), "first")
    tags = {"team": "search", "application": "web", "environment": "prod"}

    told = json.loads(gate.answer(caller, {**own(0), "tags": tags, "requestId": "r9"}, "second"))

    assert (told["decision"], told["answer"]) == ("ALLOW", None)
