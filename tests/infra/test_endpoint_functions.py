"""The functions of endpoints, run as deployed: what they do, and what their roles allow."""

import json
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import boto3
import pytest

from cost_sentry import bootstrap
from cost_sentry.adapters.dynamodb_sleeps import DynamoDbSleeps
from cost_sentry.adapters.endpoint_figures import CloudWatchFigures
from cost_sentry.adapters.sagemaker_endpoints import SageMakerEndpoints
from cost_sentry.adapters.sagemaker_jobs import SageMakerJobs
from cost_sentry.application.endpoint_ports import EndpointDenied
from cost_sentry.application.guard_jobs import GUARD_SECONDS_MAX
from cost_sentry.application.running_jobs import LIST_SECONDS_MAX, LOOK_SECONDS_MAX
from cost_sentry.application.scale_endpoints import RUN_SECONDS_MAX
from cost_sentry.domain.endpoint import MAY_SLEEP_TAG, YES, Activity
from cost_sentry.domain.endpoint_rules import EndpointRules, JobRules
from cost_sentry.domain.endpoint_sleep import CLAIM
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.job_guard import JobKind
from cost_sentry.domain.money import picodollars
from cost_sentry.handlers import scale_endpoints, wake_endpoint
from infra.function_set import ENDPOINT_SECONDS_MAX
from tests.infra.test_iam_least_privilege import SNAPSHOT
from tests.infra.test_permissions_suffice import denied

PRICES = {"ml.m4.xlarge": picodollars("0.20")}
CONTEXT = SimpleNamespace(function_name="f", aws_request_id="1")
ROLE = "arn:aws:iam::123456789012:role/r"


