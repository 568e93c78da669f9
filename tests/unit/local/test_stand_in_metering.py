"""The stand-in meters calls as Bedrock does, as late as it is told."""

import pytest

from cost_sentry_local.stand_in.call_log import Call, CallLog
from cost_sentry_local.stand_in.metering import Metering
from cost_sentry_local.stand_in.usage import TokenUsage

NOVA = "us.amazon.nova-lite-v1:0"
USED = TokenUsage(input=3, output=4, cache_read=5, cache_write=6)


def call(outcome="end_turn", operation="Converse", usage=USED):
    return Call(
        model=NOVA, operation=operation, outcome=outcome, billed=True, usage=usage, metadata={}
    )


class World:
    def __init__(self):
        self.time, self.published, self.down = 1_000.0, [], False
        self.metering = Metering(self._publish, lambda: self.time)
        self.log = CallLog()
        self.log.listener = self.metering.saw

    def _publish(self, data):
        if self.down:
            raise ConnectionError("no CloudWatch")
        self.published += data

    def counts(self):
        return {datum["MetricName"]: datum["Value"] for datum in self.published}


@pytest.fixture
def world():
    return World()


def test_a_call_is_metered_by_model_with_all_its_tokens(world):
    world.log.add(call())
    world.metering.publish_due()

    assert world.counts() == {
        "Invocations": 1,
        "InputTokenCount": 3,
        "OutputTokenCount": 4,
        "CacheReadInputTokens": 5,
        "CacheWriteInputTokens": 6,
    }
    assert {d["Dimensions"][0]["Value"] for d in world.published} == {NOVA}
    assert {d["Timestamp"].timestamp() for d in world.published} == {1_000.0}


@pytest.mark.parametrize(
    ("outcome", "metric"),
    [
        ("ThrottlingException", "InvocationThrottles"),
        ("InternalServerException", "InvocationServerErrors"),
        ("ValidationException", "InvocationClientErrors"),
    ],
)
def test_an_error_is_metered_as_one_and_uses_nothing(world, outcome, metric):
    world.log.add(call(outcome))
    world.metering.publish_due()

    assert world.counts() == {metric: 1}


def test_counting_tokens_is_not_metered(world):
    world.log.add(call("ok", "CountTokens"))

    assert world.metering.publish_due() == 0


def test_a_metric_is_published_once_and_not_before_its_lag_is_over(world):
    world.metering.set_lag(90)
    world.log.add(call())
    early = world.metering.publish_due()
    world.time += 90

    assert early == 0
    assert world.metering.publish_due() == 5
    assert world.metering.publish_due() == 0
    assert {d["Timestamp"].timestamp() for d in world.published} == {1_000.0}


def test_what_cloudwatch_did_not_take_is_published_when_it_does(world):
    world.log.add(call())
    world.down = True
    with pytest.raises(ConnectionError):
        world.metering.publish_due()
    world.down = False

    assert world.metering.publish_due() == 5


@pytest.mark.parametrize("seconds", [-1, float("nan"), 86_401])
def test_a_lag_is_a_number_of_seconds(world, seconds):
    with pytest.raises(ValueError, match="allowed are seconds"):
        world.metering.set_lag(seconds)
