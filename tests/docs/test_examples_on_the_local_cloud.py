"""The examples run as they are printed, against the deployed template."""

import os
import shutil
import subprocess
import sys

import pytest

from cost_sentry_client.operations import Operator
from tests.docs.answers_shown import EXAMPLES
from tests.tidy.tree import ROOT

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("programs")]


@pytest.fixture
def environment(cloud_environment: dict[str, str], newly_deployed: dict[str, str]):
    from cost_sentry_client.config_file import load_config  # noqa: PLC0415
    from cost_sentry_client.target import open_target  # noqa: PLC0415
    from cost_sentry_client.target_options import TargetOptions  # noqa: PLC0415

    variables = {**os.environ, **cloud_environment}
    target = open_target(TargetOptions(stage="dev"), variables, lambda: None)
    Operator(target).apply(load_config(EXAMPLES / "sentry.yaml").config)
    return {**variables, "COST_SENTRY_WORKFLOWS": newly_deployed["GuardedInvocationArnPrefix"]}


def run(name: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    program = ["bash"] if name.endswith(".sh") else [sys.executable]
    return subprocess.run(  # noqa: S603 - our own examples
        [*program, str(EXAMPLES / name)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_plain_boto3_gets_an_answer_and_the_second_time_no_second_bill(environment) -> None:
    first = run("invoke_with_boto3.py", environment)
    second = run("invoke_with_boto3.py", environment)

    assert first.returncode == 0, first.stderr
    text, cost = first.stdout.splitlines()[0], first.stdout.splitlines()[-1]
    assert text
    assert cost.startswith("us.anthropic.claude-haiku-4-5-20251001-v1:0 cost 0.")
    assert second.stdout.splitlines() == [cost]


def test_the_drop_in_client_gets_an_answer(environment) -> None:
    done = run("invoke_with_client.py", environment)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith("reserved")


@pytest.mark.skipif(shutil.which("aws") is None, reason="the AWS command line is not installed")
def test_the_aws_command_line_gets_an_answer(environment) -> None:
    done = run("invoke_with_cli.sh", environment)

    assert done.returncode == 0, done.stderr
    assert '"decision":"ALLOW"' in done.stdout.replace(" ", "")
