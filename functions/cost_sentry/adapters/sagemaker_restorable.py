"""Whether all is there that an endpoint would be made again from.

SageMaker deletes a model, or a model package, that endpoints in service were made of; they go on,
and only making them again fails. What a model names in Amazon S3 and in registries is not looked
at: that would need rights over both.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cost_sentry.adapters.sagemaker_errors import or_none

Document = Mapping[str, Any]


class SageMakerParts:
    """Models, model packages and inference components.

    Args:
        sagemaker: boto3 client of SageMaker.
    """

    def __init__(self, sagemaker: Any) -> None:  # noqa: ANN401 - boto3 client
        self._sagemaker = sagemaker

    def missing_of_variants(self, variants: Iterable[Document]) -> str | None:
        """Of a plain endpoint: what is missing, in words; ``None``: nothing."""
        models = sorted({one["ModelName"] for one in variants if one.get("ModelName")})
        return next(filter(None, map(self._missing_of_model, models)), None)

    def missing_of_components(self, components: Sequence[str]) -> str | None:
        """Of an endpoint with inference components."""
        return next(filter(None, map(self._missing_of_component, components)), None)

    def _missing_of_component(self, name: str) -> str | None:
        ask = self._sagemaker.describe_inference_component
        told = or_none(lambda: ask(InferenceComponentName=name))
        if told is None:
            return f"its inference component {name} is gone"
        model = told.get("Specification", {}).get("ModelName")
        return self._missing_of_model(model) if model else None

    def _missing_of_model(self, name: str) -> str | None:
        told = or_none(lambda: self._sagemaker.describe_model(ModelName=name))
        if told is None:
            return f"its model {name} is gone"
        packages = sorted(set(_packages(told)))
        gone = (one for one in packages if not self._has_package(one))
        return next((f"model package {one} of its model {name} is gone" for one in gone), None)

    def _has_package(self, name: str) -> bool:
        ask = self._sagemaker.describe_model_package
        return or_none(lambda: ask(ModelPackageName=name)) is not None


def _packages(model: Document) -> Iterator[str]:
    for container in (model.get("PrimaryContainer"), *model.get("Containers", ())):
        if container and container.get("ModelPackageName"):
            yield container["ModelPackageName"]
