"""Endpoints through the real adapter: plain ones against moto, components by what is sent."""

import io
import json
from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import ANY, Stubber
from moto import mock_aws

from cost_sentry.adapters.endpoint_scaling import EndpointScaling
from cost_sentry.adapters.sagemaker_endpoints import SageMakerEndpoints
from cost_sentry.application.endpoint_ports import (
    EndpointBusy,
    EndpointDenied,
    EndpointFault,
    EndpointRefused,
    EndpointThrottled,
)
from cost_sentry.domain.endpoint import EndpointKind, EndpointState, Snapshot
from cost_sentry.domain.instance_price import Fleet
from tests.unit.domain.test_endpoint_plan import endpoint

ROLE = "arn:aws:iam::123456789012:role/r"
MADE = datetime(2026, 11, 21, 8, tzinfo=UTC)
COPIES = "sagemaker:inference-component:DesiredCopyCount"


def client(name: str):
    keys = {"aws_access_key_id": "k", "aws_secret_access_key": "s"}
    return boto3.client(name, region_name="us-east-1", **keys)


class OnMoto:
    def __init__(self) -> None:
        self.sagemaker, self.scaling = client("sagemaker"), client("application-autoscaling")
        self.adapter = SageMakerEndpoints(
            self.sagemaker,
            client("sagemaker-runtime"),
            client("resourcegroupstaggingapi"),
            EndpointScaling(self.scaling, client("cloudwatch")),
        )
        self.sagemaker.create_model(
            ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "x"}
        )
        self.sagemaker.create_endpoint_config(
            EndpointConfigName="c",
            ProductionVariants=[
                {
                    "VariantName": "main",
                    "ModelName": "m",
                    "InstanceType": "ml.m4.xlarge",
                    "InitialInstanceCount": 2,
                }
            ],
        )
        self.make("chat")

    def make(self, name: str) -> None:
        self.sagemaker.create_endpoint(
            EndpointName=name,
            EndpointConfigName="c",
            Tags=[{"Key": "team", "Value": "search"}],
        )
        target = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{name}/variant/main",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }
        self.scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=4)
        self.scaling.put_scaling_policy(
            **target,
            PolicyName="by-load",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 5.0,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                },
            },
        )


@pytest.fixture
def moto():
    with mock_aws():
        yield OnMoto()


def test_a_plain_endpoint_is_seen_with_its_tags_instances_and_variants(moto):
    seen = moto.adapter.look("chat")

    assert (seen.kind, seen.state) == (EndpointKind.PLAIN, EndpointState.IN_SERVICE)
    assert seen.tags == {"team": "search"}
    assert seen.fleets == (Fleet(instance_type="ml.m4.xlarge", count=2),)
    assert (seen.parts, seen.unfit) == (("main",), "")


def test_an_endpoint_that_is_not_there_is_none(moto):
    assert moto.adapter.look("stranger") is None
    with pytest.raises(EndpointBusy):
        moto.adapter.snapshot("stranger")


def test_the_same_endpoint_has_the_same_snapshot_and_a_changed_one_another(moto):
    before = moto.adapter.snapshot("chat")
    assert moto.adapter.snapshot("chat") == before

    moto.scaling.register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId="endpoint/chat/variant/main",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        MinCapacity=2,
        MaxCapacity=4,
    )

    assert moto.adapter.snapshot("chat").digest != before.digest


def test_a_plain_endpoint_is_deleted_and_comes_back_as_it_was(moto):
    snapshot = moto.adapter.snapshot("chat")
    moto.adapter.put_to_sleep(snapshot)
    moto.adapter.put_to_sleep(snapshot)
    assert moto.adapter.look("chat") is None

    moto.adapter.restore(snapshot)
    moto.adapter.restore(snapshot)
    moto.adapter.finish(snapshot)

    assert moto.adapter.snapshot("chat").digest == snapshot.digest
    assert moto.adapter.answers(snapshot, None)


def test_an_endpoint_whose_configuration_was_deleted_meanwhile_comes_back_too(moto):
    snapshot = moto.adapter.snapshot("chat")
    moto.adapter.put_to_sleep(snapshot)
    moto.sagemaker.delete_endpoint_config(EndpointConfigName="c")

    moto.adapter.restore(snapshot)

    assert moto.adapter.snapshot("chat").digest == snapshot.digest


def test_an_endpoint_that_was_made_anew_meanwhile_is_not_deleted(moto):
    snapshot = moto.adapter.snapshot("chat")
    other = Snapshot(endpoint=endpoint("chat", made_at=MADE), content=snapshot.content)

    with pytest.raises(EndpointBusy):
        moto.adapter.put_to_sleep(other)

    assert moto.adapter.look("chat") is not None


# ---- With inference components, of which moto knows nothing


