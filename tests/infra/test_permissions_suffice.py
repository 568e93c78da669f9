"""Every call that a function really makes is one that its role allows.

The real handlers run inside the real state machine, on moto; each of their calls of DynamoDB and S3
is held against the policies of the synthesized template. An access without a grant fails here, not
in an account.
"""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry import bootstrap
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.shard import PENDING_MAX
from cost_sentry.domain.window import WindowKind
from infra.names import pascal
from tests.fakes.builders import budget
from tests.infra.policy_evaluator import allows
from tests.infra.recorded_house import OPUS, SONNET, answering, failing
from tests.simulation.world.small_sizes import small_sizes


@pytest.mark.slow
def test_no_function_asks_the_ledger_for_what_its_role_does_not_allow(house, dev):
    allowed = house.call(SONNET, 500, "search", answering(400))
    rerouted = house.call(SONNET, 8000, "growth", answering(10))
    voided = house.call(SONNET, 500, "search", failing("BedrockRuntime.ThrottlingException"))
    overrun = house.call(OPUS, 100, "research", answering(30_000))
    refused = house.call(OPUS, 8000, "research", answering(10))
    unused = house.call(OPUS, 8000, "research", answering(10), application="unused")
    # More running calls than one shard holds, so that it splits.
    running = [
        house.call(SONNET, 500, "support", failing("States.Timeout"))
        for _ in range(PENDING_MAX + 2)
    ]
    projected = house.project()
    house.clock.advance(seconds=600)
    expired = house.expire()
    house.project()
    house.clock.time += timedelta(days=40)
    tidied = house.expire()
    called_back = house.call(SONNET, 500, "research", answering(10), application="unused")

    # What was asked for did happen, or the calls below would prove nothing.
    assert allowed.output["sentry"]["status"] == "SETTLED"
    assert rerouted.output["sentry"]["decision"] == "REROUTE"
    assert json.loads(voided.cause)["sentry"]["status"] == "VOIDED"
    assert overrun.output["sentry"]["overrun"] is True
    assert refused.output["sentry"]["code"] == "BUDGET_EXHAUSTED"
    assert {call.error for call in running} == {"States.Timeout"}
    assert projected == {"batchItemFailures": []}
    assert expired["expired"] == len(running)
    assert tidied["tidied"] > 0
    assert unused.output["sentry"]["code"] == "BUDGET_EXHAUSTED"
    assert called_back.output["sentry"]["status"] == "SETTLED"
    to_rest = ("expire_reservations", "dynamodb:DeleteItem", "ACCOUNTS")
    assert to_rest in {(f, a, *k) for f, a, k in house.recorder.calls}
    functions = {function for function, _, _ in house.recorder.calls}
    assert functions == {
        "admit_request",
        "settle_reservation",
        "void_reservation",
        "note_fault",
        "expire_reservations",
        "project_entries",
    }
    assert denied(house, dev) == set()


def denied(house, dev):
    permissions = dev.permissions()
    return {
        (function, action, *keys)
        for function, action, keys in house.recorder.calls
        if not allows(
            permissions, role=f"<Functions/{pascal(function)}/Role>", action=action, keys=keys
        )
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "more",
    [{}, {"NEARLY_SPENT_SHARE": 4, "NEARLY_SPENT_CALLS_MIN": 1}],
    ids=["small", "counted as large"],
)
def test_neither_does_one_while_a_crowded_budget_runs_out(house, dev, more):
    """Pools stand between it and most shards, and what they have is looked for everywhere."""
    sizes = {"PENDING_MAX": 1, "DEEP_FACTOR": 1, "DIRECT_PLACES_MAX": 1, "POOLS": 3}
    with small_sizes({**sizes, **more}):
        codes = [
            house.call(
                SONNET,
                8_000,
                "growth",
                answering((7_900, 7_900, 60)[n % 3]),
                application=f"app-{n}",
            ).output["sentry"]["code"]
            for n in range(15)
        ]
        house.expire()

    queried = {(f, *k) for f, action, k in house.recorder.calls if action == "dynamodb:Query"}
    assert "BUDGET_EXHAUSTED" in codes
    looked = {f for f, action, _ in house.recorder.calls if action == "dynamodb:BatchGetItem"}
    assert ("admit_request" in looked) == bool(more)
    assert more or "settle_reservation" in looked, "a call behind a pool cost too much"
    assert ("admit_request", "BUDGET#growth-daily") in queried
    assert denied(house, dev) == set()


@pytest.mark.slow
def test_the_alert_of_a_crossed_threshold_may_be_recorded_and_sent(house, dev):
    for _ in range(3):
        house.call(OPUS, 8000, "research", answering(7_900))
    done = house.project()

    sent = {(a, *k) for f, a, k in house.recorder.calls if f == "project_entries"}
    assert done == {"batchItemFailures": []}
    assert ("dynamodb:DeleteItem", "ALERTS") in sent
    permissions = dev.permissions()
    for function, action, keys in house.recorder.calls:
        assert allows(
            permissions, role=f"<Functions/{pascal(function)}/Role>", action=action, keys=keys
        ), (function, action, keys)


