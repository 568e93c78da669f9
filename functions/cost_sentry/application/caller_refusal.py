"""Who may call at all, and what the configuration says of who calls."""

from collections.abc import Mapping
from dataclasses import replace

from cost_sentry.domain.caller import APPLICATION_TAG, ENVIRONMENT_TAG, TEAM_TAG, identified
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.errors import FieldError
from cost_sentry.domain.invocation import NO_APPLICATION, InvocationRequest
from cost_sentry.domain.model_id import known_as
from cost_sentry.domain.sentry_config import SentryConfig, Team

NAMED_IN_A_MESSAGE_MAX = 10


def as_configured(
    request: InvocationRequest, config: SentryConfig, region: str | None
) -> InvocationRequest:
    """The request with what the configuration says of its application, whatever it claims.

    And with the one name of its model, so that no rule is escaped by writing another.

    Args:
        request: as it was written.
        config: in force.
        region: where models are called; ``None``: nobody said.
    """
    known_model = known_as(request.model_id, region)
    if known_model != request.model_id:
        request = replace(request, model_id=known_model)
    proven = config.proven_tags(request.tags)
    if not proven and request.environment is None:
        return request
    known = identified(request.tags, proven)
    return replace(
        request,
        tags=known.tags,
        environment=proven.get(ENVIRONMENT_TAG),
        ignored_tags={**request.ignored_tags, **known.ignored},
    )


def unknown_caller(
    request: InvocationRequest, config: SentryConfig
) -> tuple[ReasonCode, FieldError] | None:
    """Why this caller is none; ``None`` if the configuration knows it."""
    team = config.teams.get(request.tags[TEAM_TAG])
    if team is None:
        error = FieldError(
            field="tags.team",
            problem=f"there is no team {request.tags[TEAM_TAG]!r}",
            allowed=named(config.teams),
        )
        return ReasonCode.UNKNOWN_TEAM, error
    problem = _unknown_application(request, team)
    if problem is None:
        return None
    allowed = named(team.applications) if team.applications else "the workflow of the team itself"
    error = FieldError(field="tags.application", problem=problem, allowed=allowed)
    return ReasonCode.UNKNOWN_APPLICATION, error


def _unknown_application(request: InvocationRequest, team: Team) -> str | None:
    """A name that is only claimed is not enough where a team names its applications.

    Nor is a workflow of its own to one that its team does not name any more.
    """
    proven = request.caller.application if request.caller else None
    if not team.applications and proven is not None:
        return f"team {team.id!r} names no applications, so {proven!r} is none of its callers"
    if not team.applications:
        return None
    if request.caller is not None and request.caller.application is None:
        return f"team {team.id!r} names its applications, and its own workflow is none of theirs"
    name = request.tags.get(APPLICATION_TAG, NO_APPLICATION)
    return None if name in team.applications else f"team {team.id!r} has no application {name!r}"


def refused(request: InvocationRequest, code: ReasonCode, *errors: FieldError) -> Decision:
    """A request that no budget needs to be asked for."""
    return Decision(
        kind=DecisionKind.REJECT,
        code=code,
        message="; ".join(f"{e.field}: {e.problem} ({e.allowed})" for e in errors),
        request_id=request.request_id,
        model_asked=request.model_id,
        errors=errors,
        tags=request.tags,
        ignored_tags=request.ignored_tags,
    )


def named(known: Mapping[str, object]) -> str:
    """Some of what is known, for a message."""
    names = sorted(known)
    more = len(names) - NAMED_IN_A_MESSAGE_MAX
    shown = ", ".join(names[:NAMED_IN_A_MESSAGE_MAX])
    return f"one of {shown}" + (f" and {more} more" if more > 0 else "")
