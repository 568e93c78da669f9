"""An endpoint with two components, of which one cannot be woken, or was deleted by its owner."""

from datetime import UTC, datetime, timedelta
from unittest.mock import MagicMock

import pytest

from cost_sentry.adapters.endpoint_scaling import EndpointScaling
from cost_sentry.adapters.sagemaker_components import SageMakerComponents
from cost_sentry.adapters.sagemaker_endpoints import SageMakerEndpoints
from cost_sentry.application.endpoint_ports import (
    EndpointDenied,
    EndpointFault,
    EndpointHalfDone,
    EndpointRefused,
)
from cost_sentry.domain.endpoint import MAY_SLEEP_TAG, YES, Activity
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry_local.sagemaker.faults import Fault
from tests.fakes.sleep_world import DOLLAR, RULES, SleepWorld, bodies, state
from tests.unit.local.sagemaker_kit import StandIn, running_stand_in

GIVE_UP_RUNS = RULES.give_up_after // timedelta(minutes=5)
COPIES = "UpdateInferenceComponentRuntimeConfig"


class Quiet:
    """``EndpointFigures`` of endpoints that nobody calls."""

    def activities(self, endpoints, since, now):
        quiet = Activity(heard_since=since, heard_until=now, last_call_at=None, in_flight=0)
        return {one.name: quiet for one in endpoints}

    def called_in_vain(self, *_):
        return set()

    def served(self, *_):
        return 0


class House:
    """The sentry over the stand-in, by one clock."""

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in, self.world = stand_in, SleepWorld()
        stand_in.of_components("chat", copies=2)
        stand_in.sagemaker.create_inference_component(
            InferenceComponentName="ic2",
            EndpointName="chat",
            VariantName="main",
            Specification={"Container": {"Image": "image:1"}},
            RuntimeConfig={"CopyCount": 1},
        )
        self.arn = stand_in.sagemaker.describe_endpoint(EndpointName="chat")["EndpointArn"]
        tags = [{"Key": MAY_SLEEP_TAG, "Value": YES}, {"Key": "team", "Value": "search"}]
        stand_in.sagemaker.add_tags(ResourceArn=self.arn, Tags=tags)
        stand_in.wait(3 * 3600)
        self.world.clock.time = datetime.fromtimestamp(stand_in.time, UTC)
        self.world.set_limit(self.world.limit)
        tagging = MagicMock()
        rows = {"ResourceTagMappingList": [{"ResourceARN": self.arn}]}
        tagging.get_paginator.return_value.paginate.return_value = [rows]
        scaling = EndpointScaling(stand_in.scaling, MagicMock())
        endpoints = SageMakerEndpoints(stand_in.sagemaker, stand_in.runtime, tagging, scaling)
        self.ports = {"endpoints": endpoints, "figures": Quiet()}
        self.run(2)
        assert state(self.world) is SleepState.ASLEEP

    def run(self, times: int = 1):
        for _ in range(times):
            self.stand_in.wait(300)
            self.world.clock.time += timedelta(minutes=5)
            report = self.world.run(**self.ports)
        return report

    def wake(self):
        return self.world.wake("chat", **self.ports)

    def refuse(self, code: str, times: int = 10**6, name: str = "ic2") -> None:
        fault = Fault(operation=COPIES, code=code, name=name, times=times)
        self.stand_in.world.faults.add(fault)

    def copies(self) -> dict[str, int]:
        parts = self.stand_in.sagemaker.list_inference_components()["InferenceComponents"]
        names = [one["InferenceComponentName"] for one in parts]
        ask = self.stand_in.sagemaker.describe_inference_component
        told = {name: ask(InferenceComponentName=name) for name in names}
        return {name: one["RuntimeConfig"]["CurrentCopyCount"] for name, one in told.items()}

    def delete(self, name: str) -> None:
        self.stand_in.sagemaker.delete_inference_component(InferenceComponentName=name)
        self.stand_in.wait(10)

    def charged(self) -> int:
        ended = [one.resolution for one in self.world.ledger.entries if one.resolution]
        return sum(one.cost_picodollars for one in ended)


@pytest.fixture
def house():
    with running_stand_in() as stand_in:
        yield House(stand_in)


