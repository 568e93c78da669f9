"""Who calls, told by the workflow that was started: the right to start it is the identity.

Each team has a workflow of its own, or each application of a team that names its applications.
What a request says of its team or application is not believed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from cost_sentry.domain.errors import invariant

TEAM_TAG, APPLICATION_TAG, ENVIRONMENT_TAG = "team", "application", "environment"
SEPARATOR = "_"
"""Between the parts of a workflow's name; no part has one."""
_PLAIN = re.compile(r"[a-z0-9-]{1,31}")
_HEAD_CHARACTERS, _DIGEST_BYTES = 22, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """An application, or a team whose applications are only told apart by what they say."""

    team: str
    application: str | None = None

    @property
    def tags(self) -> Mapping[str, str]:
        """What is proven."""
        named = {} if self.application is None else {APPLICATION_TAG: self.application}
        return {TEAM_TAG: self.team, **named}

    @property
    def workflow_suffix(self) -> str:
        """The end of its workflow's name, of letters, digits, ``-`` and ``_``; 63 at most.

        Step Functions allows 80 in all, and no others where executions are logged.
        """
        return SEPARATOR.join(_part(name) for name in self.tags.values())

    def workflow_name(self, prefix: str) -> str:
        """``<prefix>_<team>`` or ``<prefix>_<team>_<application>``; the prefix has no ``_``."""
        return f"{prefix}{SEPARATOR}{self.workflow_suffix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """A request's tags once its caller is known."""

    tags: Mapping[str, str]
    ignored: Mapping[str, str]
    """What the request claimed otherwise."""


def proven_caller(team: str, application: str, workflow_name: str) -> Caller:
    """The caller of a workflow.

    Args:
        team: as its definition has it.
        application: the same; empty for a team's workflow.
        workflow_name: as the execution's context has it.

    Raises:
        InvariantViolated: The workflow is another caller's.
    """
    caller = Caller(team=team, application=application or None)
    suffix = workflow_name.partition(SEPARATOR)[2]
    invariant(suffix == caller.workflow_suffix, "P1", f"{workflow_name!r} says it is {caller}")
    return caller


def identified(tags: Mapping[str, str], proven: Mapping[str, str]) -> Identified:
    """The tags as given, but for what is proven."""
    ignored = {n: tags[n] for n, value in proven.items() if n in tags and tags[n] != value}
    return Identified(tags={**tags, **proven}, ignored=ignored)


def _part(name: str) -> str:
    """The name itself if it may stand in a workflow's name, else what tells it from all others."""
    if _PLAIN.fullmatch(name):
        return name
    head = re.sub(r"[^A-Za-z0-9-]", "-", name)[:_HEAD_CHARACTERS]
    digest = blake2b(name.encode(), digest_size=_DIGEST_BYTES, person=b"workflow").hexdigest()
    return f"{head}-{digest}"
