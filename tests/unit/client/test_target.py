"""Which deployment is meant: one rule, and a question where it leaves two."""

from pathlib import Path

import pytest

from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.problems import Problem
from cost_sentry_client.target import TargetName, TargetOptions, choose, open_target
from cost_sentry_local.local_cloud import LocalCloud

CLOUD = LocalCloud(
    endpoint="http://127.0.0.1:41234",
    bedrock_endpoint="http://127.0.0.1:41235",
    sagemaker_endpoint="http://127.0.0.1:41236",
    process_group=1,
    state_directory=Path("state"),
)
LOCAL, AWS = TargetName.LOCAL, TargetName.AWS
KEYS = {"AWS_ACCESS_KEY_ID": "AKIA"}
ENDPOINT = {"AWS_ENDPOINT_URL": "http://127.0.0.1:41234"}


def said(**options) -> TargetOptions:
    return TargetOptions(**{"stage": "dev", **options})


@pytest.mark.parametrize(
    ("options", "environ", "cloud_runs", "expected"),
    [
        (said(target=LOCAL), {**KEYS, **ENDPOINT}, True, LOCAL),
        (said(target=AWS), {}, True, AWS),
        (said(target=AWS, profile="p", region="eu-west-1"), {}, True, AWS),
        (said(profile="p"), {}, True, AWS),
        (said(region="eu-west-1"), {}, True, AWS),
        (said(), ENDPOINT, True, AWS),
        (said(), {**KEYS, **ENDPOINT}, True, AWS),
        (said(), {}, True, LOCAL),
        (said(), {}, False, AWS),
        (said(), KEYS, False, AWS),
    ],
)
def test_the_rule_gives_one_target(options, environ, cloud_runs, expected):
    assert choose(options, environ, cloud_runs=cloud_runs) is expected


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_ACCESS_KEY_ID"])
def test_a_running_local_cloud_and_aws_credentials_are_asked_about(variable):
    with pytest.raises(Problem) as problem:
        choose(said(), {variable: "x"}, cloud_runs=True)

    assert problem.value.exit_code is ExitCode.USAGE
    assert variable in problem.value.where
    assert "--target local or --target aws" in problem.value.fix


@pytest.mark.parametrize("belongs_to_aws", [{"profile": "p"}, {"region": "eu-west-1"}])
def test_account_options_do_not_go_with_the_local_cloud(belongs_to_aws):
    with pytest.raises(Problem) as problem:
        choose(said(target=LOCAL, **belongs_to_aws), {}, cloud_runs=True)

    assert problem.value.exit_code is ExitCode.USAGE


def test_the_local_target_talks_to_its_own_endpoint_whatever_the_environment_says(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    target = open_target(said(target=LOCAL, stage="prod"), {}, lambda: CLOUD)

    client = target.session.client("dynamodb", endpoint_url=target.endpoint_url)
    assert client.meta.endpoint_url == CLOUD.endpoint
    assert target.text == "local cloud at http://127.0.0.1:41234, stage prod"


def test_the_local_target_without_a_cloud_says_how_to_start_one():
    with pytest.raises(Problem) as problem:
        open_target(said(target=LOCAL), {}, lambda: None)

    assert "cost-sentry local up" in problem.value.fix


def test_an_account_is_shown_with_its_region_and_an_endpoint_of_the_environment():
    plain = open_target(said(target=AWS, region="eu-west-1"), {}, lambda: CLOUD)
    at_endpoint = open_target(said(region="us-east-1"), ENDPOINT, lambda: CLOUD)

    assert plain.text == "AWS, eu-west-1, stage dev"
    assert at_endpoint.text == ("http://127.0.0.1:41234 (AWS_ENDPOINT_URL), us-east-1, stage dev")


def test_an_account_without_a_region_is_a_usage_error():
    with pytest.raises(Problem) as problem:
        open_target(said(target=AWS), {}, lambda: None)

    assert problem.value.exit_code is ExitCode.USAGE
    assert "--region" in problem.value.fix


def test_the_local_cloud_is_not_looked_for_where_aws_is_meant():
    def fail():
        raise AssertionError

    open_target(said(region="eu-west-1"), {}, fail)
