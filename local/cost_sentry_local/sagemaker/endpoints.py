"""Models, endpoint configurations and endpoints: what SageMaker answers, and when it refuses."""

from cost_sentry_local.sagemaker.errors import already_there, invalid, not_found
from cost_sentry_local.sagemaker.pages import page
from cost_sentry_local.sagemaker.records import (
    CREATING,
    DELETING,
    FAILED,
    GONE,
    IN_SERVICE,
    UPDATING,
    Endpoint,
    Json,
    Kept,
    arn_of,
)
from cost_sentry_local.sagemaker.world import World

_CONFIG, _CONFIG_KIND = "endpoint configuration", "endpoint-config"
_NOT_TOLD = ("Tags",)
_CHANGES = (CREATING, UPDATING, DELETING)


def create_model(world: World, asked: Json) -> Json:
    """``CreateModel``."""
    arn = _keep(world, world.models, "model", "model", asked["ModelName"], asked)
    return {"ModelArn": arn}


def describe_model(world: World, asked: Json) -> Json:
    """``DescribeModel``."""
    name = asked["ModelName"]
    kept = _kept(world.models, "model", "model", name)
    return {**_told(kept), "ModelArn": arn_of("model", name)}


def delete_model(world: World, asked: Json) -> None:
    """``DeleteModel``; endpoints that run go on."""
    _drop(world, world.models, "model", "model", asked["ModelName"])


def create_endpoint_config(world: World, asked: Json) -> Json:
    """``CreateEndpointConfig``; every model that it names must be there."""
    _must_have_models(world, asked)
    name = asked["EndpointConfigName"]
    return {"EndpointConfigArn": _keep(world, world.configs, _CONFIG, _CONFIG_KIND, name, asked)}


def describe_endpoint_config(world: World, asked: Json) -> Json:
    """``DescribeEndpointConfig``."""
    name = asked["EndpointConfigName"]
    kept = _kept(world.configs, _CONFIG, _CONFIG_KIND, name)
    return {**_told(kept), "EndpointConfigArn": arn_of(_CONFIG_KIND, name)}


def delete_endpoint_config(world: World, asked: Json) -> None:
    """``DeleteEndpointConfig``; endpoints that were made by it stay."""
    _drop(world, world.configs, _CONFIG, _CONFIG_KIND, asked["EndpointConfigName"])


def create_endpoint(world: World, asked: Json) -> Json:
    """``CreateEndpoint``: taken at once, in service later, or failed if that was ordered.

    The models of its configuration must be there, also those that were deleted since.
    """
    world.advance()
    name, now = asked["EndpointName"], world.now()
    if name in world.endpoints:
        raise already_there("endpoint", arn_of("endpoint", name))
    config = _kept(world.configs, _CONFIG, _CONFIG_KIND, asked["EndpointConfigName"])
    _must_have_models(world, config.given)
    endpoint = Endpoint(name=name, created_at=now, modified_at=now, status=CREATING, config=config)
    world.begin(endpoint, "CreateEndpoint", CREATING, world.durations.creating)
    world.endpoints[name] = endpoint
    world.tags[endpoint.arn] = {one["Key"]: one["Value"] for one in asked.get("Tags", ())}
    world.have_instances(endpoint, now)
    return {"EndpointArn": endpoint.arn}


def describe_endpoint(world: World, asked: Json) -> Json:
    """``DescribeEndpoint``. While it is made or deleted it tells of no instances."""
    endpoint = world.endpoint(asked["EndpointName"])
    config = endpoint.config
    told = {
        **_summary(endpoint),
        "EndpointConfigName": config.name,
        "FailureReason": endpoint.failure if endpoint.status == FAILED else None,
        "AsyncInferenceConfig": config.given.get("AsyncInferenceConfig"),
    }
    if endpoint.status in (IN_SERVICE, UPDATING):
        told["ProductionVariants"] = [_variant(world, endpoint, v) for v in endpoint.variants]
    return {name: value for name, value in told.items() if value is not None}