@pytest.mark.parametrize("code", ["ResourceLimitExceeded", "AccessDeniedException"])
def test_a_component_that_is_refused_for_good_ends_with_all_asleep_and_charged(house, code):
    house.refuse(code)
    house.wake()
    house.run()
    assert (house.copies(), state(house.world)) == ({"ic": 2, "ic2": 0}, SleepState.RESTORING)

    house.run(GIVE_UP_RUNS - 1)
    house.stand_in.wait(10)

    assert (house.copies(), state(house.world)) == ({"ic": 0, "ic2": 0}, SleepState.ASLEEP)
    house.run()
    two_g5_for_an_hour = int(2 * 1.408 * DOLLAR)
    assert house.charged() >= two_g5_for_an_hour


def test_a_component_that_is_refused_once_is_woken_by_the_next_run_and_paid_for(house):
    house.refuse("ResourceLimitExceeded", times=1)
    house.wake()
    house.run(3)

    assert (house.copies(), state(house.world)) == ({"ic": 2, "ic2": 1}, SleepState.CLOSED)
    assert house.charged() > 0
    assert bodies(house.world, "woke")


@pytest.mark.parametrize("victim", ["ic", "ic2"])
def test_a_component_that_its_owner_deleted_keeps_the_others_from_nothing_and_is_told(
    house, victim
):
    house.delete(victim)
    house.run()
    house.wake()

    report = house.run(3)

    assert (state(house.world), report.problems) == (SleepState.CLOSED, [])
    assert victim not in house.copies()
    assert all(house.copies().values())
    assert house.charged() > 0
    assert f"these are gone: {victim}" in bodies(house.world, "gone")[0].replace("\n", " ")


@pytest.mark.parametrize("victim", ["ic", "ic2"])
def test_a_component_that_its_owner_deletes_while_it_wakes_is_left_out(house, victim):
    house.stand_in.world.durations.updating = 400
    house.wake()
    house.delete(victim)

    report = house.run(4)

    assert (state(house.world), report.problems) == (SleepState.CLOSED, [])
    assert all(house.copies().values())


def test_an_endpoint_without_any_of_its_components_ends_the_sleep_and_is_told(house):
    house.delete("ic")
    house.delete("ic2")

    house.wake()

    assert state(house.world) is SleepState.CLOSED
    assert "made it otherwise" in bodies(house.world, "closed")[0].replace("\n          ", " ")
    assert house.charged() == 0


@pytest.mark.parametrize("name", ["ic", "ic2"])
def test_whichever_is_refused_the_other_is_woken_and_the_wake_is_charged(house, name):
    house.refuse("ResourceLimitExceeded", name=name)
    house.wake()
    assert house.world.records.kept["chat"].has_begun

    house.run()
    assert [one for one, copies in house.copies().items() if copies] == [*({"ic", "ic2"} - {name})]


def test_one_that_is_stuck_when_its_wake_is_ended_is_the_only_one_that_runs_on(house):
    house.wake()
    house.stand_in.wait(10)
    house.stand_in.world.durations.updating = 10**6
    house.stand_in.copies(3, "ic")
    house.stand_in.world.durations.updating = 1
    house.run(GIVE_UP_RUNS)
    house.stand_in.wait(10)

    assert house.copies()["ic2"] == 0
    assert state(house.world) is SleepState.RESTORING
    (told,) = (body.replace("\n          ", " ") for body in bodies(house.world, "hangs"))
    assert "ic: ValidationException: Cannot update in-progress" in told


REFUSED, DENIED, LOST = "ResourceLimitExceeded", "AccessDeniedException", "InternalFailure"


@pytest.mark.parametrize(
    ("codes", "raised"),
    [
        ((REFUSED, None), EndpointHalfDone),
        ((None, REFUSED), EndpointHalfDone),
        ((REFUSED, DENIED), EndpointRefused),
        ((DENIED, REFUSED), EndpointDenied),
        ((REFUSED, LOST), EndpointHalfDone),
        ((LOST, REFUSED), EndpointFault),
    ],
)
def test_whatever_may_have_been_taken_is_no_plain_refusal(house, codes, raised):
    for name, code in zip(("ic", "ic2"), codes, strict=True):
        if code is not None:
            house.refuse(code, name=name)
    parts = SageMakerComponents(house.stand_in.sagemaker)

    with pytest.raises(EndpointFault) as told:
        parts.set_copies({"ic": 2, "ic2": 1})

    assert type(told.value) is raised
    assert str(told.value).startswith("ic: " if codes[0] else "ic2: ")
