"""The unmodified, pinned CDK command line against the local cloud, as against an account."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from cost_sentry_local.cloud import LocalCloud, running_cloud
from cost_sentry_local.layout import PROJECT

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("programs")]

PINNED = json.loads((PROJECT / "package.json").read_text())["devDependencies"]["aws-cdk"]


@pytest.fixture(scope="module")
def empty_cloud():
    """A cloud of its own: `cdk bootstrap` must find nothing there."""
    with running_cloud() as cloud:
        yield cloud


def cdk(cloud: LocalCloud, *arguments: str) -> str:
    """What the command line says; run as the README says, from the project's root."""
    node = PROJECT / ".venv" / "node"
    environment = os.environ | cloud.environment()
    environment["PATH"] = os.pathsep.join([str(node), os.environ["PATH"]])
    done = subprocess.run(  # noqa: S603 - the pinned command line
        ["npx", "cdk", *arguments],  # noqa: S607
        cwd=PROJECT,
        env=environment | {"CI": "true"},
        check=False,
        capture_output=True,
        text=True,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def test_bootstrap_and_deploy_work_and_a_second_deploy_changes_nothing(
    empty_cloud: LocalCloud, tmp_path: Path
):
    written = str(tmp_path / "cdk.out")

    assert cdk(empty_cloud, "--version").startswith(PINNED)
    cdk(empty_cloud, "bootstrap", "aws://123456789012/us-east-1", "--output", written)
    cdk(empty_cloud, "deploy", "--require-approval", "never", "--output", written)
    # From what the first one synthesized, so that only the deployment is compared.
    again = cdk(empty_cloud, "deploy", "--require-approval", "never", "--app", written)

    assert "(no changes)" in again, again
    stack = empty_cloud.client("cloudformation").describe_stacks(StackName="CostSentry-dev")
    outputs = {row["OutputKey"]: row["OutputValue"] for row in stack["Stacks"][0]["Outputs"]}
    assert outputs["GuardedInvocationArnPrefix"] + "search" in empty_cloud.state_machines.values()
