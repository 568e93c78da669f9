"""Plain endpoints that come back as they were, or are not taken away: over the stand-in."""

from unittest.mock import MagicMock

import pytest

from cost_sentry.adapters.endpoint_scaling import EndpointScaling
from cost_sentry.adapters.sagemaker_endpoints import SageMakerEndpoints
from cost_sentry.adapters.sagemaker_restorable import SageMakerParts
from cost_sentry.application.endpoint_ports import EndpointRefused
from cost_sentry.domain.endpoint import EndpointState, Snapshot
from cost_sentry.domain.instance_price import Fleet
from tests.fakes.stubbed_sagemaker import MADE, Stubbed, told
from tests.unit.domain.test_endpoint_plan import endpoint
from tests.unit.local.sagemaker_kit import G5, ROLE, running_stand_in

TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/chat/variant/main",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


@pytest.fixture
def world():
    with running_stand_in() as stand_in:
        stand_in.plain("chat", team="search")
        scaling = EndpointScaling(stand_in.scaling, MagicMock())
        stand_in.adapter = SageMakerEndpoints(
            stand_in.sagemaker, stand_in.runtime, MagicMock(), scaling
        )
        yield stand_in


def fall_asleep(world):
    snapshot = world.adapter.snapshot("chat")
    world.adapter.put_to_sleep(snapshot)
    world.wait(10)
    assert world.adapter.look("chat") is None
    return snapshot


def variant_of(world):
    name = world.sagemaker.describe_endpoint(EndpointName="chat")["EndpointConfigName"]
    config = world.sagemaker.describe_endpoint_config(EndpointConfigName=name)
    return name, config["ProductionVariants"][0]


def replace_config(world, **variant):
    world.sagemaker.delete_endpoint_config(EndpointConfigName="chat-config")
    world.config("chat-config", ModelName="chat-model", **variant)


def test_with_all_that_it_is_made_of_nothing_is_missing(world):
    assert world.adapter.why_not_again(world.adapter.snapshot("chat")) is None


def test_a_model_that_was_deleted_is_missing(world):
    world.sagemaker.delete_model(ModelName="chat-model")

    missing = world.adapter.why_not_again(world.adapter.snapshot("chat"))

    assert missing == "its model chat-model is gone"


def test_sagemaker_refuses_to_make_an_endpoint_whose_model_is_gone(world):
    snapshot = fall_asleep(world)
    world.sagemaker.delete_model(ModelName="chat-model")

    with pytest.raises(EndpointRefused, match="Could not find model"):
        world.adapter.restore(snapshot)


def test_a_component_or_its_model_that_is_gone_is_missing():
    with running_stand_in() as stand_in:
        stand_in.of_components()
        stand_in.sagemaker.create_model(ModelName="base", ExecutionRoleArn=ROLE)
        stand_in.sagemaker.create_inference_component(
            InferenceComponentName="by-model",
            EndpointName="chat",
            VariantName="main",
            Specification={"ModelName": "base"},
        )
        parts = SageMakerParts(stand_in.sagemaker)
        assert parts.missing_of_components(["ic", "by-model"]) is None

        stand_in.sagemaker.delete_model(ModelName="base")

        assert parts.missing_of_components(["ic", "by-model"]) == "its model base is gone"
        assert parts.missing_of_components(["x"]) == "its inference component x is gone"


@pytest.mark.parametrize("is_there", [True, False])
def test_a_model_package_that_is_gone_is_missing(is_there):
    stubbed, package = Stubbed(), "arn:aws:sagemaker:us-east-1:123456789012:model-package/llm/3"
    model = {
        "ModelName": "m",
        "CreationTime": MADE,
        "Containers": [{"ModelPackageName": package}],
        "ModelArn": "arn:aws:sagemaker:us-east-1:123456789012:model/m",
    }
    stubbed.answer("sagemaker", "describe_model", model)
    if is_there:
        told = {
            "ModelPackageName": "llm",
            "ModelPackageArn": package,
            "CreationTime": MADE,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": []},
        }
        stubbed.answer("sagemaker", "describe_model_package", told)
    else:
        words = "ModelPackage does not exist"
        stubbed.fail("describe_model_package", "ValidationException", words)

    missing = SageMakerParts(stubbed.clients["sagemaker"]).missing_of_variants([{"ModelName": "m"}])

    wanted = None if is_there else f"model package {package} of its model m is gone"
    assert missing == wanted


def test_one_whose_configuration_has_a_role_of_its_own_stays_awake(world):
    made = {"VariantName": "main", "ModelName": "chat-model", **G5}
    world.sagemaker.create_endpoint_config(
        EndpointConfigName="own", ProductionVariants=[made], ExecutionRoleArn=ROLE
    )
    world.sagemaker.create_endpoint(EndpointName="of-role", EndpointConfigName="own")
    world.wait(10)

    assert "a role of its own" in world.adapter.look("of-role").unfit
    assert not world.adapter.look("chat").unfit


