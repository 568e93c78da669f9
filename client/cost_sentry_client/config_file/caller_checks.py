"""What can be wrong with who calls: their number, their workflows' names, and scopes of them."""

from collections.abc import Iterator, Mapping

from cost_sentry.domain.caller import APPLICATION_TAG, ENVIRONMENT_TAG, TEAM_TAG, Caller
from cost_sentry.domain.sentry_config import WORKFLOWS_MAX
from cost_sentry.domain.session import SESSION_TAG, is_session_id
from cost_sentry_client.config_file.problems import Finding, Path, listed, quoted
from cost_sentry_client.config_file.shape_errors import suggestion
from cost_sentry_client.config_file.shapes import SentryFile


def find_caller_problems(file: SentryFile) -> Iterator[Finding]:
    """Everything that would keep callers from being told apart."""
    callers = [(path, caller) for path, caller in _callers(file)]
    if len(callers) > WORKFLOWS_MAX:
        yield Finding(
            path=("teams",),
            problem=f"{len(callers)} teams and applications would have a workflow each",
            allowed=f"at most {WORKFLOWS_MAX} together, applications counted instead of their team",
        )
    named: dict[str, Caller] = {}
    for path, caller in callers:
        other = named.setdefault(caller.workflow_suffix, caller)
        if other != caller:
            problem = f"its workflow would have the name of that of {'/'.join(other.tags.values())}"
            yield Finding(path=path, problem=problem, allowed="another name", at_key=True)
    for i, budget in enumerate(file.budgets):
        yield from _scope(file, budget.scope, ("budgets", i, "scope"))
    for i, allowance in enumerate(file.emergency_allowances):
        yield from _scope(file, allowance.scope, ("emergencyAllowances", i, "scope"))


def _callers(file: SentryFile) -> Iterator[tuple[Path, Caller]]:
    for id_, team in file.teams.items():
        if not team or not team.applications:
            yield ("teams", id_), Caller(team=id_)
            continue
        for name in team.applications:
            yield ("teams", id_, "applications", name), Caller(team=id_, application=name)


def _scope(file: SentryFile, scope: Mapping[str, str], path: Path) -> Iterator[Finding]:
    """A scope that no call can have."""
    session = scope.get(SESSION_TAG)
    if session is not None and not is_session_id(session):
        yield Finding(
            path=(*path, SESSION_TAG),
            problem=f"{quoted(session)} is the id of no agent run, so no call has it",
            allowed="no session in a scope; a budget with window: session is one of each run",
        )
    team = file.teams.get(scope.get(TEAM_TAG, ""))
    named = team.applications if team else {}
    application = scope.get(APPLICATION_TAG)
    if not named or application is None:
        return
    if application not in named:
        yield Finding(
            path=(*path, APPLICATION_TAG),
            problem=f"team {quoted(scope[TEAM_TAG])} has no application {quoted(application)}"
            f"{suggestion(application, named)}",
            allowed=f"one of its applications: {listed(named)}",
        )
        return
    shape = named[application]
    told, wanted = shape.environment if shape else None, scope.get(ENVIRONMENT_TAG)
    if told is not None and wanted is not None and told != wanted:
        yield Finding(
            path=(*path, ENVIRONMENT_TAG),
            problem=f"application {quoted(application)} is of environment {quoted(told)}",
            allowed=quoted(told),
        )
