"""Shared by the files of this room: a deployment with a slot per test, the stand-in, DynamoDB."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cost_sentry_local import stand_in_control
from cost_sentry_local.local_cloud import LocalCloud
from cost_sentry_local.ports import LOOPBACK
from cost_sentry_local.stand_in.front_door import BedrockServer
from tests.e2e.sentry_kit import DeployedSentry, Slot, slot_budgets


@pytest.fixture(scope="module")
def shared(local_cloud, deployed):
    sentry = DeployedSentry(local_cloud, deployed)
    budgets = slot_budgets()
    sentry.configure(*budgets)
    return sentry, iter(budgets)


@pytest.fixture
def slot(shared):
    sentry, budgets = shared
    sentry.clear_faults()
    return Slot(sentry=sentry, budget=next(budgets))


@pytest.fixture(scope="module")
def stand_in() -> Iterator[LocalCloud]:
    """Only the stand-in, in this process; there is no AWS beside it."""
    server = BedrockServer(0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://{LOOPBACK}:{server.server_port}"
    yield LocalCloud(
        endpoint=endpoint,
        bedrock_endpoint=endpoint,
        sagemaker_endpoint=endpoint,
        process_group=0,
        state_directory=Path(),
    )
    server.shutdown()
    server.server_close()


@pytest.fixture
def bedrock(stand_in: LocalCloud):
    stand_in_control.clear_faults(stand_in)
    stand_in_control.forget_calls(stand_in)
    return stand_in.client("bedrock-runtime")


@pytest.fixture
def dynamodb(local_cloud: LocalCloud):
    return local_cloud.client("dynamodb")
