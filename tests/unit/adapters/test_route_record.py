"""How a model was chosen, as it is kept and as it is shown."""

import json
from dataclasses import replace

import pytest

from cost_sentry.adapters.answer_block import ORDER_SHOWN_MAX, answer_block
from cost_sentry.adapters.decision_record import decision_text, recorded_decision_from
from cost_sentry.domain.decision import RungOutcome
from cost_sentry.domain.routing import SMALL
from tests.fakes.admissions import BLIND, CHEAP, DEAR
from tests.fakes.builders import NOON, budget
from tests.fakes.routings import routed, routing, sentry, virtual

PLENTY = budget(limit=10**6)
SURE = {"of": routing(worth=10**9), "complexity": lambda _: 1000}


def decided(asked, **changes):
    return sentry(PLENTY, **changes).decide(asked)


@pytest.mark.parametrize(
    ("asked", "changes"),
    [
        (routed("large"), {}),
        (routed(), SURE),
        (routed(None, task_type="summary"), {"of": routing(virtual("auto", SMALL))}),
    ],
)
def test_a_decision_is_read_with_its_route(asked, changes):
    decision = decided(asked, **changes)

    read = recorded_decision_from(decision_text(decision, asked), NOON)

    assert read.decision.route == decision.route
    assert read.request.model_id == asked.model_id


def test_the_estimate_is_kept_so_that_a_recorded_call_can_be_decided_again_without_its_text():
    decision = decided(routed(), **SURE)

    read = recorded_decision_from(decision_text(decision, routed()), NOON)

    assert read.request.complexity_thousandths == 1000
    assert "hello" not in decision_text(decision, routed())


def test_the_answer_shows_the_order_with_reasons_and_what_was_passed_over():
    block = answer_block(decided(routed("large"), **SURE), "book")["routing"]

    assert json.loads(json.dumps(block)) == {
        "virtualModel": "large",
        "taskType": None,
        "tier": "large",
        "decidedBy": "VIRTUAL_MODEL",
        "message": "large asks for tier large",
        "complexity": None,
        "order": [
            {
                "modelId": DEAR,
                "tier": "large",
                "expectedUsd": "0.0000000006",
                "reason": "the cheapest that reaches tier large",
            },
            {
                "modelId": CHEAP,
                "tier": None,
                "expectedUsd": None,
                "reason": "tier middle is below the required large",
            },
            {
                "modelId": BLIND,
                "tier": None,
                "expectedUsd": None,
                "reason": "tier small is below the required large",
            },
        ],
    }


def test_a_call_that_names_its_model_has_no_routing():
    assert answer_block(decided(routed(DEAR)), "book")["routing"] is None


def test_an_answer_shows_the_first_and_the_last_of_many_models_and_the_record_all_of_them():
    decision = decided(routed("large"))
    rungs = tuple(RungOutcome(model_id=f"m{n}", outcome="no") for n in range(28))
    place = decision.route.order[0]
    many = replace(decision, rungs=rungs, route=replace(decision.route, order=(place,) * 20))

    block = answer_block(many, "book")
    read = recorded_decision_from(decision_text(many, routed("large")), NOON).decision

    assert len(block["routing"]["order"]) == ORDER_SHOWN_MAX
    assert [rung["modelId"] for rung in block["rungs"]] == [
        *[f"m{n}" for n in range(8)],
        *[f"m{n}" for n in range(24, 28)],
    ]
    assert (len(read.rungs), len(read.route.order)) == (28, 20)