@pytest.mark.slow
def test_neither_does_one_in_an_outage_nor_when_its_calls_are_booked(house, dev):
    house.expire()
    house.recorder.table_is_silent = True
    paid = house.call(SONNET, 500, "search", answering(400))
    voided = house.call(SONNET, 500, "search", failing("BedrockRuntime.ThrottlingException"))
    none_left = house.call(SONNET, 500, "search", answering(400))
    house.new_environments()
    unknown = house.call(SONNET, 500, "search", answering(400))
    house.recorder.table_is_silent = False
    house.new_environments()
    house.expire()
    house.clock.time += timedelta(days=1)
    house.expire()

    assert paid.output["sentry"]["code"] == "EMERGENCY_ALLOWANCE"
    assert paid.output["sentry"]["status"] == "SETTLED"
    assert json.loads(voided.cause)["sentry"]["status"] == "VOIDED"
    for refused in (none_left, unknown):
        assert refused.output["sentry"]["code"] == "LEDGER_UNAVAILABLE"
        assert "calls of today is left" in refused.output["sentry"]["message"]
    objects = house.recorder.accesses
    assert objects("admit_request", "s3") >= {
        ("GetObject", "config"),
        ("GetObject", "slots"),
        ("ListBucket", "claims"),
        ("ListBucket", "ids"),
        ("PutObject", "claims"),
        ("PutObject", "ids"),
    }
    assert objects("settle_reservation", "s3") == {("PutObject", "outcomes")}
    assert objects("void_reservation", "s3") == {("PutObject", "outcomes")}
    assert objects("expire_reservations", "s3") >= {
        ("DeleteObject", "slots"),
        ("GetObject", "outcomes"),
        ("PutObject", "config"),
    }
    assert denied(house, dev) == set()


@pytest.mark.slow
def test_neither_does_one_that_watches_models_and_tries_calls_again(house, dev):
    for _ in range(10):
        house.call(SONNET, 500, "search", answering(400))
    house.project()
    outcomes = iter([failing("BedrockRuntime.ThrottlingException"), answering(10)])
    tried_again = house.call(SONNET, 500, "search", lambda given: call(next(outcomes), given))
    house.project()
    repeated = house.repeat()
    for _ in range(2):
        house.call(SONNET, 500, "search", failing("BedrockRuntime.ModelErrorException"))
    for _ in range(12):
        house.call(OPUS, 100, "research", failing("BedrockRuntime.ThrottlingException"))
    house.project()
    house.clock.advance(seconds=2)
    refused = house.call(OPUS, 100, "research", answering(10))
    house.clock.advance(seconds=60)
    probed = house.call(OPUS, 100, "research", answering(10))
    house.project()
    house.clock.advance(seconds=2)
    closed = house.call(OPUS, 100, "research", answering(10))

    assert tried_again.output["sentry"]["attempts"] == 2
    assert tried_again.output["sentry"]["code"] == "REROUTED_TO_RETRY"
    assert repeated.output["sentry"]["replayed"] is True
    assert repeated.output["sentry"]["status"] == "SETTLED"
    assert repeated.output["sentry"]["attempts"] == 2
    assert refused.output["sentry"]["code"] == "CIRCUIT_OPEN"
    assert probed.output["sentry"]["modelUsed"] == closed.output["sentry"]["modelUsed"] == OPUS
    assert denied(house, dev) == set()


@pytest.mark.slow
def test_neither_does_one_that_takes_agents_into_the_tree_of_their_run(house, dev):
    config = bootstrap.config_source().current()
    capped = budget(
        "fan-out", 1, scope={"team": "support"}, unit=Unit.CHILDREN, window=WindowKind.SESSION
    )
    house.put_in_force(replace(config, budgets=(*config.budgets, capped)))
    run = f"{int(house.clock.time.timestamp() * 1000):012x}"
    session = {"id": f"{run[:8]}-{run[8:]}-7000-8000-000000000001"}

    answers = [
        house.call(SONNET, 500, "support", answering(10), session={**session, "path": [name]})
        for name in ("planner", "planner", "searcher")
    ]

    codes = [one.output["sentry"]["code"] for one in answers]
    assert codes == ["WITHIN_BUDGETS", "WITHIN_BUDGETS", "BUDGET_EXHAUSTED"]
    assert any("RUN#" in key for _, _, keys in house.recorder.calls for key in keys)
    assert denied(house, dev) == set()


def call(bedrock, arguments):
    return bedrock(arguments)
