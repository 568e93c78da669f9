"""Bedrock is asked for the model behind a profile once, and never by the hundred."""

import contextlib
from datetime import timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from cost_sentry.adapters.bedrock_profiles import (
    ASKED_MAX,
    REMEMBERED_MAX,
    UNKNOWN_FOR,
    BedrockProfiles,
)
from cost_sentry.application.usage_ports import ProfilesUnavailable
from tests.fakes.answering_client import refused
from tests.fakes.builders import ManualClock

NOVA = "amazon.nova-lite-v1:0"
PROFILE = "abc123def456"
MINUTE = timedelta(minutes=1)
FOUND = {"models": [{"modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{NOVA}"}]}


class Bedrock:
    def __init__(self):
        self.asked, self.answer = [], FOUND

    def get_inference_profile(self, *, inferenceProfileIdentifier):  # noqa: N803 - boto3's name
        self.asked.append(inferenceProfileIdentifier)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class World:
    def __init__(self):
        self.bedrock, self.clock = Bedrock(), ManualClock()
        self.profiles = BedrockProfiles(lambda: self.bedrock, self.clock, "us-east-1")


@pytest.fixture
def world():
    return World()


def test_a_profile_is_asked_for_once(world):
    for _ in range(3):
        assert world.profiles.model_behind(PROFILE) == NOVA
        world.clock.time += timedelta(days=1)

    assert world.bedrock.asked == [PROFILE]


@pytest.mark.parametrize(
    "answer",
    [
        refused("ResourceNotFoundException"),
        refused("ValidationException"),
        refused("AccessDeniedException"),
        {"models": []},
        {},
    ],
)
def test_what_is_no_profile_is_none_and_asked_for_again_after_an_hour(world, answer):
    world.bedrock.answer = answer
    seen = []
    for _ in range(3):
        seen.append(world.profiles.model_behind(PROFILE))
        world.clock.time += UNKNOWN_FOR / 2
    world.bedrock.answer = FOUND
    world.clock.time += UNKNOWN_FOR / 2
    seen.append(world.profiles.model_behind(PROFILE))

    assert seen == [None, None, None, NOVA]
    assert len(world.bedrock.asked) == 3


@pytest.mark.parametrize(
    "fault", [refused("ThrottlingException"), ReadTimeoutError(endpoint_url="x")]
)
def test_after_a_fault_nobody_is_asked_for_a_minute(world, fault):
    world.bedrock.answer = fault
    for name in (PROFILE, "another12345", PROFILE):
        with pytest.raises(ProfilesUnavailable):
            world.profiles.model_behind(name)
    asked = len(world.bedrock.asked)
    world.bedrock.answer = FOUND
    world.clock.time += MINUTE

    assert asked == 1
    assert world.profiles.model_behind(PROFILE) == NOVA


def test_so_many_are_asked_for_within_a_minute_and_the_others_in_the_next(world):
    names = [f"profile{number:05}" for number in range(2 * ASKED_MAX)]
    answered = 0
    for _ in range(2):
        for name in names:
            with contextlib.suppress(ProfilesUnavailable):
                answered += world.profiles.model_behind(name) == NOVA
        world.clock.time += MINUTE

    assert len(world.bedrock.asked) == 2 * ASKED_MAX
    assert sorted(world.bedrock.asked) == names
    assert answered == 3 * ASKED_MAX


def test_only_so_many_are_remembered(world):
    for number in range(REMEMBERED_MAX + 1):
        world.profiles.model_behind(f"p{number:011}")
        world.clock.time += MINUTE
    asked = len(world.bedrock.asked)

    world.profiles.model_behind("p00000000000")

    assert asked == REMEMBERED_MAX + 1
    assert len(world.bedrock.asked) == asked + 1
