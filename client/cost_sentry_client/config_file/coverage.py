"""Which budgets a call is charged to: none is allowed and seldom meant, too many cannot be."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import product

from cost_sentry.domain.budget import MODEL_TAG, BudgetMode
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.window import WindowKind
from cost_sentry_client.config_file.problems import Finding, listed, quoted
from cost_sentry_client.config_file.shapes import BudgetShape, SentryFile

BUDGETS_PER_CALL_MAX = 40
"""A reservation is one DynamoDB expression over all of them, and those end at 4 KB."""

_TEAM_TAG = "team"
_MODELS_SHOWN = 3

_Pair = tuple[str | None, str | None]
"""Team and base model id that a scope asks for; ``None`` is any."""


def find_uncovered(file: SentryFile) -> list[Finding]:
    """One finding per team that has models which only a request with further tags may call."""
    spending = [budget for budget in file.budgets if _bounds(budget)]
    pairs = {_pair(budget) for budget in spending if not _further(budget)}
    findings = []
    for team in file.teams:
        bare = [id_ for id_ in file.models if pairs.isdisjoint(_matching(team, id_))]
        if bare:
            some = "any model" if len(bare) == len(file.models) else listed(bare, _MODELS_SHOWN)
            findings.append(
                Finding(
                    path=("teams", team),
                    problem=f"no budget covers calls of {quoted(team)} to {some}; "
                    "without further tags they are refused (NO_BUDGET)",
                    allowed=f"a budget with scope {{team: {team}}}, or one with an empty scope, "
                    "that is spent and not of agent runs",
                    at_key=True,
                )
            )
    return findings


def _bounds(budget: BudgetShape) -> bool:
    """As ``domain.budget.Budget.bounds`` has it."""
    counts = budget.unit.is_spent and budget.window is not WindowKind.SESSION
    return counts and budget.mode is BudgetMode.ENFORCE


def find_crowded(file: SentryFile) -> Iterator[Finding]:
    """The first team and model whose calls could be charged to more budgets than one write takes.

    An upper bound: of budgets that differ in a further tag's value, a call can match one value.
    """
    load = _load(file.budgets)
    for team, id_ in product(file.teams, file.models):
        together = sum(load[pair] for pair in _matching(team, id_))
        if together > BUDGETS_PER_CALL_MAX:
            yield Finding(
                path=("budgets",),
                problem=f"a call of {quoted(team)} to {id_} may match {together} budgets at once",
                allowed=f"at most {BUDGETS_PER_CALL_MAX} budgets for one call",
                at_key=True,
            )
            return


def _load(budgets: list[BudgetShape]) -> dict[_Pair, int]:
    groups: dict[tuple[_Pair, tuple[str, ...]], Counter[tuple[str, ...]]] = defaultdict(Counter)
    for budget in budgets:
        names = tuple(sorted(_further(budget)))
        groups[_pair(budget), names][tuple(budget.scope[name] for name in names)] += 1
    load: dict[_Pair, int] = defaultdict(int)
    for (pair, _), values in groups.items():
        load[pair] += max(values.values())
    return load


def _matching(team: str, model_id: str) -> tuple[_Pair, ...]:
    """The pairs that a call of this team to this model matches."""
    base = base_model_id(model_id)
    return ((None, None), (team, None), (None, base), (team, base))


def _pair(budget: BudgetShape) -> _Pair:
    return budget.scope.get(_TEAM_TAG), budget.scope.get(MODEL_TAG)


def _further(budget: BudgetShape) -> set[str]:
    return budget.scope.keys() - {_TEAM_TAG, MODEL_TAG}
