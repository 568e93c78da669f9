"""Endpoints of SageMaker AI: seen, put to sleep, and made again."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from cost_sentry.adapters.endpoint_scaling import EndpointScaling
from cost_sentry.adapters.sagemaker_components import SageMakerComponents, gone_from
from cost_sentry.adapters.sagemaker_config import (
    in_force,
    remark_of,
    says_the_same,
    wanted_config,
)
from cost_sentry.adapters.sagemaker_errors import named_faults, or_none
from cost_sentry.adapters.sagemaker_making import make_again
from cost_sentry.adapters.sagemaker_restorable import SageMakerParts
from cost_sentry.adapters.sagemaker_snapshot import document_of, snapshot_content
from cost_sentry.adapters.sagemaker_views import Component, kind_of, seen_endpoint
from cost_sentry.application.endpoint_ports import EndpointBusy, EndpointRefused
from cost_sentry.domain.endpoint import (
    MAY_SLEEP_TAG,
    YES,
    Endpoint,
    EndpointKind,
    EndpointState,
    Likeness,
    Snapshot,
)

_MODEL_ERROR = "ModelError"
_CLIENT_ERRORS = range(400, 500)
_ROWS_MAX = 100
_DELETING = "Deleting"


class SageMakerEndpoints:
    """``application.endpoint_ports.Endpoints``.

    Args:
        sagemaker: boto3 client of SageMaker.
        runtime: boto3 client of SageMaker Runtime.
        tagging: boto3 client of the Resource Groups Tagging API.
        scaling: scaling rules and alarms.
    """

    def __init__(
        self,
        sagemaker: Any,  # noqa: ANN401 - boto3 client
        runtime: Any,  # noqa: ANN401 - boto3 client
        tagging: Any,  # noqa: ANN401 - boto3 client
        scaling: EndpointScaling,
    ) -> None:
        self._sagemaker = sagemaker
        self._parts = SageMakerComponents(sagemaker)
        self._runtime = runtime
        self._tagging = tagging
        self._scaling = scaling

    def named(self) -> Sequence[str]:
        """See the port."""
        with named_faults("endpoints by tag"):
            pages = self._tagging.get_paginator("get_resources").paginate(
                TagFilters=[{"Key": MAY_SLEEP_TAG, "Values": [YES]}],
                ResourceTypeFilters=["sagemaker:endpoint"],
            )
            arns = [one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"]]
        return sorted(arn.rpartition("/")[2] for arn in arns)

    def look(self, name: str) -> Endpoint | None:
        """See the port."""
        with named_faults(name):
            told = self._describe(name)
            if told is None:
                return None
            config = self._config(told["EndpointConfigName"])
            components = self._components(name, config)
            return seen_endpoint(told, config, self._tags(told["EndpointArn"]), components)

    def owner_of(self, component: str) -> str | None:
        """The endpoint of an inference component; ``None`` if there is no such component."""
        ask = self._sagemaker.describe_inference_component
        with named_faults(component):
            told = or_none(lambda: ask(InferenceComponentName=component))
        return None if told is None else str(told["EndpointName"])

    def snapshot(self, name: str) -> Snapshot:
        """See the port."""
        with named_faults(name):
            told = self._describe(name)
            if told is None:
                raise EndpointBusy(f"{name}: it is not there")
            config = self._config(told["EndpointConfigName"])
            if config is None:
                raise EndpointRefused(f"{name}: its configuration is gone")
            components = self._components(name, config)
            tags = self._tags(told["EndpointArn"])
            variants = [one["VariantName"] for one in config["ProductionVariants"]]
            targets, policies = self._scaling.rules(name, variants, [c.name for c in components])
            is_plain = kind_of(config) is EndpointKind.PLAIN
            content = snapshot_content(
                config,
                tags,
                {one.name: one.desired for one in components},
                targets,
                policies,
                in_force=in_force(told.get("ProductionVariants", ()), config) if is_plain else None,
                deployment=told.get("LastDeploymentConfig") if is_plain else None,
            )
            seen = seen_endpoint(told, config, tags, components)
        return Snapshot(endpoint=seen, content=content)

    def why_not_again(self, snapshot: Snapshot) -> str | None:
        """See the port."""
        kept, parts = document_of(snapshot.content), SageMakerParts(self._sagemaker)
        with named_faults(snapshot.endpoint.name):
            if snapshot.endpoint.kind is EndpointKind.COMPONENTS:
                return parts.missing_of_components(list(kept["components"]))
            missing = parts.missing_of_variants(kept["config"]["ProductionVariants"])
            return missing or self._scaling.lost_with_endpoint(kept["targets"], kept["policies"])

    def put_to_sleep(self, snapshot: Snapshot) -> None:
        """See the port. Alarms first: whoever calls it from now on is seen."""
        name, kept = snapshot.endpoint.name, document_of(snapshot.content)
        seen = self.look(name)
        if seen is None or seen.state is EndpointState.ASLEEP:
            return
        if seen.state is not EndpointState.IN_SERVICE or seen.made_at != snapshot.endpoint.made_at:
            raise EndpointBusy(f"{name}: it is {seen.state.value}")
        with named_faults(name):
            if snapshot.endpoint.kind is EndpointKind.PLAIN:
                self._sagemaker.delete_endpoint(EndpointName=name)
                return
            self._scale_to_zero(kept)

    def restore(self, snapshot: Snapshot) -> None:
        """See the port."""
        name, kept = snapshot.endpoint.name, document_of(snapshot.content)
        with named_faults(name):
            if snapshot.endpoint.kind is EndpointKind.COMPONENTS:
                self._parts.set_copies(kept["components"], only_from_zero=True)
                return
            if self._describe(name) is not None:
                return
            make_again(self._sagemaker, name, kept)

    def likeness(self, snapshot: Snapshot) -> Likeness | None:
        """See the port."""
        name, kept = snapshot.endpoint.name, document_of(snapshot.content)
        with named_faults(name):
            told = self._describe(name)
            if told is None:
                return None
            if snapshot.endpoint.kind is EndpointKind.COMPONENTS:
                return self._likeness_of_components(kept["components"])
            config = told["EndpointConfigName"]
            found = self._config(config)
            is_same = found is not None and says_the_same(found, wanted_config(kept))
        return Likeness(is_same=is_same, remark=remark_of(config, kept) if is_same else "")

    def _likeness_of_components(self, kept: Mapping[str, int]) -> Likeness:
        """Without any of them it is another endpoint; nobody knows what for."""
        found = self._parts.found(kept)
        asleep = (name for name, one in found.items() if not one.desired and kept[name])
        return Likeness(is_same=bool(found), is_whole=not any(asleep), gone=gone_from(kept, found))

    def take_back(self, snapshot: Snapshot) -> None:
        """See the port. SageMaker refuses what it makes or changes at this moment."""
        name = snapshot.endpoint.name
        with named_faults(name):
            told = self._describe(name)
            if told is None or told["EndpointStatus"] == _DELETING:
                return
            if snapshot.endpoint.kind is EndpointKind.PLAIN:
                self._sagemaker.delete_endpoint(EndpointName=name)
            else:
                self._scale_to_zero(document_of(snapshot.content))

    def finish(self, snapshot: Snapshot) -> None:
        """See the port."""
        kept = document_of(snapshot.content)
        with named_faults(snapshot.endpoint.name):
            self._parts.set_copies(kept["components"], only_from_zero=True)
            there = self._still_there(kept)
            self._scaling.restore(there["targets"], there["policies"])
            self._scaling.unwatch(list(kept["components"]))

    def let_go(self, snapshot: Snapshot) -> None:
        """See the port."""
        with named_faults(snapshot.endpoint.name):
            self._scaling.unwatch(list(document_of(snapshot.content)["components"]))

    def listed(self) -> Mapping[str, datetime]:
        """See the port. A page of either list has a hundred rows, and costs nothing."""
        changed: dict[str, datetime] = {}
        lists = {
            "list_endpoints": "Endpoints",
            "list_inference_components": "InferenceComponents",
        }
        with named_faults("the list of endpoints"):
            for operation, member in lists.items():
                pages = self._sagemaker.get_paginator(operation).paginate(
                    PaginationConfig={"PageSize": _ROWS_MAX}
                )
                for one in (row for page in pages for row in page[member]):
                    name, at = one["EndpointName"], one["LastModifiedTime"]
                    changed[name] = max(at, changed.get(name, at))
        return changed

    def answers(self, snapshot: Snapshot, probe: str | None) -> bool:
        """See the port. Of several components each must answer."""
        name, kept = snapshot.endpoint.name, document_of(snapshot.content)["components"]
        if not kept:
            return self._answers(name, None, probe)
        with named_faults(name):
            found = self._parts.found(part for part, copies in kept.items() if copies > 0)
        return all(self._answers(name, part, probe) for part in found)

    def _answers(self, name: str, component: str | None, probe: str | None) -> bool:
        which = {} if component is None else {"InferenceComponentName": component}
        with named_faults(name):
            try:
                self._runtime.invoke_endpoint(
                    EndpointName=name,
                    ContentType="application/json",
                    Body=(probe or json.dumps({})).encode(),
                    **which,
                )
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") != _MODEL_ERROR:
                    raise
                return error.response.get("OriginalStatusCode") in _CLIENT_ERRORS
        return True

    def _scale_to_zero(self, kept: Mapping[str, Any]) -> None:
        there = self._still_there(kept)
        self._scaling.watch(list(there["components"]))
        self._scaling.let_fall_to_zero(there["targets"])
        self._parts.set_copies(dict.fromkeys(there["components"], 0))

    def _still_there(self, kept: Mapping[str, Any]) -> Mapping[str, Any]:
        """Without components that are gone, and without their scaling rules."""
        gone = gone_from(kept["components"], self._parts.found(kept["components"]))
        lost = {f"inference-component/{name}" for name in gone}
        rules = {
            member: [one for one in kept[member] if one["ResourceId"] not in lost]
            for member in ("targets", "policies")
        }
        parts = {name: n for name, n in kept["components"].items() if name not in gone}
        return {**kept, **rules, "components": parts}

    def _describe(self, name: str) -> Mapping[str, Any] | None:
        return or_none(lambda: self._sagemaker.describe_endpoint(EndpointName=name))

    def _config(self, name: str) -> Mapping[str, Any] | None:
        return or_none(lambda: self._sagemaker.describe_endpoint_config(EndpointConfigName=name))

    def _tags(self, arn: str) -> Mapping[str, str]:
        pages = self._sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn)
        return {one["Key"]: one["Value"] for page in pages for one in page["Tags"]}

    def _components(self, name: str, config: Mapping[str, Any] | None) -> tuple[Component, ...]:
        if kind_of(config) is EndpointKind.PLAIN:
            return ()
        return self._parts.of(name)