@pytest.fixture
def sleepy(house, monkeypatch):
    """Search's endpoint chat, idle for hours; moto knows neither its metrics nor its tags."""
    config = bootstrap.config_source().current()
    rules = EndpointRules(instance_prices=PRICES, jobs=JobRules())
    house.put_in_force(replace(config, endpoints=rules))
    sagemaker = boto3.client("sagemaker", region_name="us-east-1")
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "x"})
    variant = {
        "VariantName": "main",
        "ModelName": "m",
        "InstanceType": "ml.m4.xlarge",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    tags = [{"Key": MAY_SLEEP_TAG, "Value": YES}, {"Key": "team", "Value": "search"}]
    sagemaker.create_endpoint(EndpointName="chat", EndpointConfigName="c", Tags=tags)
    monkeypatch.setattr(SageMakerEndpoints, "named", lambda _: ["chat"])
    monkeypatch.setattr(CloudWatchFigures, "activities", lambda _, them, *__: idle(them, house))
    house.clock.time += timedelta(hours=2)
    return house


def idle(endpoints, house):
    since, now = house.clock.time - timedelta(hours=2), house.clock.time
    quiet = Activity(heard_since=since, heard_until=now, last_call_at=None, in_flight=0)
    return {one.name: quiet for one in endpoints}


def run(house, name, handler, event):
    with house.recorder.as_function(name):
        return handler(event, CONTEXT)


@pytest.mark.slow
def test_an_endpoint_sleeps_and_wakes_by_the_deployed_functions_and_their_roles(sleepy, dev):
    first = run(sleepy, "scale_endpoints", scale_endpoints.handler, {})
    second = run(sleepy, "scale_endpoints", scale_endpoints.handler, {})
    asked = run(sleepy, "wake_endpoint", wake_endpoint.handler, {"endpoint": "chat"})
    again = run(sleepy, "wake_endpoint", wake_endpoint.handler, {"endpoint": "chat"})

    assert (first["slept"], first["problems"], second["problems"]) == (["chat"], [], [])
    assert asked["state"] == again["state"] == "AWAKE"
    assert denied(sleepy, dev) == set()
    functions = {function for function, _, _ in sleepy.recorder.calls}
    assert functions == {"scale_endpoints", "wake_endpoint"}
    json.dumps([first, asked])


@pytest.mark.slow
def test_where_nobody_asked_for_it_a_run_reads_the_configuration_and_whether_one_sleeps(house, dev):
    house.put_in_force(replace(bootstrap.config_source().current(), endpoints=None))
    house.new_environments()
    done = run(house, "scale_endpoints", scale_endpoints.handler, {})
    told = run(house, "wake_endpoint", wake_endpoint.handler, {"endpoint": "chat"})

    assert done == {"slept": [], "woken": [], "stopped": [], "problems": []}
    assert (told["state"], told["reason"]) == ("UNKNOWN", "sentry.yaml says nothing of endpoints")
    read = [keys for _, _, keys in house.recorder.calls if keys != frozenset({"CONFIG"})]
    assert read == [frozenset({"ENDPOINTS"})] * 2, "one read by each"


@pytest.mark.slow
def test_what_sleeps_is_woken_although_sentry_yaml_says_nothing_of_endpoints_any_more(
    sleepy, dev, monkeypatch
):
    monkeypatch.setattr(SageMakerEndpoints, "listed", lambda _: {})
    for _ in range(2):
        run(sleepy, "scale_endpoints", scale_endpoints.handler, {})
    config = bootstrap.config_source().current()
    sleepy.put_in_force(replace(config, endpoints=None))
    sleepy.new_environments()

    later = run(sleepy, "scale_endpoints", scale_endpoints.handler, {})
    asked = run(sleepy, "wake_endpoint", wake_endpoint.handler, {"endpoint": "chat"})

    assert (later["slept"], later["woken"], later["problems"]) == ([], [], [])
    assert asked["state"] == "AWAKE", "by the price that it fell asleep with"
    assert denied(sleepy, dev) == set()


@pytest.mark.slow
def test_problems_are_counted_by_kind_and_nothing_is_where_there_are_none(
    sleepy, monkeypatch, capsys
):
    run(sleepy, "scale_endpoints", scale_endpoints.handler, {})
    assert "EndpointProblems" not in capsys.readouterr().out

    def denied_look(*_):
        raise EndpointDenied("AccessDenied")

    monkeypatch.setattr(SageMakerEndpoints, "named", lambda _: ["other"])
    monkeypatch.setattr(SageMakerEndpoints, "look", denied_look)
    done = run(sleepy, "scale_endpoints", scale_endpoints.handler, {})

    told = capsys.readouterr().out.replace(" ", "")
    assert "other: AccessDenied" in done["problems"]
    for metric in ('"EndpointProblems":[2.0]', '"EndpointsDenied":[2.0]'):
        assert metric in told, "chat, which falls asleep, is the other one"


@pytest.mark.slow
def test_a_wake_that_is_denied_to_who_asks_counts_where_the_alarm_looks(
    sleepy, monkeypatch, capsys
):
    def denied_restore(*_):
        raise EndpointDenied("chat: AccessDenied")

    for _ in range(2):
        run(sleepy, "scale_endpoints", scale_endpoints.handler, {})
    monkeypatch.setattr(SageMakerEndpoints, "restore", denied_restore)
    capsys.readouterr()

    asked = run(sleepy, "wake_endpoint", wake_endpoint.handler, {"endpoint": "chat"})

    told = capsys.readouterr().out.replace(" ", "")
    assert asked["state"] == "ASLEEP"
    for part in ('"EndpointProblems":[1.0]', '"EndpointsDenied":[1.0]'):
        assert part in told
    assert '"service":"scale_endpoints"' in told


@pytest.mark.slow
def test_jobs_have_their_turn_also_where_endpoints_cannot_be_looked_after(sleepy, monkeypatch):
    asked = []
    monkeypatch.setattr(SageMakerJobs, "running", lambda _, kind: asked.append(kind) or iter(()))

    def broken(_):
        raise LedgerUnavailable("gone")

    monkeypatch.setattr(DynamoDbSleeps, "all", broken)
    with pytest.raises(LedgerUnavailable):
        run(sleepy, "scale_endpoints", scale_endpoints.handler, {})

    assert set(asked) == set(JobKind)


def statements(template, action):
    """Resources and conditions of every statement that allows an action."""
    policies = [
        resource["Properties"]["PolicyDocument"]["Statement"]
        for resource in template.of_type("AWS::IAM::Policy").values()
    ]
    found = []
    for statement in (one for policy in policies for one in policy):
        actions = statement["Action"]
        if action in ([actions] if isinstance(actions, str) else actions):
            found.append((json.dumps(statement["Resource"]), statement.get("Condition")))
    return found


def test_only_an_endpoint_that_carries_the_tag_may_be_deleted_or_made(dev):
    tagged = {"StringEquals": {f"aws:ResourceTag/{MAY_SLEEP_TAG}": YES}}
    asked = {"StringEquals": {f"aws:RequestTag/{MAY_SLEEP_TAG}": YES}}

    ((deleted, condition),) = statements(dev, "sagemaker:DeleteEndpoint")
    made = [one for one in statements(dev, "sagemaker:CreateEndpoint") if "endpoint/*" in one[0]]

    assert ("endpoint/*" in deleted, condition) == (True, tagged)
    assert [condition for _, condition in made] == [asked]


def test_who_may_delete_an_endpoint_may_deregister_its_variants_and_nothing_else(dev):
    """AWS, "Delete endpoints configured for auto scaling": the deletion is denied without it."""
    ((_, condition),) = statements(dev, "application-autoscaling:DeregisterScalableTarget")

    assert condition == {
        "StringEquals": {
            "application-autoscaling:service-namespace": "sagemaker",
            "application-autoscaling:scalable-dimension": "sagemaker:variant:DesiredInstanceCount",
        }
    }
    rights = SNAPSHOT.read_text()
    deleting, deregistering = (
        {line.partition(":")[0] for line in rights.splitlines() if f": {action} on " in line}
        for action in (
            "sagemaker:DeleteEndpoint",
            "application-autoscaling:DeregisterScalableTarget",
        )
    )
    assert deleting == deregistering != set()


def test_only_a_job_that_carries_a_limit_may_be_stopped(dev):
    conditions = [condition for _, condition in statements(dev, "sagemaker:StopTrainingJob")]

    assert conditions == [
        {"Null": {"aws:ResourceTag/cost-sentry:max-hours": "false"}},
        {"Null": {"aws:ResourceTag/cost-sentry:max-usd": "false"}},
    ]


def test_a_sleeper_that_is_called_once_in_a_minute_starts_its_wake(dev):
    rules = dev.of_type("AWS::Events::Rule").values()
    patterns = [one["Properties"].get("EventPattern") for one in rules]

    assert {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {
            "alarmName": [{"prefix": "cost-sentry-wake-"}],
            "state": {"value": ["ALARM"]},
        },
    } in patterns


def test_a_function_that_works_on_endpoints_ends_before_its_claims_do():
    assert timedelta(seconds=ENDPOINT_SECONDS_MAX) < CLAIM


def test_jobs_have_their_time_after_endpoints_before_the_function_ends():
    assert LIST_SECONDS_MAX < LOOK_SECONDS_MAX < GUARD_SECONDS_MAX
    assert RUN_SECONDS_MAX + GUARD_SECONDS_MAX < ENDPOINT_SECONDS_MAX
