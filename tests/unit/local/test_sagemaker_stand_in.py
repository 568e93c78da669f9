"""The SageMaker stand-in answers in AWS's shapes, changes with time, fails where AWS does."""

import json

import pytest
from botocore.validate import ParamValidator

from cost_sentry_local.sagemaker.api import SAGEMAKER, SCALING
from tests.unit.local.sagemaker_kit import COPIES, ROLE, refusal, running_stand_in

EXISTS = "ValidationException"


@pytest.fixture
def stand_in():
    with running_stand_in() as one:
        yield one


def walk(stand_in):
    """Every operation once, in an order that works: name, input."""
    managed = {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 2}
    variant = {"VariantName": "v", "InstanceType": "ml.g5.xlarge", "InitialInstanceCount": 1}
    variant["ManagedInstanceScaling"] = managed
    arn = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/e"
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "inference-component/ic",
        "ScalableDimension": COPIES,
    }
    tracking = {
        "TargetValue": 1.0,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerInferenceComponentInvocationsPerCopy"
        },
    }
    yield "CreateModel", {"ModelName": "m", "ExecutionRoleArn": ROLE}
    yield "DescribeModel", {"ModelName": "m"}
    yield "CreateEndpointConfig", {"EndpointConfigName": "c", "ProductionVariants": [variant]}
    yield "DescribeEndpointConfig", {"EndpointConfigName": "c"}
    yield "CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"}
    stand_in.wait(10)
    yield "DescribeEndpoint", {"EndpointName": "e"}
    yield "ListEndpoints", {}
    yield "ListTrainingJobs", {"StatusEquals": "InProgress"}
    yield "ListNotebookInstances", {"StatusEquals": "InService"}
    yield "AddTags", {"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "b"}]}
    yield "ListTags", {"ResourceArn": arn}
    yield "DeleteTags", {"ResourceArn": arn, "TagKeys": ["a"]}
    made = {"InferenceComponentName": "ic", "EndpointName": "e", "VariantName": "v"}
    yield "CreateInferenceComponent", {**made, "Specification": {"Container": {"Image": "i:1"}}}
    stand_in.wait(10)
    yield "DescribeInferenceComponent", {"InferenceComponentName": "ic"}
    yield "ListInferenceComponents", {"EndpointNameEquals": "e"}
    yield "RegisterScalableTarget", {**target, "MinCapacity": 1, "MaxCapacity": 2}
    yield "DescribeScalableTargets", {"ServiceNamespace": "sagemaker"}
    policy = {**target, "PolicyName": "p"}
    yield (
        "PutScalingPolicy",
        {
            **policy,
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": tracking,
        },
    )
    yield "DescribeScalingPolicies", {"ServiceNamespace": "sagemaker"}
    yield "DeleteScalingPolicy", policy
    action = {**target, "ScheduledActionName": "mornings"}
    yield "PutScheduledAction", {**action, "Schedule": "cron(0 8 * * ? *)"}
    yield "DescribeScheduledActions", {"ServiceNamespace": "sagemaker"}
    yield "DeleteScheduledAction", action
    yield "DeregisterScalableTarget", target
    change = {"InferenceComponentName": "ic", "DesiredRuntimeConfig": {"CopyCount": 0}}
    yield "UpdateInferenceComponentRuntimeConfig", change
    stand_in.wait(10)
    yield "DeleteInferenceComponent", {"InferenceComponentName": "ic"}
    stand_in.wait(10)
    wanted = [{"VariantName": "v", "DesiredWeight": 0.5}]
    yield (
        "UpdateEndpointWeightsAndCapacities",
        {"EndpointName": "e", "DesiredWeightsAndCapacities": wanted},
    )
    stand_in.wait(10)
    yield "DeleteEndpoint", {"EndpointName": "e"}
    yield "DeleteEndpointConfig", {"EndpointConfigName": "c"}
    yield "DeleteModel", {"ModelName": "m"}


def test_every_answer_has_the_shape_that_the_services_own_model_says(stand_in):
    checked = set()

    for operation, asked in walk(stand_in):
        client = stand_in.sagemaker if operation in SAGEMAKER else stand_in.scaling
        raw = client._make_api_call(operation, asked)
        shape = client.meta.service_model.operation_model(operation).output_shape
        told = {name: value for name, value in raw.items() if name != "ResponseMetadata"}
        if shape is not None:
            report = ParamValidator().validate(told, shape)
            assert not report.has_errors(), (operation, report.generate_report())
            assert told or not shape.members, f"{operation} told nothing"
        checked.add(operation)

    assert checked == {*SAGEMAKER, *SCALING}


def test_nothing_is_answered_that_the_services_model_does_not_know(stand_in):
    """A member that botocore drops would not be seen above."""
    for operation, asked in walk(stand_in):
        service = "SageMaker" if operation in SAGEMAKER else "AnyScaleFrontendService"
        model = (stand_in.sagemaker if operation in SAGEMAKER else stand_in.scaling).meta
        shape = model.service_model.operation_model(operation).output_shape
        body = json.dumps(asked).encode()
        told = stand_in.server.api.answer(f"{service}.{operation}", body) or {}
        known = shape.members if shape is not None else {}
        assert told.keys() <= known.keys(), operation
        for name, value in told.items():
            rows = value if isinstance(value, list) else [value]
            inner = known[name].member if known[name].type_name == "list" else known[name]
            for row in rows:
                if inner.type_name == "structure":
                    assert row.keys() <= inner.members.keys(), (operation, name)


def test_an_endpoint_is_creating_then_in_service_then_deleting_then_gone(stand_in):
    stand_in.plain()
    stand_in.sagemaker.delete_endpoint(EndpointName="chat")
    stand_in.wait(2)
    stand_in.world.durations.creating = 300
    stand_in.sagemaker.create_endpoint(EndpointName="chat", EndpointConfigName="chat-config")

    seen = [stand_in.status()]
    stand_in.wait(299)
    seen.append(stand_in.status())
    stand_in.wait(1)
    seen.append(stand_in.status())
    stand_in.sagemaker.delete_endpoint(EndpointName="chat")
    seen.append(stand_in.status())
    stand_in.wait(1)

    assert seen == ["Creating", "Creating", "InService", "Deleting"]
    code, words = refusal(stand_in.status)
    assert code == "ValidationException"
    assert words == (
        'Could not find endpoint "arn:aws:sagemaker:us-east-1:123456789012:endpoint/chat".'
    )


def test_what_is_being_changed_takes_no_orders(stand_in):
    stand_in.plain()
    stand_in.sagemaker.delete_endpoint(EndpointName="chat")
    again = refusal(stand_in.sagemaker.delete_endpoint, EndpointName="chat")
    taken = refusal(
        stand_in.sagemaker.create_endpoint, EndpointName="chat", EndpointConfigName="chat-config"
    )

    assert "Cannot update in-progress endpoint" in again[1]
    assert "Cannot create already existing endpoint" in taken[1]


def test_what_an_endpoint_is_made_of_must_be_there(stand_in):
    no_model = refusal(stand_in.config, ModelName="none")
    no_config = refusal(
        stand_in.sagemaker.create_endpoint, EndpointName="chat", EndpointConfigName="none"
    )

    assert 'Could not find model "' in no_model[1]
    assert 'Could not find endpoint configuration "' in no_config[1]


def test_a_request_that_aws_would_not_take_is_refused_as_aws_does(stand_in):
    asked = stand_in.server.api.answer
    for target, code in (
        ("SageMaker.CreateEndpoint", "ValidationException"),
        ("SageMaker.CreateDomain", "NotImplemented"),
        ("SageMaker.MakeTea", "UnknownOperationException"),
        ("Other.MakeTea", "UnknownOperationException"),
    ):
        with pytest.raises(Exception) as error:
            asked(target, b'{"EndpointName": 7}')
        assert error.value.code == code, target


def test_tags_come_and_go_and_are_gone_with_the_endpoint(stand_in):
    stand_in.plain(team="search")
    arn = stand_in.sagemaker.describe_endpoint(EndpointName="chat")["EndpointArn"]
    stand_in.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "use", "Value": "office"}])
    stand_in.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team"])

    assert stand_in.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [
        {"Key": "use", "Value": "office"}
    ]
    stand_in.sagemaker.delete_endpoint(EndpointName="chat")
    stand_in.wait(2)
    assert refusal(stand_in.sagemaker.list_tags, ResourceArn=arn)[0] == "ValidationException"


