"""Resource Groups Tagging API: endpoints of SageMaker are found by their tags.

docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html. The emulator
has no SageMaker, and so lists none of it; the stand-in has, and is asked.
"""

import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

from ministack.services import tagging

_TIMEOUT_SECONDS = 10.0


def close() -> None:
    """One more service whose tags are collected."""
    tagging._COLLECTORS["sagemaker"] = _collect


def _collect() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    place = os.environ["AWS_ENDPOINT_URL_SAGEMAKER"]
    with urlopen(f"{place}/_stand_in/tags", timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
        for one in json.load(answer)["tagged"]:
            yield one["arn"], one["tags"]