class Stubbed:
    """What is asked, in order, and what is answered."""

    def __init__(self) -> None:
        self.clients = {
            name: client(name)
            for name in (
                "sagemaker",
                "sagemaker-runtime",
                "resourcegroupstaggingapi",
                "application-autoscaling",
                "cloudwatch",
            )
        }
        self.stubs = {name: Stubber(one) for name, one in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()
        sagemaker, runtime, tagging, scaling, cloudwatch = self.clients.values()
        self.adapter = SageMakerEndpoints(
            sagemaker, runtime, tagging, EndpointScaling(scaling, cloudwatch)
        )

    def answer(self, service: str, operation: str, response: dict, expected=None) -> None:
        self.stubs[service].add_response(operation, response, expected)

    def fail(self, operation: str, code: str, words: str = "no") -> None:
        self.stubs["sagemaker"].add_client_error(operation, code, words)

    def describe(self, copies: int = 1, status: str = "InService", desired: int | None = None):
        """An endpoint with one inference component."""
        self.answer("sagemaker", "describe_endpoint", told(status="InService"))
        self.answer("sagemaker", "describe_endpoint_config", CONFIG)
        listed = {"InferenceComponents": [summary("ic")]}
        self.answer("sagemaker", "list_inference_components", listed)
        self.component(copies, status, desired)
        tags = {"Tags": [{"Key": "team", "Value": "search"}]}
        self.answer("sagemaker", "list_tags", tags)

    def component(self, copies: int, status: str = "InService", desired: int | None = None):
        response = {
            "InferenceComponentName": "ic",
            "InferenceComponentArn": "arn:aws:sagemaker:us-east-1:123456789012:x/ic",
            "EndpointName": "chat",
            "EndpointArn": ARN,
            "CreationTime": MADE,
            "LastModifiedTime": MADE,
            "InferenceComponentStatus": status,
            "RuntimeConfig": {
                "DesiredCopyCount": copies if desired is None else desired,
                "CurrentCopyCount": copies,
            },
        }
        self.answer("sagemaker", "describe_inference_component", response)

    def set_copies(self, count: int) -> None:
        expected = {"InferenceComponentName": "ic", "DesiredRuntimeConfig": {"CopyCount": count}}
        response = {"InferenceComponentArn": "arn:aws:sagemaker:us-east-1:123456789012:x/ic"}
        self.answer("sagemaker", "update_inference_component_runtime_config", response, expected)

    def done(self) -> None:
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()


ARN = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/chat"
VARIANT = {
    "VariantName": "main",
    "InstanceType": "ml.g5.xlarge",
    "InitialInstanceCount": 1,
    "ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 2},
}
CONFIG = {
    "EndpointConfigName": "c",
    "EndpointConfigArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/c",
    "ProductionVariants": [VARIANT],
    "CreationTime": MADE,
}
TARGET = {
    "ResourceId": "inference-component/ic",
    "ScalableDimension": COPIES,
    "MinCapacity": 1,
    "MaxCapacity": 3,
}
CONTENT = json.dumps(
    {"config": CONFIG["EndpointConfigName"], "components": {"ic": 2}, "targets": [TARGET]}
    | {"policies": [], "tags": {}}
)
SNAPSHOT = Snapshot(
    endpoint=endpoint("chat", kind=EndpointKind.COMPONENTS, made_at=MADE, parts=("ic",)),
    content=CONTENT,
)


def told(status: str = "InService", **more) -> dict:
    return {
        "EndpointName": "chat",
        "EndpointArn": ARN,
        "EndpointConfigName": "c",
        "EndpointStatus": status,
        "CreationTime": MADE,
        "LastModifiedTime": MADE,
        **more,
    }


def summary(name: str) -> dict:
    return {
        "InferenceComponentName": name,
        "InferenceComponentArn": f"arn:aws:sagemaker:us-east-1:123456789012:x/{name}",
        "CreationTime": MADE,
        "LastModifiedTime": MADE,
        "EndpointName": "chat",
        "EndpointArn": ARN,
        "VariantName": "main",
    }


@pytest.fixture
def stubbed():
    return Stubbed()


@pytest.mark.parametrize(
    ("copies", "desired", "status", "state"),
    [
        (1, 1, "InService", EndpointState.IN_SERVICE),
        (0, 0, "InService", EndpointState.ASLEEP),
        (1, 0, "InService", EndpointState.CHANGING),
        (0, 1, "InService", EndpointState.CHANGING),
        (0, 0, "Updating", EndpointState.CHANGING),
        (0, 1, "Failed", EndpointState.FAILED),
    ],
)
def test_the_state_of_components_is_that_of_their_copies(stubbed, copies, desired, status, state):
    stubbed.describe(copies, status, desired)

    seen = stubbed.adapter.look("chat")

    assert (seen.kind, seen.state) == (EndpointKind.COMPONENTS, state)


def test_components_sleep_with_an_alarm_a_minimum_of_zero_and_no_copies_in_this_order(stubbed):
    stubbed.describe(2)
    stubbed.answer(
        "cloudwatch",
        "put_metric_alarm",
        {},
        {
            "AlarmName": "cost-sentry-wake-ic",
            "AlarmDescription": ANY,
            "Namespace": "AWS/SageMaker",
            "MetricName": "NoCapacityInvocationFailures",
            "Dimensions": [{"Name": "InferenceComponentName", "Value": "ic"}],
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
        },
    )
    lowered = {"ServiceNamespace": "sagemaker", **TARGET, "MinCapacity": 0}
    stubbed.answer("application-autoscaling", "register_scalable_target", {}, lowered)
    stubbed.component(2)
    stubbed.set_copies(0)

    stubbed.adapter.put_to_sleep(SNAPSHOT)

    stubbed.done()


def test_components_wake_with_the_copies_they_had(stubbed):
    stubbed.component(0)
    stubbed.set_copies(2)

    stubbed.adapter.restore(SNAPSHOT)

    stubbed.done()


def test_components_get_their_minimum_back_and_the_alarm_ends(stubbed):
    stubbed.component(3)
    stubbed.answer(
        "application-autoscaling",
        "register_scalable_target",
        {},
        {"ServiceNamespace": "sagemaker", **TARGET},
    )
    names = {"AlarmNames": ["cost-sentry-wake-ic"]}
    stubbed.answer("cloudwatch", "delete_alarms", {}, names)

    stubbed.adapter.finish(SNAPSHOT)

    stubbed.done()


@pytest.mark.parametrize(
    ("variant", "more", "why"),
    [
        ({"ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 1}}, {}, "keeps an"),
        ({"ManagedInstanceScaling": {"Status": "DISABLED"}}, {}, "keeps an instance"),
        ({}, {"AsyncInferenceConfig": {"OutputConfig": {}}}, "it is asynchronous"),
        (
            {},
            {"ShadowProductionVariants": [{"VariantName": "shadow"}]},
            "it has shadow variants",
        ),
        ({"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}}, {}, "serverless"),
        ({}, {"KmsKeyId": "alias/own"}, "has a key of its own"),
    ],
)
def test_what_cannot_sleep_says_why(stubbed, variant, more, why):
    of_config = {name: more.pop(name) for name in ("KmsKeyId",) if name in (more := dict(more))}
    stubbed.answer("sagemaker", "describe_endpoint", told(**more))
    config = {**CONFIG, **of_config, "ProductionVariants": [{**VARIANT, **variant}]}
    stubbed.answer("sagemaker", "describe_endpoint_config", config)
    listed = {"InferenceComponents": [summary("ic")]}
    stubbed.answer("sagemaker", "list_inference_components", listed)
    stubbed.component(1)
    stubbed.answer("sagemaker", "list_tags", {"Tags": []})

    assert why in stubbed.adapter.look("chat").unfit


@pytest.mark.parametrize(
    ("code", "words", "fault"),
    [
        ("AccessDeniedException", "not authorized", EndpointDenied),
        ("ThrottlingException", "Rate exceeded", EndpointThrottled),
        ("ResourceInUse", "busy", EndpointBusy),
        ("ValidationException", "Cannot update in-progress endpoint", EndpointBusy),
        ("ValidationException", "the model is wrong", EndpointRefused),
        ("ResourceLimitExceeded", "quota", EndpointRefused),
        ("InternalFailure", "oops", EndpointFault),
    ],
)
def test_what_goes_wrong_is_named_by_what_may_have_been_done(stubbed, code, words, fault):
    stubbed.fail("describe_endpoint", code, words)

    with pytest.raises(EndpointFault) as caught:
        stubbed.adapter.look("chat")

    assert type(caught.value) is fault
    assert "chat" in str(caught.value)
    assert code in str(caught.value)


def test_an_endpoint_that_sagemaker_cannot_find_is_none_whatever_its_code(stubbed):
    stubbed.fail("describe_endpoint", "ValidationException", 'Could not find endpoint "chat".')

    assert stubbed.adapter.look("chat") is None


@pytest.mark.parametrize(("status", "is_answer"), [(400, True), (422, True), (500, False)])
def test_a_model_that_calls_the_probe_malformed_has_answered(stubbed, status, is_answer):
    stubbed.stubs["sagemaker-runtime"].add_client_error(
        "invoke_endpoint", "ModelError", modeled_fields={"OriginalStatusCode": status}
    )

    assert stubbed.adapter.answers(SNAPSHOT, None) is is_answer


def test_the_probe_is_what_the_group_says(stubbed):
    expected = {
        "EndpointName": "chat",
        "InferenceComponentName": "ic",
        "ContentType": "application/json",
        "Body": b'{"inputs":"hi"}',
    }
    answer = {"Body": io.BytesIO(b"{}")}
    stubbed.answer("sagemaker-runtime", "invoke_endpoint", answer, expected)

    assert stubbed.adapter.answers(SNAPSHOT, '{"inputs":"hi"}')
    stubbed.done()


def test_endpoints_are_found_by_their_tag_alone(stubbed):
    expected = {
        "TagFilters": [{"Key": "cost-sentry:scale-to-zero", "Values": ["yes"]}],
        "ResourceTypeFilters": ["sagemaker:endpoint"],
    }
    mappings = [{"ResourceARN": ARN}, {"ResourceARN": ARN.replace("chat", "a")}]
    stubbed.answer(
        "resourcegroupstaggingapi",
        "get_resources",
        {"ResourceTagMappingList": mappings},
        expected,
    )

    assert stubbed.adapter.named() == ["a", "chat"]
