"""Fixtures of every room: no AWS account is ever near; servers start once per worker."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from hypothesis import HealthCheck, settings

from cost_sentry_local.cloud import LocalCloud, running_cloud
from cost_sentry_local.deploy import deploy
from cost_sentry_local.dynoxide import Dynoxide, running_dynoxide, why_not_here
from cost_sentry_local.synthesize import synthesize

# Before anything makes a client: whoever runs the tests may be logged in somewhere.
for _name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[_name]
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
# Each session would read the services' models from disk again: a third of many a test's time.
botocore.session.create_loader = cache(botocore.session.create_loader)

# The same examples in every run, so that nobody's change is blamed for somebody else's find.
# `pytest --hypothesis-profile=search tests/properties` looks for new ones.
# Machines are shared: how long an example takes to draw or to run says nothing about it.
_UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", _UNTIMED, derandomize=True, database=None)
settings.register_profile("search", _UNTIMED, max_examples=1_000)
settings.load_profile("same")


@pytest.fixture(scope="session")
def assembly() -> Path:
    """The synthesized real app; synthesized again only when its sources changed."""
    return synthesize()


@pytest.fixture(scope="session")
def local_cloud() -> Iterator[LocalCloud]:
    """The local cloud; tests that use it are marked `cloud` and stay on one worker as a group."""
    with running_cloud() as cloud:
        yield cloud


@pytest.fixture(scope="session")
def dynoxide() -> Iterator[Dynoxide]:
    """A second DynamoDB, of another maker; starts in a blink, so every worker has its own.

    Skipped where its program does not exist; where it does, a missing one is an error.
    """
    why = why_not_here()
    if why:
        pytest.skip(why)
    with running_dynoxide() as engine:
        yield engine


@pytest.fixture(scope="session")
def deployed(local_cloud: LocalCloud, assembly: Path) -> dict[str, str]:
    """Outputs of the real stack, deployed once; tests keep apart by their own tags and ids."""
    return deploy(local_cloud, assembly)


@pytest.fixture
def newly_deployed(
    local_cloud: LocalCloud, deployed: dict[str, str], assembly: Path
) -> dict[str, str]:
    """Outputs of the real stack on an empty cloud: no items, mails, faults or calls.

    Names follow from the template, so `deployed` stays true; but a bucket's is new each time.
    """
    local_cloud.reset()
    outputs = deploy(local_cloud, assembly)
    assert outputs == {**deployed, "EmergencyBucketName": outputs["EmergencyBucketName"]}
    return outputs


@pytest.fixture
def cloud_environment(local_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """This process and its children talk to the local cloud, as after `cost-sentry local up`."""
    environment = local_cloud.environment()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment
