"""An outage of the ledger's table, from the calls set aside to the last picodollar booked."""

import json

import pytest
from typer.testing import CliRunner

from cost_sentry.domain.emergency import EmergencyAllowance
from cost_sentry.domain.money import picodollars
from cost_sentry_client.command_line import app
from cost_sentry_local.function_changes import out_of_reach
from tests.e2e.cloud_kit import unique, until
from tests.e2e.sentry_kit import NOVA_PRO, DeployedSentry, prompt, usd

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]


@pytest.fixture
def sentry(local_cloud, deployed):
    return DeployedSentry(local_cloud, deployed)


def swept(sentry):
    """The scheduled run, now; true, once it has come to its end."""
    name = sentry.outputs["ExpireReservationsFunctionName"]
    ran = sentry.cloud.client("lambda").invoke(FunctionName=name)
    assert "FunctionError" not in ran, ran["Payload"].read()
    return True


def explained(request_id):
    result = CliRunner().invoke(app, ["explain", request_id, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["explanations"]


def alarming(sentry):
    """What the alarm on calls of an outage adds up."""
    metrics = sentry.cloud.client("cloudwatch").list_metrics(
        Namespace="CostSentry", MetricName="EmergencyCalls"
    )["Metrics"]
    return [{d["Name"]: d["Value"] for d in metric["Dimensions"]} for metric in metrics]


def test_a_call_goes_on_while_the_table_is_gone_and_is_booked_when_it_is_back(
    sentry, cloud_environment
):
    scope = {"team": "search", "application": unique("outage")}
    budget = usd("outage-daily", 10**12, scope=scope)
    one = EmergencyAllowance(
        id=unique("one"),
        scope=scope,
        model_id=NOVA_PRO,
        calls_per_day=1,
        input_tokens_max=2_000,
        output_tokens_max=100,
    )
    sentry.apply(budget, emergency_allowances=(one,))
    until(lambda: swept(sentry) and sentry.balance(budget).pending)

    with (
        out_of_reach(sentry.cloud, "DYNAMODB", "admit_request"),
        out_of_reach(sentry.cloud, "DYNAMODB", "settle_reservation"),
    ):
        answer = sentry.invoke(prompt(tags=scope, requestId=unique("call")))
    told, aside = answer["sentry"], sentry.balance(budget)
    swept(sentry)
    after = sentry.balance(budget)

    assert answer["output"]["message"]["role"] == "assistant"
    assert (told["decision"], told["code"]) == ("ALLOW", "EMERGENCY_ALLOWANCE")
    assert (told["status"], told["costEstimated"]) == ("SETTLED", False)
    assert (aside.posted, after.pending) == (0, 0)
    assert after.posted == picodollars(told["costUsd"]) > 0
    assert {"service": "admit_request"} in alarming(sentry)
    (story,) = until(lambda: explained(told["requestId"]))
    assert (story["decision"], story["code"]) == ("ALLOW", "EMERGENCY_ALLOWANCE")
    assert picodollars(story["costUsd"]) == after.posted
