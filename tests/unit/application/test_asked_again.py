"""Between the decision to put an endpoint to sleep and the deed all is asked again."""

import pytest

from cost_sentry.application.endpoint_ports import EndpointThrottled
from cost_sentry.application.wake_endpoint import WakeState
from cost_sentry.domain.endpoint import EndpointKind
from cost_sentry.domain.endpoint_sleep import SleepState
from tests.fakes.sleep_world import SleepWorld, state

KINDS = list(EndpointKind)


@pytest.fixture(params=KINDS)
def throttled(request) -> SleepWorld:
    """Its order to sleep was refused, once."""
    world = SleepWorld()
    world.sagemaker.make("chat", request.param)
    world.sagemaker.refuses["put_to_sleep", "chat"] = EndpointThrottled("Rate exceeded")
    world.run()
    assert state(world) is SleepState.FALLING_ASLEEP
    world.sagemaker.refuses.clear()
    return world


def test_an_order_that_comes_late_cuts_no_call(throttled):
    for _ in range(20):
        throttled.clock.advance(minutes=1)
        throttled.sagemaker.call("chat", seconds=240)

    throttled.run()

    assert state(throttled) is SleepState.ABANDONED
    assert "calls in flight" in throttled.records.kept["chat"].reason
    assert throttled.sagemaker.deeds == []
    assert throttled.sagemaker.real["chat"].scaling


def test_an_order_that_comes_late_takes_nothing_from_who_asked_for_it_meanwhile(throttled):
    throttled.clock.advance(minutes=5)

    answer = throttled.wake("chat")

    assert answer.state is WakeState.AWAKE
    assert state(throttled) is SleepState.ABANDONED
    assert throttled.sagemaker.deeds == []


def test_an_order_that_comes_late_is_given_where_nobody_called_meanwhile(throttled):
    throttled.pass_minutes(10)

    assert state(throttled) is SleepState.ASLEEP
