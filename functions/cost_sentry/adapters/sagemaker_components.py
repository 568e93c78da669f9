"""Inference components of an endpoint: seen, and given copies."""

from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from cost_sentry.adapters.sagemaker_errors import fault_of, is_missing, or_none
from cost_sentry.adapters.sagemaker_views import Component, seen_component
from cost_sentry.application.endpoint_ports import EndpointHalfDone


class SageMakerComponents:
    """Methods raise botocore's errors.

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

        Raises:
            EndpointHalfDone: some were ordered, and then SageMaker would not go on.
        """
        found = self.found(copies)
        wanted = {
            name: copies[name]
            for name, one in found.items()
            if one.desired != copies[name] and (one.desired == 0 or not only_from_zero)
        }
        has_begun = False
        for name, count in wanted.items():
            has_begun = self._order(name, count, has_begun) or has_begun

    def _order(self, name: str, count: int, has_begun: bool) -> bool:  # noqa: FBT001 - of others
        """Whether it was taken; not if there is no such component any more."""
        try:
            self._sagemaker.update_inference_component_runtime_config(
                InferenceComponentName=name, DesiredRuntimeConfig={"CopyCount": count}
            )
        except ClientError as error:
            if is_missing(error):
                return False
            if has_begun:
                raise EndpointHalfDone(f"{fault_of(name, error)}") from error
            raise
        return True


def gone_from(kept: Mapping[str, int], found: Mapping[str, Component]) -> tuple[str, ...]:
    """Names of those that were there and are not any more."""
    return tuple(sorted(kept.keys() - found.keys()))
