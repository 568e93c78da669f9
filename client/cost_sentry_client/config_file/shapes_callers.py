"""The shapes of teams and their applications in sentry.yaml."""

from pydantic import Field

from cost_sentry.domain.sentry_config import WORKFLOWS_MAX
from cost_sentry_client.config_file.field_types import (
    Address,
    TagValue,
    TeamId,
)
from cost_sentry_client.config_file.shape import Shape


class ApplicationShape(Shape):
    """One application of a team, which starts a workflow of its own."""

    environment: TagValue | None = Field(
        default=None,
        description="the value of its tag environment, whatever its requests say",
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
