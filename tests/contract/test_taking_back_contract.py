"""What becomes of a wake that is taken back: SageMaker's stand-in by the real adapter, the fake."""

from unittest.mock import MagicMock

import pytest

from cost_sentry.adapters.endpoint_scaling import EndpointScaling
from cost_sentry.adapters.sagemaker_endpoints import SageMakerEndpoints
from cost_sentry.application.endpoint_ports import EndpointBusy, EndpointHalfDone
from cost_sentry.domain.endpoint import EndpointKind, EndpointState
from cost_sentry_local.sagemaker.faults import ENDS_FAILED, Fault
from tests.fakes.builders import ManualClock
from tests.fakes.sleeping_endpoints import SageMaker
from tests.unit.local.sagemaker_kit import running_stand_in

PLAIN, COMPONENTS = EndpointKind.PLAIN, EndpointKind.COMPONENTS
WAKES = {PLAIN: "CreateEndpoint", COMPONENTS: "UpdateInferenceComponentRuntimeConfig"}
WAKE_SECONDS = 600


class Fake:
    def __init__(self, kind: EndpointKind) -> None:
        self.clock = ManualClock()
        self.endpoints = SageMaker(self.clock)
        self.endpoints.seconds = lambda _name, verb: 1 if verb == "sleep" else WAKE_SECONDS
        self.endpoints.make("chat", kind)

    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)

    def fail_next(self) -> None:
        self.endpoints.fails = lambda _name: True

    def wake_with_one_stuck(self) -> None:
        self.endpoints.stuck.add("chat")
        self.endpoints.restore(self.snapshot)


class Real:
    def __init__(self, kind: EndpointKind, stand_in) -> None:
        self.kind, self.stand_in = kind, stand_in
        if kind is PLAIN:
            stand_in.plain("chat")
        else:
            stand_in.of_components("chat")
            stand_in.sagemaker.create_inference_component(
                InferenceComponentName="other",
                EndpointName="chat",
                VariantName="main",
                Specification={"Container": {"Image": "image:1"}},
                RuntimeConfig={"CopyCount": 1},
            )
            stand_in.wait(10)
        scaling = EndpointScaling(stand_in.scaling, MagicMock())
        self.endpoints = SageMakerEndpoints(
            stand_in.sagemaker, stand_in.runtime, MagicMock(), scaling
        )

    def wait(self, seconds: int) -> None:
        self.stand_in.wait(seconds)

    def fail_next(self) -> None:
        self.stand_in.world.faults.add(Fault(operation=WAKES[self.kind], code=ENDS_FAILED))

    def wake_with_one_stuck(self) -> None:
        """The one that is ordered first, by name; the other has come up."""
        durations = self.stand_in.world.durations
        durations.updating = 1.0
        self.stand_in.copies(1, "other")
        durations.updating = float(WAKE_SECONDS)
        self.endpoints.restore(self.snapshot)
        durations.updating = 1.0
        self.wait(5)


@pytest.fixture(params=[PLAIN, COMPONENTS], ids=lambda kind: kind.value)
def kind(request):
    return request.param


@pytest.fixture(params=["fake", "stand-in"])
def world(request, kind):
    """An endpoint that sleeps; its wake will take ten minutes."""
    with running_stand_in() as stand_in:
        made = Fake(kind) if request.param == "fake" else Real(kind, stand_in)
        made.snapshot = made.endpoints.snapshot("chat")
        made.endpoints.put_to_sleep(made.snapshot)
        made.wait(10)
        assert is_asleep(made)
        durations = stand_in.world.durations
        durations.creating = durations.updating = float(WAKE_SECONDS)
        yield made


def is_asleep(world) -> bool:
    seen = world.endpoints.look("chat")
    return seen is None or seen.state is EndpointState.ASLEEP


def wake(world) -> None:
    world.endpoints.restore(world.snapshot)


def falls_asleep(world) -> bool:
    """Whether it is on the way, takes no second order amiss, and arrives."""
    world.endpoints.take_back(world.snapshot)
    if not is_asleep(world):
        assert world.endpoints.look("chat").state is EndpointState.CHANGING
    world.wait(WAKE_SECONDS)
    return is_asleep(world)


def test_what_sleeps_is_not_taken_back(world):
    world.endpoints.take_back(world.snapshot)

    assert is_asleep(world)


def test_what_is_on_the_way_is_busy_and_goes_on(world):
    wake(world)
    for _ in range(2):
        with pytest.raises(EndpointBusy):
            world.endpoints.take_back(world.snapshot)

    world.wait(WAKE_SECONDS)
    assert world.endpoints.look("chat").state is EndpointState.IN_SERVICE


def test_what_is_in_service_is_taken_back(world):
    wake(world)
    world.wait(WAKE_SECONDS)
    world.endpoints.take_back(world.snapshot)

    assert falls_asleep(world)


def test_what_has_failed_is_taken_back(world):
    world.fail_next()
    wake(world)
    world.wait(WAKE_SECONDS)
    assert world.endpoints.look("chat").state is EndpointState.FAILED
    world.endpoints.take_back(world.snapshot)

    assert falls_asleep(world)


@pytest.mark.parametrize("kind", [COMPONENTS], ids=["components"], indirect=True)
def test_a_component_that_is_stuck_keeps_none_of_the_others_awake(world):
    world.wake_with_one_stuck()
    with pytest.raises(EndpointHalfDone):
        world.endpoints.take_back(world.snapshot)

    world.wait(10)
    assert not world.endpoints.likeness(world.snapshot).is_whole
    assert world.endpoints.look("chat").state is EndpointState.CHANGING
    with pytest.raises(EndpointBusy):
        world.endpoints.take_back(world.snapshot)

    world.wait(WAKE_SECONDS)
    assert falls_asleep(world)