def test_by_its_own_configuration_it_comes_back_with_nothing_to_remark(world):
    snapshot = fall_asleep(world)

    world.adapter.restore(snapshot)
    world.wait(10)

    like = world.adapter.likeness(snapshot)
    assert (like.is_same, like.remark) == (True, "")
    assert variant_of(world)[0] == "chat-config"


def test_another_configuration_of_its_name_does_not_decide_what_comes_back_and_is_told(world):
    snapshot = fall_asleep(world)
    replace_config(world, InstanceType="ml.p4d.24xlarge", InitialInstanceCount=8)

    world.adapter.restore(snapshot)
    world.wait(10)

    name, variant = variant_of(world)
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.g5.xlarge", 2)
    like = world.adapter.likeness(snapshot)
    assert like.is_same
    assert "configuration chat-config does not say any more what it said" in like.remark
    assert name in like.remark
    assert {kind for kind, _, _ in world.billed()} == {"ml.g5.xlarge"}


def test_what_comes_back_by_a_copy_sleeps_and_wakes_again_by_the_same_copy(world):
    first = fall_asleep(world)
    replace_config(world, InitialInstanceCount=1)
    names = set()
    for _ in range(3):
        world.adapter.restore(first)
        world.wait(10)
        names.add(variant_of(world)[0])
        first = fall_asleep(world)

    assert len(names) == 1


def test_counts_and_weights_that_were_changed_since_are_those_that_come_back(world):
    world.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="chat",
        DesiredWeightsAndCapacities=[
            {"VariantName": "main", "DesiredInstanceCount": 1, "DesiredWeight": 0.5}
        ],
    )
    world.wait(10)
    snapshot = fall_asleep(world)
    assert snapshot.endpoint.fleets == (Fleet(instance_type="ml.g5.xlarge", count=1),)

    world.adapter.restore(snapshot)
    world.wait(10)

    _, variant = variant_of(world)
    assert (variant["InitialInstanceCount"], variant["InitialVariantWeight"]) == (1, 0.5)
    like = world.adapter.likeness(snapshot)
    assert like.is_same
    assert "counts were not those of configuration chat-config" in like.remark
    assert world.adapter.snapshot("chat").endpoint.fleets == snapshot.endpoint.fleets


def test_an_endpoint_that_its_owner_made_by_another_configuration_is_not_alike(world):
    snapshot = fall_asleep(world)
    world.config("second", ModelName="chat-model", InitialInstanceCount=1)
    world.sagemaker.create_endpoint(EndpointName="chat", EndpointConfigName="second")
    world.wait(10)

    assert not world.adapter.likeness(snapshot).is_same


def test_there_is_nothing_to_compare_where_no_endpoint_is(world):
    assert world.adapter.likeness(fall_asleep(world)) is None


def test_scaling_rules_that_its_owner_made_meanwhile_are_not_written_over(world):
    world.scaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=8)
    snapshot = fall_asleep(world)
    world.adapter.restore(snapshot)
    world.wait(10)
    world.scaling.register_scalable_target(**TARGET, MinCapacity=2, MaxCapacity=2)

    world.adapter.finish(snapshot)

    (target,) = world.scaling.describe_scalable_targets(ServiceNamespace="sagemaker")[
        "ScalableTargets"
    ]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 2)


def test_scaling_rules_that_went_with_the_endpoint_come_back(world):
    world.scaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=8)
    snapshot = fall_asleep(world)
    world.adapter.restore(snapshot)
    world.wait(10)

    world.adapter.finish(snapshot)

    assert world.adapter.snapshot("chat").digest == snapshot.digest


def test_one_that_is_in_service_and_does_not_answer_can_be_taken_back(world):
    snapshot = fall_asleep(world)
    world.adapter.restore(snapshot)
    world.wait(10)

    world.adapter.take_back(snapshot)
    world.adapter.take_back(snapshot)

    assert world.adapter.look("chat").state is EndpointState.CHANGING
    world.wait(10)
    assert world.adapter.look("chat") is None


@pytest.mark.parametrize(("status", "is_deleted"), [("Creating", True), ("Deleting", False)])
def test_one_that_is_made_for_ever_is_deleted_where_sagemaker_takes_it_and_only_once(
    status, is_deleted
):
    stubbed = Stubbed()
    stubbed.answer("sagemaker", "describe_endpoint", told(status=status))
    if is_deleted:
        stubbed.answer("sagemaker", "delete_endpoint", {}, {"EndpointName": "chat"})

    stubbed.adapter.take_back(Snapshot(endpoint=endpoint("chat", made_at=MADE), content="{}"))

    stubbed.done()


def test_all_endpoints_are_listed_page_by_page(world):
    for number in range(120):
        world.sagemaker.create_endpoint(EndpointName=f"e{number}", EndpointConfigName="chat-config")

    listed = world.adapter.listed()

    assert len(listed) == 121
    assert listed["chat"] == world.adapter.look("chat").changed_at
