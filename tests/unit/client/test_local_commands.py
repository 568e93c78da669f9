"""`cost-sentry local`: how its faults are told. What it starts is tried in tests/e2e."""

import pytest

from cost_sentry_client import local_deployment, target
from cost_sentry_client.commands import local as local_commands
from cost_sentry_local import cloud
from cost_sentry_local.deploy import DeploymentFailed
from cost_sentry_local.local_cloud import LocalCloud
from cost_sentry_local.synthesize import SynthesisFailed
from tests.unit.client.conftest import cost_sentry


@pytest.fixture
def stopped(monkeypatch):
    monkeypatch.setattr(cloud, "status", lambda **_: None)


def test_status_of_a_stopped_cloud_is_exit_code_1(stopped):
    told, document = cost_sentry("local", "status"), cost_sentry("local", "status", "--json")

    assert (told.code, document.code) == (1, 1)
    assert document.json == {"running": False}
    assert "cost-sentry local up" in told.stdout


def test_ending_a_stopped_cloud_is_no_failure(monkeypatch):
    monkeypatch.setattr(cloud, "down", lambda **_: False)

    ended = cost_sentry("local", "down", "--json")

    assert (ended.code, ended.json) == (0, {"stopped": False})


def test_a_cloud_that_does_not_start_says_why(monkeypatch):
    def fail(_port, **_):
        raise cloud.CloudNotStarted("port 80 is taken")

    monkeypatch.setattr(cloud, "up", fail)

    ended = cost_sentry("local", "up", "--port", "80", "--json")

    assert (ended.code, ended.json["error"]["what"]) == (3, "port 80 is taken")


@pytest.mark.parametrize("error", [SynthesisFailed("app.py failed"), DeploymentFailed("no role")])
def test_an_app_that_does_not_deploy_says_why(monkeypatch, tmp_path, error):
    running = LocalCloud(
        endpoint="http://127.0.0.1:9",
        bedrock_endpoint="http://127.0.0.1:9",
        sagemaker_endpoint="http://127.0.0.1:9",
        process_group=1,
        state_directory=tmp_path,
    )

    def fail(**_):
        raise error

    monkeypatch.setattr(cloud, "up", lambda _port, **_: running)
    monkeypatch.setattr(local_deployment, "synthesize", fail)

    ended = cost_sentry("local", "up", "--json")

    assert (ended.code, ended.json["error"]["what"]) == (3, str(error))


def test_without_the_local_clouds_packages_there_is_no_local_cloud(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cost_sentry_local", None)

    assert target.running_local_cloud() is None


def test_a_shell_that_was_logged_in_somewhere_talks_to_the_local_cloud_only(monkeypatch, tmp_path):
    running = LocalCloud(
        endpoint="http://127.0.0.1:9",
        bedrock_endpoint="http://127.0.0.1:9",
        sagemaker_endpoint="http://127.0.0.1:9",
        process_group=1,
        state_directory=tmp_path,
    )
    facts = {"environment": running.environment()}
    outputs = {"GuardedInvocationArnPrefix": "arn:aws:states:machine_"}
    monkeypatch.setattr(cloud, "up", lambda _port, **_: running)
    monkeypatch.setattr(local_deployment, "deploy_local", lambda *_: outputs)
    monkeypatch.setattr(local_commands, "_configure", lambda *_: "nothing to apply")
    monkeypatch.setattr(local_commands, "_facts", lambda *_: facts)

    told = cost_sentry("local", "up").stdout.splitlines()

    assert told[0] == "unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN"
    assert "export COST_SENTRY_WORKFLOWS=arn:aws:states:machine_" in told
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:9" in told
    assert all(line.startswith(("export ", "unset ")) for line in told)


@pytest.mark.parametrize("port", ["0", "99999"])
def test_a_port_that_is_none_is_wrong_usage(port):
    assert cost_sentry("local", "up", "--port", port).code == 2
