"""Plain endpoints through the real adapter, against moto."""

import pytest
from moto import mock_aws

from cost_sentry.adapters.endpoint_scaling import EndpointScaling
from cost_sentry.adapters.sagemaker_endpoints import SageMakerEndpoints
from cost_sentry.application.endpoint_ports import EndpointBusy
from cost_sentry.domain.endpoint import EndpointKind, EndpointState, Snapshot
from cost_sentry.domain.instance_price import Fleet
from tests.fakes.stubbed_sagemaker import MADE, client
from tests.unit.domain.test_endpoint_plan import endpoint

ROLE = "arn:aws:iam::123456789012:role/r"


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
