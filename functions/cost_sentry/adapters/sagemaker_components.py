"""Inference components of an endpoint: seen, and given copies."""

from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from cost_sentry.adapters.sagemaker_errors import is_missing, named_faults, or_none
from cost_sentry.adapters.sagemaker_views import Component, seen_component
from cost_sentry.application.endpoint_ports import EndpointFault, EndpointHalfDone


class SageMakerComponents:
    """Methods raise botocore's errors, and ``set_copies`` what it says.

    Args:
        sagemaker: boto3 client of SageMaker.
    """

    def __init__(self, sagemaker: Any) -> None:  # noqa: ANN401 - boto3 client
        self._sagemaker = sagemaker

    def of(self, endpoint: str) -> tuple[Component, ...]:
        """All that an endpoint has, by name."""
        pages = self._sagemaker.get_paginator("list_inference_components").paginate(
            EndpointNameEquals=endpoint
        )
        rows = (one for page in pages for one in page["InferenceComponents"])
        return tuple(self.found(sorted(one["InferenceComponentName"] for one in rows)).values())

    def found(self, names: Iterable[str]) -> dict[str, Component]:
        """Those of them that are there: owners delete one of several as they like."""
        told = {name: self._told(name) for name in names}
        return {name: seen_component(one) for name, one in told.items() if one is not None}

    def _told(self, name: str) -> Mapping[str, Any] | None:
        ask = self._sagemaker.describe_inference_component
        return or_none(lambda: ask(InferenceComponentName=name))

    def set_copies(self, copies: Mapping[str, int], *, only_from_zero: bool = False) -> None:
        """Of each that is there and has another number; one that is awake may have scaled up.

        Each is ordered whatever becomes of the others: one that is stuck keeps none of them up.

        Raises:
            EndpointHalfDone: some orders may have been taken, and some were not.
            EndpointFault: the first, of the component that it names.
        """
        found = self.found(copies)
        wanted = {
            name: copies[name]
            for name, one in found.items()
            if one.desired != copies[name] and (one.desired == 0 or not only_from_zero)
        }
        has_begun, faults = False, list[EndpointFault]()
        for name, count in wanted.items():
            try:
                has_begun = self._order(name, count) or has_begun
            except EndpointFault as fault:
                # All kinds but the plain one say that nothing was done; the first is raised itself.
                has_begun = has_begun or (bool(faults) and type(fault) is EndpointFault)
                faults.append(fault)
        if faults and has_begun:
            raise EndpointHalfDone(f"{faults[0]}") from faults[0]
        if faults:
            raise faults[0]

    def _order(self, name: str, count: int) -> bool:
        """Whether it was taken; not if there is no such component any more."""
        with named_faults(name):
            try:
                self._sagemaker.update_inference_component_runtime_config(
                    InferenceComponentName=name, DesiredRuntimeConfig={"CopyCount": count}
                )
            except ClientError as error:
                if is_missing(error):
                    return False
                raise
        return True


def gone_from(kept: Mapping[str, int], found: Mapping[str, Component]) -> tuple[str, ...]:
    """Names of those that were there and are not any more."""
    return tuple(sorted(kept.keys() - found.keys()))
