"""Callers that policies compare with by text: ``principal.team == "search"`` and the like."""

from collections.abc import Iterator, KeysView

from cost_sentry.domain.invocation import NO_APPLICATION
from cost_sentry_client.config_file.policy_checks import WrittenPolicy
from cost_sentry_client.config_file.policy_words import words_of
from cost_sentry_client.config_file.problems import ConfigProblem, listed, quoted
from cost_sentry_client.config_file.shape_errors import suggestion
from cost_sentry_client.config_file.shapes import SentryFile


def name_faults(policy: WrittenPolicy, file: SentryFile) -> Iterator[ConfigProblem]:
    """Teams and environments that no caller has, nor can; of applications where none may claim."""
    yield from _unknown(policy, "team", file.teams.keys(), "there is no team")
    shapes = [one for team in file.teams.values() if team for one in team.applications.values()]
    environments = {one.environment for one in shapes if one and one.environment}
    yield from _unknown(policy, "environment", environments, "no application has environment")
    if all(team and team.applications for team in file.teams.values()):
        yield from _unknown(policy, "name", _applications(file), "there is no application")


def name_warnings(policy: WrittenPolicy, file: SentryFile) -> Iterator[ConfigProblem]:
    """Applications that look misspelt, where a team names none: they may be called so."""
    if not all(team and team.applications for team in file.teams.values()):
        known = _applications(file) | {NO_APPLICATION}
        for fault in _unknown(policy, "name", known, "sentry.yaml names no application"):
            if "did you mean" in fault.problem:
                yield fault


def _applications(file: SentryFile) -> set[str]:
    return {name for team in file.teams.values() if team for name in team.applications}


def _unknown(
    policy: WrittenPolicy, attribute: str, known: set[str] | KeysView[str], words: str
) -> Iterator[ConfigProblem]:
    for name in sorted(words_of(policy.rule, "principal", attribute) - known):
        yield policy.fault(
            f"{words} {quoted(name)}{suggestion(name, known)}",
            f"one of {listed(sorted(known))}" if known else f"names of {attribute}s in sentry.yaml",
        )
