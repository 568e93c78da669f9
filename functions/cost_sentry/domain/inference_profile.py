"""The model behind an application inference profile, which somebody made to tell their calls apart.

Bedrock meters calls of one under the profile's id, and charges them as those of its model. Source:
Bedrock API reference, ``GetInferenceProfile``: it lists the model's ARN in each Region to which it
routes; a global profile's list has one without a Region.
"""

import re
from collections.abc import Sequence

from cost_sentry.domain.model_id import is_model_name, known_as

_PROFILE = re.compile(
    r"(?:arn:aws(?:-[a-z]+)*:bedrock:[a-z0-9-]{1,32}:[0-9]{12}:application-inference-profile/)?"
    r"[a-z0-9]{12}"
)
_MODEL = re.compile(
    r"(?P<partition>arn:aws(?:-[a-z]+)*):bedrock:(?P<region>[a-z0-9-]{0,32})::"
    r"foundation-model/(?P<id>[^/]+)"
)
_GLOBAL = "global"
_SCOPES = (
    ("jp", {"ap-northeast-1", "ap-northeast-3"}),
    ("au", {"ap-southeast-2", "ap-southeast-4"}),
    ("in", {"ap-south-1", "ap-south-2"}),
)
"""Geographies within Asia and the Pacific, and their Regions."""
_STARTS = (("us-gov", "us-gov-"), ("us", ("us-", "ca-")), ("eu", "eu-"), ("apac", "ap-"))
"""How all Regions of a geography begin; those of the United States route from Canada too."""


def may_be_profile(model_id: str) -> bool:
    """Whether this has the form of an application inference profile's id or ARN.

    Other resources have ids of that form; who asks Bedrock for them hears that there is none.
    """
    return _PROFILE.fullmatch(model_id) is not None


def model_behind(model_arns: Sequence[str], region: str | None) -> str | None:
    """The name of the model to which a profile with these models routes, as it is called here.

    ``None`` if they are not one model in one or several Regions.
    """
    found = [_MODEL.fullmatch(arn) for arn in model_arns]
    models = {match["id"] for match in found if match}
    if len(models) != 1 or not all(found):
        return None
    regions = {match["region"] for match in found if match}
    [model] = models
    if len(regions) == 1 and regions != {""}:
        name = known_as(model_arns[0], region)
    else:
        name = f"{_geography(regions)}.{model}"
    return name if is_model_name(name) else None


def _geography(regions: set[str]) -> str:
    """Of the inference profile that routes among these Regions."""
    if regions == {region for region in regions if region.startswith("ca-")}:
        return "ca"
    narrow = (scope for scope, known in _SCOPES if regions <= known)
    wide = (scope for scope, begin in _STARTS if all(one.startswith(begin) for one in regions))
    return next(narrow, None) or next(wide, _GLOBAL)