def test_lists_come_in_pages(stand_in):
    stand_in.plain("first")
    for number in range(12):
        stand_in.sagemaker.create_endpoint(
            EndpointName=f"e{number:02d}", EndpointConfigName="first-config"
        )

    pages = [*stand_in.sagemaker.get_paginator("list_endpoints").paginate(NameContains="e")]

    assert [len(page["Endpoints"]) for page in pages] == [10, 2]
    assert (
        stand_in.sagemaker.list_endpoints(StatusEquals="InService")["Endpoints"][0]["EndpointName"]
        == "first"
    )


def test_deleting_an_endpoint_deletes_the_scaling_of_its_variants(stand_in):
    stand_in.plain()
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/chat/variant/main",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    stand_in.scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    stand_in.scaling.register_scalable_target(**target, MaxCapacity=3)
    (kept,) = stand_in.scaling.describe_scalable_targets(ServiceNamespace="sagemaker")[
        "ScalableTargets"
    ]
    stand_in.sagemaker.delete_endpoint(EndpointName="chat")
    stand_in.wait(2)

    assert (kept["MinCapacity"], kept["MaxCapacity"]) == (1, 3)
    told = stand_in.scaling.describe_scalable_targets(ServiceNamespace="sagemaker")
    assert told["ScalableTargets"] == []
    unknown = refusal(stand_in.scaling.put_scaling_policy, PolicyName="p", **target)
    assert unknown[0] == "ObjectNotFoundException"


