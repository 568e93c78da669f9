"""Endpoints of the SageMaker stand-in, put to sleep and woken by the deployed functions."""

import json

import pytest
from botocore.exceptions import ClientError

from cost_sentry.adapters.dynamodb_sleeps import DynamoDbSleeps
from cost_sentry.domain.endpoint_rules import EndpointRules
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.money import picodollars
from cost_sentry_client.endpoint_operations import EndpointDesk
from cost_sentry_client.operations import Operator
from cost_sentry_client.target import local_target
from cost_sentry_local import sagemaker_control
from cost_sentry_local.idle_endpoints import make_of_components, make_plain, stand_idle, status_of
from tests.e2e.cloud_kit import unique, until
from tests.e2e.sentry_kit import DeployedSentry, usd

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]

MAY_SLEEP = {"cost-sentry:scale-to-zero": "yes", "team": "search"}
HOURLY = picodollars("1.408")
"""Of one ml.g5.xlarge, by the list."""


class House:
    """The deployment, and what its tests make in it."""

    def __init__(self, sentry: DeployedSentry) -> None:
        self.sentry, self.cloud = sentry, sentry.cloud
        self.sagemaker = sentry.cloud.client("sagemaker")
        self.records = DynamoDbSleeps(sentry.calls)

    def plain(self, tags=MAY_SLEEP):
        return self.idle(make_plain(self.cloud, unique("plain"), tags))

    def of_components(self):
        return self.idle(make_of_components(self.cloud, unique("components"), MAY_SLEEP))

    def idle(self, made):
        stand_idle(self.cloud, [made], 60)
        return made.name

    def component(self, name):
        return self.sagemaker.describe_inference_component(InferenceComponentName=f"{name}-ic")

    def status(self, name):
        return status_of(self.cloud, name)

    def run(self, output, **event):
        answer = self.cloud.client("lambda").invoke(
            FunctionName=self.sentry.outputs[f"{output}FunctionName"], Payload=json.dumps(event)
        )
        told = json.load(answer["Payload"])
        assert "FunctionError" not in answer, told
        return told

    def scheduled(self):
        return self.run("ScaleEndpoints")

    def reaches(self, name, state):
        def is_there():
            record = self.records.read(name)
            if record and record.state is state:
                return record
            self.scheduled()
            return None

        return until(is_there, seconds=60)

    def call(self, name, **more):
        answer = self.cloud.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=name, ContentType="application/json", Body=b"{}", **more
        )
        return json.load(answer["Body"])


@pytest.fixture
def budget():
    return usd(unique("endpoints"), 10**13, scope={"team": "search"})


@pytest.fixture
def house(local_cloud, deployed, budget):
    sentry = DeployedSentry(local_cloud, deployed)
    rules = EndpointRules(idle_minutes=15, up_minutes_min=5)
    sentry.configure(budget, endpoints=rules)
    sagemaker_control.set_durations(local_cloud, creating=1, updating=1, deleting=1)
    yield House(sentry)
    sagemaker_control.forget_everything(local_cloud)
    sentry.configure(budget)


def test_a_plain_endpoint_is_deleted_and_woken_as_it_was_with_money_from_its_budget(house, budget):
    name = house.plain()
    before = house.sagemaker.describe_endpoint_config(EndpointConfigName=name)

    first = house.scheduled()
    house.reaches(name, SleepState.ASLEEP)
    gone = house.status(name)
    desk = EndpointDesk(Operator(local_target(house.cloud, "dev")))
    told = [desk.wake(name)]
    until(lambda: told.append(desk.wake(name)) or told[-1]["state"] == "AWAKE")

    assert first["slept"] == [name]
    assert gone is None
    assert told[0]["state"] == "WAKING"
    assert house.call(name)["generated_text"]
    described = house.sagemaker.describe_endpoint(EndpointName=name)
    tags = house.sagemaker.list_tags(ResourceArn=described["EndpointArn"])["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == MAY_SLEEP
    after = house.sagemaker.describe_endpoint_config(EndpointConfigName=name)
    assert after["ProductionVariants"] == before["ProductionVariants"]
    record = house.reaches(name, SleepState.CLOSED)
    assert house.sentry.balance(budget).posted == -(-HOURLY * 5 // 60)
    spans = sagemaker_control.instances(house.cloud)
    before_it, after_it = (span for span in spans if span["endpoint"] == name)
    assert 0 < record.total.seconds <= after_it["from"] - before_it["until"]


def test_components_fall_to_no_copies_and_wake_when_they_are_called_in_vain(house):
    name = house.of_components()
    component = f"{name}-ic"

    house.scheduled()
    house.reaches(name, SleepState.ASLEEP)
    asleep = house.component(name)["RuntimeConfig"]["CurrentCopyCount"]
    alarm = f"cost-sentry-wake-{component}"
    watched = house.cloud.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    (target,) = targets(house, component)
    with pytest.raises(ClientError, match="no capacity"):
        house.call(name, InferenceComponentName=component)
    record = house.reaches(name, SleepState.CLOSED)

    assert asleep == 0
    assert len(watched) == 1
    assert target["MinCapacity"] == 0
    assert record.total.restores == 1
    assert house.call(name, InferenceComponentName=component)["generated_text"]
    assert [one["MinCapacity"] for one in targets(house, component)] == [1]
    alarms = house.cloud.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    assert alarms == []


def test_an_endpoint_that_may_not_be_deleted_stays_and_keeps_no_other_awake(house):
    names = [house.plain(), house.plain()]
    untagged = house.plain(tags={"team": "search"})
    sagemaker_control.set_endpoint_fault(
        house.cloud, "DeleteEndpoint", "AccessDeniedException", name=names[0]
    )

    house.scheduled()
    house.reaches(names[1], SleepState.ASLEEP)
    kept = house.records.read(names[0])

    assert kept.state is SleepState.ABANDONED
    assert "AccessDeniedException" in kept.reason
    assert [house.status(name) for name in (names[0], untagged)] == ["InService", "InService"]


def test_a_wake_that_ends_as_failed_is_charged_and_tried_again_later(house, budget):
    name = house.plain()
    house.scheduled()
    house.reaches(name, SleepState.ASLEEP)
    sagemaker_control.set_endpoint_fault(house.cloud, "CreateEndpoint", "Failed", name=name)

    house.run("WakeEndpoint", endpoint=name)
    until(lambda: house.run("WakeEndpoint", endpoint=name)["state"] == "ASLEEP", seconds=30)
    until(lambda: house.status(name) is None)
    house.scheduled()

    record = house.records.read(name)
    assert record.failures == 1
    assert house.sentry.balance(budget).posted == -(-HOURLY * 5 // 60)


def targets(house, component):
    told = house.cloud.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[f"inference-component/{component}"]
    )
    return told["ScalableTargets"]
