"""Names of a model, and the one name that the sentry knows it by.

A caller may write a model id, an inference profile id (a model id behind a geography), or the ARN
of either; from admission on ``known_as`` is its name. Sources: Bedrock user guide, "Supported
foundation models" and "Inference profiles"; service authorization reference for Amazon Bedrock,
"Resource types".
"""

import re
from functools import lru_cache

PROFILE_SCOPES = ("us", "us-gov", "eu", "apac", "jp", "au", "ca", "in", "global")
"""What an inference profile id starts with, before the first dot."""

ENDPOINT_PREFIX = "sagemaker."
"""Of models that are SageMaker endpoints, and so their provider is ``sagemaker``: no other is."""

NAMES_REMEMBERED = 1_024
"""A configuration names far fewer models, and whatever callers make up does not fill the memory."""

_MODEL_ID = re.compile(
    r"(?:(?P<scope>" + "|".join(PROFILE_SCOPES) + r")\.)?"
    r"(?P<base>[a-z0-9-]{1,63}\.[a-z0-9-][a-z0-9.-]{0,62}(?::[a-z0-9]{1,12}){0,2})"
)
_ARN = re.compile(
    r"arn:aws(?:-[a-z]+)*:bedrock:(?P<region>[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}):"
    r"(?P<owner>:foundation-model|[0-9]{12}:inference-profile)/(?P<id>.+)"
)


def base_model_id(model_id: str) -> str:
    """The model behind this id or ARN, without geography: what ``model=`` budgets match on.

    A name that says nothing about its model (an application inference profile, a provisioned or
    imported model, a typing error) is returned as it is, and no price will be found for it.
    """
    parts = _parts(model_id)
    return model_id if parts is None else parts[1]


def provider_of(model_id: str) -> str:
    """Who made the model behind this id or ARN: ``anthropic``, ``amazon``, ….

    Of a name that says nothing about its model, the name itself: nobody else's provider.
    """
    base = base_model_id(model_id)
    return base if base == model_id and not is_model_name(model_id) else base.partition(".")[0]


def profile_scope(model_id: str) -> str | None:
    """The geography of an inference profile such as ``eu``; ``None`` for a model in one region."""
    parts = _parts(model_id)
    return None if parts is None else parts[0]


def id_within(model_id: str) -> str:
    """The id that an ARN holds; any other name as it is."""
    return model_id if arn_region(model_id) is None else model_id.partition("/")[2]


def known_as(model_id: str, region: str | None) -> str:
    """The one name of a model that is called in this Region: its id, also if its ARN was written.

    The ARN of another Region is the name of another model, and so is each while nobody knows the
    Region. A name that says nothing about its model is returned as it is.
    """
    is_here = region is not None and arn_region(model_id) == region and is_model_name(model_id)
    return id_within(model_id) if is_here else model_id


@lru_cache(NAMES_REMEMBERED)
def arn_region(model_id: str) -> str | None:
    """The AWS Region that an ARN names; ``None`` for a plain id, which has none."""
    arn = _ARN.fullmatch(model_id)
    return arn["region"] if arn else None


def is_model_name(model_id: str) -> bool:
    """Whether this has the form of a model id, an inference profile id, or the ARN of either."""
    return _parts(model_id) is not None


@lru_cache(NAMES_REMEMBERED)
def _parts(model_id: str) -> tuple[str | None, str] | None:
    arn = _ARN.fullmatch(model_id)
    named = _MODEL_ID.fullmatch(arn["id"] if arn else model_id)
    if named is None:
        return None
    if arn and arn["owner"].endswith("inference-profile") != (named["scope"] is not None):
        return None
    return named["scope"], named["base"]