def list_endpoints(world: World, asked: Json) -> Json:
    """``ListEndpoints``, by name; of its filters those by name and status."""
    world.advance()
    found = [
        endpoint
        for name, endpoint in sorted(world.endpoints.items())
        if asked.get("NameContains", "") in name
        and asked.get("StatusEquals", endpoint.status) == endpoint.status
    ]
    return page("Endpoints", [_summary(endpoint) for endpoint in found], asked)


def update_endpoint_weights_and_capacities(world: World, asked: Json) -> Json:
    """``UpdateEndpointWeightsAndCapacities``: other numbers than its configuration has."""
    endpoint, now = world.endpoint(asked["EndpointName"]), world.now()
    if endpoint.status in _CHANGES:
        raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
    names = [variant["VariantName"] for variant in endpoint.variants]
    for wanted in asked["DesiredWeightsAndCapacities"]:
        if (name := wanted["VariantName"]) not in names:
            raise invalid(f'Variant(s) "{name}" do not exist in endpoint "{endpoint.arn}".')
        told = {
            "InitialInstanceCount": wanted.get("DesiredInstanceCount"),
            "InitialVariantWeight": wanted.get("DesiredWeight"),
        }
        given = {member: value for member, value in told.items() if value is not None}
        endpoint.numbers[name] = {**endpoint.numbers.get(name, {}), **given}
    world.begin(endpoint, "UpdateEndpointWeightsAndCapacities", UPDATING, world.durations.updating)
    world.have_instances(endpoint, now)
    return {"EndpointArn": endpoint.arn}


def delete_endpoint(world: World, asked: Json) -> None:
    """``DeleteEndpoint``; what is being changed cannot be deleted, nor what has components."""
    endpoint = world.endpoint(asked["EndpointName"])
    if endpoint.status in _CHANGES:
        raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
    if components := world.components_of(endpoint.name):
        raise invalid(
            f'Cannot delete endpoint "{endpoint.arn}" because it has inference components:'
            f" {', '.join(one.name for one in components)}."
        )
    now = world.now()
    endpoint.order(DELETING, now, now + world.durations.deleting, GONE)
    for variant in endpoint.variants:
        world.instances.have(endpoint.name, variant, 0, now)


def _must_have_models(world: World, config: Json) -> None:
    for variant in config["ProductionVariants"]:
        if (model := variant.get("ModelName")) is not None:
            _kept(world.models, "model", "model", model)


def _summary(endpoint: Endpoint) -> Json:
    return {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointStatus": endpoint.status,
        "CreationTime": endpoint.created_at,
        "LastModifiedTime": endpoint.modified_at,
    }


def _variant(world: World, endpoint: Endpoint, variant: Json) -> Json:
    count = world.instances.now_of(endpoint.name, variant["VariantName"])
    weight = float(variant.get("InitialVariantWeight", 1.0))
    told = {
        "VariantName": variant["VariantName"],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
        "CurrentInstanceCount": count,
        "DesiredInstanceCount": count,
    }
    if managed := variant.get("ManagedInstanceScaling"):
        told["ManagedInstanceScaling"] = managed
    return told


def _keep(  # noqa: PLR0917 - what it is, in AWS's words
    world: World, among: dict[str, Kept], kind: str, arn_kind: str, name: str, asked: Json
) -> str:
    arn = arn_of(arn_kind, name)
    if name in among:
        raise already_there(kind, arn)
    among[name] = Kept(name=name, created_at=world.now(), given=asked)
    world.tags[arn] = {one["Key"]: one["Value"] for one in asked.get("Tags", ())}
    return arn


def _kept(among: dict[str, Kept], kind: str, arn_kind: str, name: str) -> Kept:
    if (found := among.get(name)) is None:
        raise not_found(kind, arn_of(arn_kind, name))
    return found


def _drop(world: World, among: dict[str, Kept], kind: str, arn_kind: str, name: str) -> None:
    _kept(among, kind, arn_kind, name)
    del among[name]
    world.tags.pop(arn_of(arn_kind, name), None)


def _told(kept: Kept) -> Json:
    given = {name: value for name, value in kept.given.items() if name not in _NOT_TOLD}
    return {**given, "CreationTime": kept.created_at}
