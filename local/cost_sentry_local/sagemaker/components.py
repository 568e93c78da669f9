"""Inference components: copies of a model on an endpoint's instances, down to none."""

from cost_sentry_local.sagemaker.errors import already_there, invalid
from cost_sentry_local.sagemaker.pages import page
from cost_sentry_local.sagemaker.records import (
    CREATING,
    DELETING,
    FAILED,
    GONE,
    IN_SERVICE,
    UPDATING,
    Component,
    Json,
    arn_of,
)
from cost_sentry_local.sagemaker.world import World


def create_inference_component(world: World, asked: Json) -> Json:
    """``CreateInferenceComponent``, on an endpoint in service whose variants name no model."""
    name, now = asked["InferenceComponentName"], world.now()
    endpoint = world.endpoint(asked["EndpointName"])
    if name in world.components:
        raise already_there("inference component", arn_of("inference-component", name))
    if not endpoint.is_of_components:
        raise invalid(f'Endpoint "{endpoint.arn}" does not support inference components.')
    if endpoint.status != IN_SERVICE:
        raise invalid(f'Endpoint "{endpoint.arn}" is not in InService status.')
    component = Component(
        name=name,
        created_at=now,
        modified_at=now,
        status=CREATING,
        endpoint=endpoint.name,
        variant=asked.get("VariantName") or endpoint.variants[0]["VariantName"],
        specification=asked.get("Specification", {}),
        desired=asked.get("RuntimeConfig", {}).get("CopyCount", 1),
    )
    world.begin(component, "CreateInferenceComponent", CREATING, world.durations.creating)
    world.components[name] = component
    world.tags[component.arn] = {one["Key"]: one["Value"] for one in asked.get("Tags", ())}
    world.have_instances(endpoint, now)
    return {"InferenceComponentArn": component.arn}


def describe_inference_component(world: World, asked: Json) -> Json:
    """``DescribeInferenceComponent``."""
    component = world.component(asked["InferenceComponentName"])
    told = {
        **_summary(component),
        "Specification": _specification(component),
        "RuntimeConfig": {
            "DesiredCopyCount": component.desired,
            "CurrentCopyCount": component.current,
        },
    }
    if component.status == FAILED and component.failure:
        told["FailureReason"] = component.failure
    return told


def list_inference_components(world: World, asked: Json) -> Json:
    """``ListInferenceComponents``, by name; of its filters those by endpoint, name and status."""
    world.advance()
    found = [
        component
        for name, component in sorted(world.components.items())
        if asked.get("EndpointNameEquals", component.endpoint) == component.endpoint
        and asked.get("NameContains", "") in name
        and asked.get("StatusEquals", component.status) == component.status
    ]
    return page("InferenceComponents", [_summary(one) for one in found], asked)


def update_inference_component_runtime_config(world: World, asked: Json) -> Json:
    """``UpdateInferenceComponentRuntimeConfig``: another number of copies, none among them."""
    component, now = world.component(asked["InferenceComponentName"]), world.now()
    if component.status in (CREATING, UPDATING, DELETING):
        raise invalid(f'Cannot update in-progress inference component "{component.arn}".')
    component.desired = asked["DesiredRuntimeConfig"]["CopyCount"]
    operation = "UpdateInferenceComponentRuntimeConfig"
    world.begin(component, operation, UPDATING, world.durations.updating)
    world.have_instances(world.endpoint(component.endpoint), now)
    return {"InferenceComponentArn": component.arn}


def delete_inference_component(world: World, asked: Json) -> None:
    """``DeleteInferenceComponent``."""
    component, now = world.component(asked["InferenceComponentName"]), world.now()
    if component.status == DELETING:
        raise invalid(f'Cannot update in-progress inference component "{component.arn}".')
    component.desired = 0
    component.order(DELETING, now, now + world.durations.deleting, GONE)


def _summary(component: Component) -> Json:
    return {
        "InferenceComponentName": component.name,
        "InferenceComponentArn": component.arn,
        "EndpointName": component.endpoint,
        "EndpointArn": arn_of("endpoint", component.endpoint),
        "VariantName": component.variant,
        "InferenceComponentStatus": component.status,
        "CreationTime": component.created_at,
        "LastModifiedTime": component.modified_at,
    }


def _specification(component: Component) -> Json:
    """As the description has it: of a container the image that was deployed."""
    given = dict(component.specification)
    if container := given.pop("Container", None):
        image = {"DeployedImage": {"SpecifiedImage": container.get("Image", "")}}
        given["Container"] = {**{k: v for k, v in container.items() if k != "Image"}, **image}
    return given
