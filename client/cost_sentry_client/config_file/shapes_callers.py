"""The shapes of teams and their applications in sentry.yaml."""

from pydantic import Field

from cost_sentry.domain.answer_cache import TTL_SECONDS_MAX, AnswerCaching
from cost_sentry.domain.sentry_config import WORKFLOWS_MAX, Application
from cost_sentry_client.config_file.field_types import (
    Address,
    Switch,
    TagValue,
    TeamId,
)
from cost_sentry_client.config_file.shape import Shape


class AnswerCacheShape(Shape):
    """Answers that are kept for a while, and given again to the same request."""

    ttl_seconds: int = Field(
        ge=1,
        le=TTL_SECONDS_MAX,
        description="how long an answer is kept and given again, in seconds; at most a week",
    )
    any_temperature: Switch = Field(
        default=False,
        description=(
            "also for requests whose temperature is not 0, or not named, and for those with "
            "additionalModelRequestFields: the model might answer otherwise each time"
        ),
    )


class ApplicationShape(Shape):
    """One application of a team, which starts a workflow of its own."""

    environment: TagValue | None = Field(
        default=None,
        description="the value of its tag environment, whatever its requests say",
    )
    answer_cache: AnswerCacheShape | None = Field(
        default=None,
        description=(
            "keep whole answers of the model for this application alone; without it no text is "
            "kept at all"
        ),
    )


class TeamShape(Shape):
    """One team that may call models."""

    owners: list[Address] = Field(
        default_factory=list,
        max_length=20,
        description="e-mail addresses told about the budgets of this team",
    )
    applications: dict[TeamId, ApplicationShape | None] = Field(
        default_factory=dict,
        max_length=WORKFLOWS_MAX,
        description=(
            "applications that may call for this team, each by a workflow of its own; none: the "
            "team has one workflow, and the tag application is what its requests say"
        ),
    )


def application_of(id_: str, shape: ApplicationShape | None) -> Application:
    """As the configuration has it."""
    told = shape or ApplicationShape()
    caching = _caching(told.answer_cache) if told.answer_cache else None
    return Application(id=id_, environment=told.environment, answer_cache=caching)


def _caching(shape: AnswerCacheShape) -> AnswerCaching:
    return AnswerCaching(ttl_seconds=shape.ttl_seconds, any_temperature=shape.any_temperature)
