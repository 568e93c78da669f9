"""Application inference profiles: names that somebody made for a model, to tell calls apart.

Bedrock API reference, ``CreateInferenceProfile`` and ``GetInferenceProfile``.
"""

import random
import re
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cost_sentry_local.stand_in.errors import BedrockError, invalid
from cost_sentry_local.stand_in.models import base_model_id, model_for

PREFIX = "application-inference-profile/"
_ID_CHARACTERS, _ID_LENGTH = string.ascii_lowercase + string.digits, 12
_SOURCE = re.compile(
    r"arn:aws:bedrock:(?P<region>[a-z0-9-]+):"
    r"(?::foundation-model|(?P<account>[0-9]{12}):inference-profile)/(?P<id>[^/]+)"
)
_REGIONS = {
    "us": ("us-east-1", "us-east-2", "us-west-2"),
    "eu": ("eu-central-1", "eu-west-1", "eu-west-3"),
    "global": ("us-east-1", ""),
}
"""To which the profiles of a geography route, some of them; "" is any Region."""
_ACCOUNT = "123456789012"

Json = dict[str, Any]


@dataclass(slots=True)
class Profiles:
    """Those that were made; one per server."""

    _made: dict[str, Json] = field(default_factory=dict)

    def create(self, request: object) -> Json:
        """As ``CreateInferenceProfile``; ``BedrockError`` for no model that may be copied."""
        match request:
            case {"inferenceProfileName": str(name), "modelSource": {"copyFrom": str(source)}}:
                pass
            case _:
                raise invalid("inferenceProfileName and modelSource.copyFrom are required.")
        found = _SOURCE.fullmatch(source)
        if found is None:
            raise invalid(f"The model source {source} is invalid.")
        model_for(source)
        new = "".join(random.choices(_ID_CHARACTERS, k=_ID_LENGTH))
        now = datetime.now(UTC).isoformat()
        self._made[new] = {
            "inferenceProfileName": name,
            "inferenceProfileArn": f"arn:aws:bedrock:{found['region']}:{_ACCOUNT}:{PREFIX}{new}",
            "inferenceProfileId": new,
            "models": [{"modelArn": arn} for arn in _models(found)],
            "status": "ACTIVE",
            "type": "APPLICATION",
            "createdAt": now,
            "updatedAt": now,
        }
        return {"inferenceProfileArn": self._made[new]["inferenceProfileArn"], "status": "ACTIVE"}

    def get(self, name: str) -> Json:
        """As ``GetInferenceProfile``, by id or ARN."""
        found = self._made.get(metered_as(name))
        if found is None:
            raise BedrockError("ResourceNotFoundException", f"Inference profile {name} not found.")
        return found

    def source(self, model_id: str) -> str:
        """The model behind a profile's ARN; of any other name itself."""
        if PREFIX not in model_id:
            return model_id
        return str(self.get(model_id)["models"][0]["modelArn"])


def metered_as(model_id: str) -> str:
    """What CloudWatch's dimension says of a call by this name."""
    return model_id.rpartition(PREFIX)[2]


def _models(source: re.Match[str]) -> list[str]:
    if not source["account"]:
        return [source[0]]
    model, scope = base_model_id(source["id"]), source["id"].partition(".")[0]
    regions = _REGIONS.get(scope, (source["region"],))
    return [f"arn:aws:bedrock:{region}::foundation-model/{model}" for region in regions]
