"""Policies that go by what callers say of themselves: whoever may call may say it.

Allowed, and a warning: it keeps order among those who mean well, and it guards nothing.
"""

from collections.abc import Iterator
from typing import NamedTuple

from cost_sentry.domain.caller import APPLICATION_TAG, ENVIRONMENT_TAG
from cost_sentry_client.config_file.policy_checks import WrittenPolicy, entities
from cost_sentry_client.config_file.policy_words import valued_tags, words_of
from cost_sentry_client.config_file.problems import ConfigProblem, listed, quoted
from cost_sentry_client.config_file.shapes import SentryFile


class _Caller(NamedTuple):
    """Who has a workflow: a team, or an application of one that names some."""

    team: str
    application: str = ""
    environment: str | None = None

    @property
    def account(self) -> str:
        return f"{self.team}/{self.application}" if self.application else self.team


def claims(policy: WrittenPolicy, file: SentryFile) -> Iterator[ConfigProblem]:
    """What of the caller a policy looks at that, for some callers, their requests say."""
    callers = list(_spoken_of(policy, file))
    nameless = [one.team for one in callers if not one.application]
    if nameless and _looks_at_application(policy):
        yield policy.fault(
            f"which application of {listed(nameless)} calls is what requests say",
            "applications that sentry.yaml names (teams.<team>.applications), or teams",
        )
    unsaid = [one.account for one in callers if one.environment is None]
    if unsaid and ENVIRONMENT_TAG in valued_tags(policy.rule):
        yield policy.fault(
            f"the tag {quoted(ENVIRONMENT_TAG)} of {listed(unsaid)} is what requests say",
            "principal.environment, of applications whose environment sentry.yaml names",
        )


def _looks_at_application(policy: WrittenPolicy) -> bool:
    by_name = words_of(policy.rule, "principal", "name")
    is_named = any(kind == "Application" for kind, _ in entities(policy.rule))
    return is_named or bool(by_name) or APPLICATION_TAG in valued_tags(policy.rule)


def _spoken_of(policy: WrittenPolicy, file: SentryFile) -> Iterator[_Caller]:
    """The callers of whom a policy speaks, by the entities that it names; all, if it names none."""
    named = {id_ for kind, id_ in entities(policy.rule) if kind in ("Team", "Application")}
    teams = {id_.partition("/")[0] for id_ in named}
    for caller in _callers(file):
        is_one = caller.account in named or caller.team in named
        is_claimed = not caller.application and caller.team in teams
        if not named or is_one or is_claimed:
            yield caller


def _callers(file: SentryFile) -> Iterator[_Caller]:
    for id_, team in file.teams.items():
        if not team or not team.applications:
            yield _Caller(id_)
            continue
        for name, shape in team.applications.items():
            yield _Caller(id_, name, shape.environment if shape else None)
