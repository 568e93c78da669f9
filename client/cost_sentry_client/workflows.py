"""Which workflow a call starts: that of its application, or else of its team."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cost_sentry.domain.caller import APPLICATION_TAG, TEAM_TAG, Caller
from cost_sentry_client.deployment import Deployment
from cost_sentry_client.problems import Problem

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import StartSyncExecutionOutputTypeDef

_DENIED = "AccessDeniedException"
_MISSING = ("StateMachineDoesNotExist", _DENIED)
"""IAM refuses a name that a team's own application may not start, whether or not it exists."""


class Workflows:
    """Finds a workflow by tags, and remembers which applications have none of their own.

    Args:
        given_arn: The only one; nothing is looked up.
        find: Looks the deployment up, once.
    """

    def __init__(self, given_arn: str | None, find: Callable[[], Deployment]) -> None:
        self._given_arn = given_arn
        self._find = find
        self._without_own: set[Caller] = set()

    def arn(self, tags: Mapping[str, str]) -> str:
        """Of the workflow that a call with these tags starts, as far as is known."""
        if self._given_arn is not None:
            return self._given_arn
        caller = _caller(tags)
        if caller in self._without_own:
            caller = Caller(team=caller.team)
        return self._deployment.guarded_invocation_arn(caller)

    def start(
        self, step_functions: "SFNClient", payload: str, tags: Mapping[str, str]
    ) -> "StartSyncExecutionOutputTypeDef":
        """Start it and wait for its end; the team's if the application has none of its own."""
        try:
            return step_functions.start_sync_execution(
                stateMachineArn=self.arn(tags), input=payload
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if self._given_arn is not None or code not in _MISSING:
                raise
            if code == _DENIED and self._is_last(_caller(tags)):
                raise
            self._note_missing(_caller(tags), error)
        return self.start(step_functions, payload, tags)

    def _is_last(self, caller: Caller) -> bool:
        """Whether there is no other workflow to try."""
        return caller.application is None or caller in self._without_own

    def _note_missing(self, caller: Caller, error: Exception) -> None:
        if self._is_last(caller):
            names = "/".join(caller.tags.values())
            raise Problem(
                f"there is no workflow for {names}",
                where=self._deployment.guarded_invocation_arn(caller),
                fix="name it in sentry.yaml under `teams`, and deploy; a team that names its"
                " applications has a workflow for each of them, and none of its own",
            ) from error
        self._without_own.add(caller)

    @cached_property
    def _deployment(self) -> Deployment:
        return self._find()


def _caller(tags: Mapping[str, str]) -> Caller:
    if TEAM_TAG not in tags:
        raise ValueError(
            "tags name no team, so there is no workflow to start; allowed: tags={'team': …} of the"
            " client or of the call, or the client's state_machine_arn"
        )
    return Caller(team=tags[TEAM_TAG], application=tags.get(APPLICATION_TAG))