def test_an_order_that_is_to_fail_ends_as_failed_and_the_next_does_not(stand_in):
    stand_in.plain()
    stand_in.sagemaker.delete_endpoint(EndpointName="chat")
    stand_in.wait(2)
    fault = b'{"operation": "CreateEndpoint", "code": "Failed", "name": "chat"}'
    stand_in.server.control.order("POST", "faults", fault)
    states = []
    for _ in range(2):
        stand_in.sagemaker.create_endpoint(EndpointName="chat", EndpointConfigName="chat-config")
        stand_in.wait(10)
        states.append(stand_in.status())
        stand_in.sagemaker.delete_endpoint(EndpointName="chat")
        stand_in.wait(2)

    assert states == ["Failed", "InService"]


def test_a_fault_is_met_by_the_operation_and_the_name_that_it_is_of(stand_in):
    stand_in.plain()
    stand_in.plain("other")
    fault = b'{"operation": "DeleteEndpoint", "code": "AccessDeniedException", "name": "chat"}'
    stand_in.server.control.order("POST", "faults", fault)

    stand_in.sagemaker.delete_endpoint(EndpointName="other")
    code, _ = refusal(stand_in.sagemaker.delete_endpoint, EndpointName="chat")
    stand_in.sagemaker.delete_endpoint(EndpointName="chat")

    assert code == "AccessDeniedException"


@pytest.mark.parametrize(
    ("what", "body", "problem"),
    [
        ("durations", b'{"sleeping": 1}', "unknown duration"),
        ("durations", b'{"creating": -1}', "seconds from 0"),
        ("faults", b'{"operation": "DeleteEndpoint"}', "code is None"),
        ("faults", b'{"operation": "a", "code": "b", "times": 0}', "whole numbers from 1"),
        ("past", b'{"endpoint": "chat"}', "a past is"),
        ("past", b'{"endpoint": "chat", "minutes": 0}', "allowed are 1 to"),
        ("tea", b"{}", "there is no POST tea"),
        ("faults", b"[]", "allowed is a JSON object"),
    ],
)
def test_an_order_that_is_none_is_told_what_is_wrong(stand_in, what, body, problem):
    stand_in.plain()
    with pytest.raises(ValueError, match=problem):
        stand_in.server.control.order("POST", what, body)
