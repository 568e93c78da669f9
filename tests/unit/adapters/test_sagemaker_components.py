"""Endpoints with inference components through the real adapter, by what is sent."""

import io

import pytest
from botocore.stub import ANY

from cost_sentry.application.endpoint_ports import (
    EndpointBusy,
    EndpointDenied,
    EndpointFault,
    EndpointRefused,
    EndpointThrottled,
)
from cost_sentry.domain.endpoint import EndpointKind, EndpointState
from tests.fakes.stubbed_sagemaker import (
    ARN,
    CONFIG,
    SNAPSHOT,
    TARGET,
    VARIANT,
    Stubbed,
    summary,
    told,
)


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
    stubbed.has_target(MinCapacity=0)
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


@pytest.mark.parametrize("others", [{"MinCapacity": 2}, {"MinCapacity": 0, "MaxCapacity": 9}])
def test_a_scaling_rule_that_its_owner_made_meanwhile_stays(stubbed, others):
    stubbed.component(3)
    stubbed.has_target(**others)
    stubbed.answer("cloudwatch", "delete_alarms", {}, {"AlarmNames": ["cost-sentry-wake-ic"]})

    stubbed.adapter.finish(SNAPSHOT)

    stubbed.done()


def test_an_adapter_without_copies_of_its_own_keeps_its_endpoint_awake(stubbed):
    stubbed.answer("sagemaker", "describe_endpoint", told())
    stubbed.answer("sagemaker", "describe_endpoint_config", CONFIG)
    listed = {"InferenceComponents": [summary("ic"), summary("lora")]}
    stubbed.answer("sagemaker", "list_inference_components", listed)
    stubbed.component(1)
    adapter = {**summary("lora"), "InferenceComponentStatus": "InService"}
    stubbed.answer("sagemaker", "describe_inference_component", adapter)
    stubbed.answer("sagemaker", "list_tags", {"Tags": []})

    seen = stubbed.adapter.look("chat")

    assert "inference component lora is an adapter" in seen.unfit
    assert seen.parts == ("ic",)


def test_an_answer_that_cannot_be_read_is_a_fault_of_that_endpoint(stubbed):
    stubbed.answer("sagemaker", "describe_endpoint", told())
    config = {**CONFIG, "ProductionVariants": [{**VARIANT, "InitialInstanceCount": "two"}]}
    stubbed.stubs["sagemaker"]._validate_operation_response = lambda *_: None
    stubbed.answer("sagemaker", "describe_endpoint_config", config)
    listed = {"InferenceComponents": [{"EndpointName": "chat"}]}
    stubbed.answer("sagemaker", "list_inference_components", listed)

    with pytest.raises(EndpointFault, match="chat: SageMaker's answer cannot be read"):
        stubbed.adapter.look("chat")


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
