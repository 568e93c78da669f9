"""A model that is an endpoint which sleeps, on the deployed sentry: rerouted, woken, waited for."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cost_sentry.adapters.dynamodb_sleeps import DynamoDbSleeps
from cost_sentry.domain.endpoint import Endpoint, EndpointKind, EndpointState, Snapshot
from cost_sentry.domain.endpoint_model import EndpointModel, WhileAsleep
from cost_sentry.domain.endpoint_rules import EndpointRules
from cost_sentry.domain.endpoint_sleep import SleepState, first_sleep, released
from cost_sentry.domain.instance_price import Fleet
from cost_sentry.domain.sentry_config import Model
from tests.e2e.cloud_kit import unique
from tests.e2e.sentry_kit import NOVA_LITE, DeployedSentry, prompt, usd

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]

OWN = "sagemaker.own"
WAKE_SECONDS_MAX = 20


@pytest.fixture(scope="module")
def sentry(local_cloud, deployed):
    return DeployedSentry(local_cloud, deployed)


def put_to_sleep(sentry, **changes):
    """An endpoint that fell asleep an hour ago, and is the model in force; its name."""
    name, then = unique("own"), datetime.now(tz=UTC).replace(microsecond=0) - timedelta(hours=1)
    seen = Endpoint(
        name=name,
        kind=EndpointKind.PLAIN,
        state=EndpointState.IN_SERVICE,
        tags={},
        made_at=then,
        fleets=(Fleet(instance_type="ml.nobody.knows", count=1),),  # so no wake is ever paid for
    )
    record = released(first_sleep(Snapshot(endpoint=seen, content="{}"), None, then))
    asleep = replace(record, state=SleepState.ASLEEP, slept_at=then)
    assert DynamoDbSleeps(sentry.calls).put(asleep, None)
    rates = {"input": 300_000, "output": 1_200_000, "context_tokens": 8_192}
    endpoint = EndpointModel(name=name, output_tokens_max=1_024, **rates, **changes)
    ladder = (NOVA_LITE,) if endpoint.asleep is WhileAsleep.REROUTE else ()
    models = {
        OWN: Model(id=OWN, ladder=ladder, endpoint=endpoint),
        NOVA_LITE: Model(id=NOVA_LITE),
    }
    sentry.configure(usd(unique("all"), 10**13), models=models, endpoints=EndpointRules())
    return name


def is_wanted(sentry, name):
    """Whether the wake was ordered: who orders it leaves a word beside the record."""
    until = time.monotonic() + WAKE_SECONDS_MAX
    while time.monotonic() < until:
        record = DynamoDbSleeps(sentry.calls).read(name)
        if record is not None and record.wanted_at is not None:
            return True
        time.sleep(0.2)
    return False


def test_a_sleeper_is_rerouted_around_and_the_function_that_wakes_it_hears_of_it(sentry):
    name = put_to_sleep(sentry)

    told = sentry.invoke(prompt(modelId=OWN))["sentry"]

    assert (told["code"], told["modelUsed"]) == ("REROUTED_WHILE_ASLEEP", NOVA_LITE)
    assert told["status"] == "SETTLED"
    assert is_wanted(sentry, name)


def test_who_waits_in_vain_is_told_when_to_come_again_after_the_time_that_was_given(sentry):
    put_to_sleep(sentry, asleep=WhileAsleep.WAIT, wait_seconds_max=4)
    began = time.monotonic()

    told = sentry.invoke(prompt(modelId=OWN))["sentry"]

    assert time.monotonic() - began >= 3
    assert (told["decision"], told["code"]) == ("REJECT", "ENDPOINT_ASLEEP")
    assert told["retryAfterSeconds"] >= 30
