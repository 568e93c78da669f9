"""Requests that no budget covers are refused. That is allowed, and seldom meant."""

from cost_sentry.domain.budget import MODEL_TAG
from cost_sentry.domain.model_id import base_model_id
from cost_sentry_client.config_file.problems import Finding, listed, quoted
from cost_sentry_client.config_file.shapes import SentryFile

_MODELS_SHOWN = 3


def find_uncovered(file: SentryFile) -> list[Finding]:
    """One finding per team that has models which only a request with further tags may call."""
    findings = []
    for team in file.teams:
        bare = [model for model in file.models if not _covered(file, team, model)]
        if bare:
            findings.append(
                Finding(
                    path=("teams", team),
                    problem=f"no budget covers calls of {quoted(team)} to {_some(bare, file)}; "
                    "without further tags they are refused (NO_BUDGET)",
                    allowed=f"a budget with scope {{team: {team}}}, or one with an empty scope",
                    at_key=True,
                )
            )
    return findings


def _covered(file: SentryFile, team: str, model: str) -> bool:
    facts = {"team": team, MODEL_TAG: base_model_id(model)}
    return any(budget.scope.items() <= facts.items() for budget in file.budgets)


def _some(models: list[str], file: SentryFile) -> str:
    if len(models) == len(file.models):
        return "any model"
    return listed(models, _MODELS_SHOWN)
