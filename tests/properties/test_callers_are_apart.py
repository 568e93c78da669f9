"""Whatever one application sends, another's balance, decisions and answers stay as they are."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.adapters.admission_answer import admission_answer, malformed
from cost_sentry.adapters.identified_request import caller_of, identified_request
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.errors import RequestRefused
from cost_sentry.domain.sentry_config import Application, Team
from tests.fakes.admissions import DEAR, Sentry
from tests.fakes.builders import budget

VICTIM = {"team": "search", "application": "web", "workflow": "CostSentry-dev_search_web"}
OTHERS = (
    {"team": "search", "application": "batch", "workflow": "CostSentry-dev_search_batch"},
    {"team": "support", "application": "", "workflow": "CostSentry-dev_support"},
)
TEAMS = {
    "search": Team(
        id="search",
        applications={
            "web": Application(id="web", environment="prod"),
            "batch": Application(id="batch"),
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

names = st.sampled_from(["search", "support", "web", "batch", "prod", "-", "search/web"])
claims = st.fixed_dictionaries(
    {"team": st.just("search") | names, "application": st.just("web") | names},
    optional={"environment": st.just("prod") | names, "user": names},
)
odd = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.none())
well_formed = st.fixed_dictionaries(
    {
        "modelId": st.just(DEAR),
        "messages": st.just([{"role": "user", "content": [{"text": "hi"}]}]),
        "tags": claims,
        "requestId": st.sampled_from([f"r{n}" for n in range(5)]),
        "inferenceConfig": st.just({"maxTokens": 100}),
    },
    optional={"priority": st.sampled_from(["critical", "low"]), "caller": st.just(VICTIM)},
)
damaged = st.builds(
    lambda raw, field, value: {**raw, field: value},
    well_formed,
    st.sampled_from(["modelId", "messages", "tags", "requestId", "inferenceConfig", "priority"]),
    odd,
)
hostile = st.tuples(st.sampled_from(OTHERS), well_formed | damaged | odd)
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
        except RequestRefused as refused:
            request, decision = None, malformed(raw, refused, caller_of(event), "e")
        return json.dumps(admission_answer(decision, request, "book"), default=str)

    def balances(self) -> list[Any]:
        now = self.sentry.clock.now()
        return [self.sentry.ledger.balance(b, b.window_at(now).id) for b in BUDGETS[:2]]


def own(number: int) -> dict[str, Any]:
    return {
        "modelId": DEAR,
        "messages": [{"role": "user", "content": [{"text": "hello"}]}],
        "inferenceConfig": {"maxTokens": 50},
        "requestId": f"r{number}",
        "tags": {},
    }


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
