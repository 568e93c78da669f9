"""Tags of endpoints, configurations, models and components."""

from cost_sentry_local.sagemaker.errors import invalid
from cost_sentry_local.sagemaker.pages import page
from cost_sentry_local.sagemaker.records import Json
from cost_sentry_local.sagemaker.world import World

_TAGS_MAX = 50


def add_tags(world: World, asked: Json) -> Json:
    """``AddTags``: fifty at most."""
    mine = _tags(world, asked)
    after = mine | {one["Key"]: one["Value"] for one in asked["Tags"]}
    if len(after) > _TAGS_MAX:
        raise invalid(f"A resource has {_TAGS_MAX} tags at most.")
    mine.update(after)
    return {"Tags": _rows(mine)}


def list_tags(world: World, asked: Json) -> Json:
    """``ListTags``."""
    return page("Tags", _rows(_tags(world, asked)), {"MaxResults": _TAGS_MAX, **asked})


def delete_tags(world: World, asked: Json) -> Json:
    """``DeleteTags``."""
    mine = _tags(world, asked)
    for name in asked["TagKeys"]:
        mine.pop(name, None)
    return {}


def tagged(world: World) -> list[Json]:
    """Everything with its tags, as the Resource Groups Tagging API lists it."""
    world.advance()
    return [{"arn": arn, "tags": _rows(tags)} for arn, tags in sorted(world.tags.items())]


def _tags(world: World, asked: Json) -> dict[str, str]:
    world.advance()
    arn = asked["ResourceArn"]
    if (found := world.tags.get(arn)) is None:
        raise invalid(f"The resource {arn} is not found.")
    return found


def _rows(tags: dict[str, str]) -> list[Json]:
    return [{"Key": name, "Value": value} for name, value in sorted(tags.items())]
