"""Calls that name no model, decided again: from a file, and from recorded days."""

import json

from cost_sentry.adapters.decision_record import decision_text, recorded_decision_from
from cost_sentry.adapters.prompt_complexity import estimated_complexity
from cost_sentry.application.recorded_calls import RecordedCalls
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry_client.simulation.call_line import parse_line
from cost_sentry_client.simulation.comparison import compare
from tests.fakes.admissions import BLIND, CHEAP, DEAR, SmallBook, config
from tests.fakes.builders import NOON, budget
from tests.fakes.routings import models, routed, routing, sentry
from tests.fakes.simulations import call
from tests.fakes.simulations import sentry as simulated

PLENTY = budget(limit=10**15)
WORTH_MUCH = config(PLENTY, models=models(), routing=routing(worth=10**9))
WORTH_NOTHING = config(PLENTY, models=models(), routing=routing())
LINE = {
    "tags": {"team": "search"},
    "messages": [{"role": "user", "content": [{"text": "Then how many of each are left?"}]}],
}


def parsed(**changes):
    return parse_line(json.dumps({**LINE, **changes}).encode(), default_request_id="r").request


def test_a_line_that_names_no_model_keeps_the_estimate_of_its_prompt_and_not_the_prompt():
    found = parsed(modelId="auto")

    assert found.converse == {}
    assert 0 <= found.complexity_thousandths <= 1000
    assert estimated_complexity(found) == found.complexity_thousandths


def test_a_line_that_names_a_model_or_has_no_text_is_not_estimated():
    tokens = {name: value for name, value in LINE.items() if name != "messages"}
    line = json.dumps({**tokens, "modelId": "auto", "inputTokens": 9}).encode()

    assert parsed(modelId="us.amazon.nova-lite-v1:0").complexity_thousandths is None
    assert parse_line(line, default_request_id="r").request.complexity_thousandths is None


def test_a_simulation_chooses_as_the_sentry_would_by_the_kept_estimate():
    hard, easy = (
        call(name, model_id="auto", complexity_thousandths=estimate)
        for name, estimate in (("hard", 1000), ("easy", 0))
    )
    decisions = [
        simulated(of).decide(one, 1).model_used
        for of in (WORTH_NOTHING, WORTH_MUCH)
        for one in (hard, easy)
    ]

    assert decisions == [BLIND, BLIND, DEAR, BLIND]


def test_what_another_routing_would_spend_is_told_by_the_models_it_would_use():
    calls = [call("r1", model_id="auto", complexity_thousandths=1000)]

    found = compare(
        calls,
        WORTH_NOTHING,
        WORTH_MUCH,
        price_book=SmallBook(),
        posted={},
        progress=lambda _: None,
    )

    assert [model for _, _, model in found.spent_before] == [BLIND]
    assert [model for _, _, model in found.spent_after] == [DEAR]


def test_a_call_of_a_recorded_day_is_decided_again_with_its_virtual_model_and_its_estimate():
    asked = routed(needs=routed().needs, converse={})
    made = sentry(PLENTY, of=routing(worth=10**9), complexity=lambda _: 1000).decide(asked)
    noted = recorded_decision_from(decision_text(made, asked), NOON)
    days = RecordedCalls(
        start=NOON, end=NOON.replace(hour=23), config=WORTH_MUCH, price_book=SmallBook()
    )
    days.add(noted)
    days.add(
        LedgerEntry(
            account="search/web",
            sequence=1,
            kind=EntryKind.RESERVE,
            at=NOON,
            reservation=made.reservation,
            resolution=None,
        )
    )
    (again,) = days.calls()

    assert again.request.model_id == "auto"
    assert simulated(WORTH_MUCH).decide(again, 1).model_used == DEAR
    assert simulated(WORTH_NOTHING).decide(again, 1).model_used == BLIND


def test_a_call_that_names_nothing_but_its_task_type_is_recorded_so_that_it_can_be_asked_again():
    asked = routed(None, task_type="summary")
    of = routing()
    made = sentry(PLENTY, of=of).decide(asked)
    read = recorded_decision_from(decision_text(made, asked), NOON)

    again = sentry(PLENTY, of=of).decide(read.request)

    assert (again.code, again.model_asked) == (ReasonCode.ROUTED, "taskType=summary")
    assert again.model_used == made.model_used != CHEAP
