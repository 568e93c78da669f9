"""Who spends in a scope, and on which model: from the journal, as far as it can be read."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from cost_sentry.application.incident_ports import WindowSpend
from cost_sentry.domain.budget import MODEL_TAG, Budget, Unit
from cost_sentry.domain.caller import APPLICATION_TAG, TEAM_TAG
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.incident import NO_EVIDENCE, Evidence, Lead
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.spend import SpendLine

_LONG = timedelta(days=400)
_NAMED = frozenset({TEAM_TAG, APPLICATION_TAG, MODEL_TAG})


def evidence_of(
    scope: Mapping[str, str], config: SentryConfig, journal: WindowSpend, now: datetime
) -> Evidence:
    """Of the shortest window of dollars that all of this scope is charged to.

    ``NO_EVIDENCE`` where there is none, or the journal cannot be asked: an incident does not wait
    for it.
    """
    budget = _narrowest(scope, config, now)
    if budget is None:
        return NO_EVIDENCE
    window = budget.window_at(now)
    try:
        lines = journal.spend(budget.id, window.id).lines
    except LedgerUnavailable:
        return NO_EVIDENCE
    own = [line for line in lines if _is_of(line, scope)]
    return Evidence(
        application=_lead((f"{one.team}/{one.application}", one.posted) for one in own),
        model=_lead((one.model_id, one.posted) for one in own),
        budget_id=budget.id,
        window_id=window.id,
    )


def _narrowest(scope: Mapping[str, str], config: SentryConfig, now: datetime) -> Budget | None:
    facts = scope.items()
    counting = (
        one
        for one in config.budgets
        if one.unit is Unit.USD and one.bounds and one.scope.items() <= facts
    )
    lengths = ((_length(one, now), one) for one in counting)
    return min(lengths, key=lambda pair: pair[0], default=(None, None))[1]


def _length(budget: Budget, now: datetime) -> timedelta:
    window = budget.window_at(now)
    return window.end - window.start if window.start and window.end else _LONG


def _is_of(line: SpendLine, scope: Mapping[str, str]) -> bool:
    """Of scopes with other tags nobody knows which lines are theirs: those of the rest are."""
    facts = {
        TEAM_TAG: line.team,
        APPLICATION_TAG: line.application,
        MODEL_TAG: base_model_id(line.model_id),
    }
    return all(facts[name] == value for name, value in scope.items() if name in _NAMED)


def _lead(spent: Iterable[tuple[str, int]]) -> Lead | None:
    sums: Counter[str] = Counter()
    for name, amount in spent:
        sums[name] += amount
    if not sums:
        return None
    name, amount = max(sums.items(), key=lambda pair: (pair[1], pair[0]))
    return Lead(name=name, picodollars=amount, of_picodollars=sum(sums.values()))
