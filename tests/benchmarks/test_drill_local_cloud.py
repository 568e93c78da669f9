"""The drill on the local cloud in small: what it reports is what happened, and a mistake shows.

Where the deployed functions would have to wait for minutes, their own clock is set ahead instead.
"""

from datetime import UTC, datetime
from random import Random
from time import sleep

import pytest

from benchmarks.drill.local_anomalies import Anomalies
from benchmarks.drill.local_approvals import Approvals
from benchmarks.drill.local_bypass import Bypass
from benchmarks.drill.local_cloud import CONFIG, CONNECTIONS
from benchmarks.drill.local_endpoints import Endpoints
from benchmarks.drill.local_order_desk import OVER
from benchmarks.drill.local_plan import Plan
from cost_sentry.application.approval_answers import ApprovalCode
from cost_sentry_client.config_file.load import load_config
from cost_sentry_client.operations import Operator
from cost_sentry_client.target import local_target
from cost_sentry_local.demo.deployment import STAGE, Stage
from cost_sentry_local.demo.replay import replay_on
from cost_sentry_local.deploy import deploy
from tests.e2e.code_kit import CLOCK, ahead, changed_code, replaced
from tests.fakes.approval_expectation import Expectation

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]

SMALL = Plan(
    calls_past=60,
    own_calls=6,
    lags_seconds=(0, 2, 4),
    throttled=4,
    booked_within_seconds=20,
    endpoints=8,
    callers=2,
    runaways=1,
)


PUBLISHED_AFTER_SECONDS = 5
"""The stand-in tells CloudWatch every other second."""


@pytest.fixture(scope="module")
def stage(local_cloud, assembly):
    local_cloud.reset()
    outputs = deploy(local_cloud, assembly)
    operator, config = Operator(local_target(local_cloud, STAGE)), load_config(CONFIG).config
    operator.apply(config)
    yield Stage(cloud=local_cloud, operator=operator, outputs=outputs, config=config)
    local_cloud.reset()
    deploy(local_cloud, assembly)


def test_every_runaway_is_found_stopped_told_and_lifted(stage):
    """The first: a past is given to a deployment in which nobody has called yet."""
    anomalies = Anomalies(stage, replay_on(stage, CONNECTIONS), SMALL)
    anomalies.begin()
    later = (anomalies.run_away() - datetime.now(UTC)).total_seconds()

    with changed_code(stage, "DetectAnomalies", {CLOCK: ahead(later)}):
        figures = anomalies.finish(datetime.now(UTC))

    for name in ("planted", "detected", "acted_on", "lifted"):
        assert figures[name] == SMALL.runaways, name
    assert figures["mails"] == 2 * SMALL.runaways
    assert figures["incidents_that_nobody_planted"] == 0
    assert figures["mean_seconds_to_action"] <= figures["worst_seconds_to_action"] < 120


def bypassed(stage, **mistake):
    """Minutes of the drill, which the function believes to have passed."""
    bypass = Bypass(stage, replay_on(stage, CONNECTIONS), SMALL, Random(3))
    with changed_code(stage, "UsageReconciliation", {CLOCK: ahead(-60)}):
        bypass.begin()
    later = (bypass.call() - datetime.now(UTC)).total_seconds()
    # A function keeps the names of metrics that it has listed for five minutes.
    sleep(max(SMALL.lags_seconds) + PUBLISHED_AFTER_SECONDS)
    with changed_code(stage, "UsageReconciliation", {CLOCK: ahead(later), **mistake}):
        return bypass.finish(datetime.now(UTC))


def test_every_call_past_the_deployed_gate_is_booked_once(stage):
    figures = bypassed(stage)

    assert figures["calls"] == SMALL.calls_past - SMALL.throttled
    assert figures["booked"] == figures["calls"]
    assert figures["own_calls"] == SMALL.own_calls
    for name in ("drift", "own_calls_that_failed", "booked_by_further_runs"):
        assert figures[name] == 0, name


def test_a_deployed_function_that_books_too_little_would_show(stage):
    mistake = replaced("for intent in cursor.intents]", "for intent in cursor.intents[1:]]")
    path = "cost_sentry/application/usage_reconciliation.py"

    figures = bypassed(stage, **{path: mistake})

    assert figures["booked"] < figures["calls"]
    assert figures["drift"] > 0


def test_no_call_of_a_sleeper_is_lost_and_only_a_budget_refuses_one(stage):
    endpoints = Endpoints(stage, SMALL)
    endpoints.begin()

    figures = endpoints.finish()

    assert figures["count"] == SMALL.endpoints
    assert figures["fell_asleep"] == SMALL.endpoints - 1
    assert figures["calls"] == SMALL.endpoints * SMALL.callers
    assert figures["calls_lost"] == 0
    assert figures["calls_refused_for_their_wake_was_not_paid"] == SMALL.callers
    assert figures["calls_by_the_model_that_stands_in"] == 2 * SMALL.callers
    assert figures["calls_by_the_endpoint"] == (SMALL.endpoints - 3) * SMALL.callers
    assert figures["wakes_refused_by_budget"] == 2
    assert figures["restores"] == figures["restores_verified"] == SMALL.endpoints - 4
    assert 0 < figures["gpu_seconds_that_the_sentry_tells"] <= figures["gpu_seconds_saved"]


class Wrong(Expectation):
    def after(self, event):
        told = super().after(event)
        return ApprovalCode.NOT_ALLOWED if event == "deny" else told


def test_every_order_passes_that_is_as_expected_and_no_other(stage):
    """Of these, one is expected to be answered as nobody answers it."""
    wanted = [("ask", event) for event in ("approve", "limit changes", OVER)]

    figures = Approvals(stage, Wrong).run([*wanted, ("ask", "deny")])

    assert figures == {"orders": len(wanted) + 1, "passed": len(wanted)}
