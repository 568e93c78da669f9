"""The whole run, once it is over."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cost_sentry.domain.money import dollars_text
from cost_sentry_client.budget_limit import LimitChange
from cost_sentry_client.budget_report import budget_json
from cost_sentry_client.operations import BudgetState, Operator
from cost_sentry_local.demo.acts import Acts, acts_json
from cost_sentry_local.demo.answers import Answer, Outcome
from cost_sentry_local.demo.audit_evidence import Evidence, Finding
from cost_sentry_local.demo.rules import Scene
from cost_sentry_local.demo.savings import Saving
from cost_sentry_local.mailbox import Mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the tables and the summary are made of."""

    answers: Sequence[Answer]
    """To the calls of the trace, in its order."""
    evidence: Evidence
    budgets: Sequence[BudgetState]
    savings: Sequence[Saving]
    scenes: Sequence[Scene]
    acts: Acts
    mails: Sequence[Mail]
    """Of alerts."""
    closing: LimitChange
    findings: Sequence[Finding]
    expired: int
    replay_seconds: float
    seconds: float

    @property
    def broken(self) -> tuple[str, ...]:
        """Every breach, with its promise."""
        return tuple(f"{f.promise} {breach}" for f in self.findings for breach in f.broken)


def budget_states(operator: Operator, evidence: Evidence) -> list[BudgetState]:
    """Every budget, in every window that money was spent from: midnight may have passed.

    Without those of which nothing is ever held, and of agent runs those that were made.
    """
    states = []
    for current in operator.budgets():
        budget = current.budget
        spent = sorted(
            purse.rpartition("@")[2]
            for purse in evidence.ledger.windows
            if purse.rpartition("@")[0] == budget.id
        )
        states += [operator.budget(budget.id, window) for window in spent] or [current]
    return [state for state in states if state.is_counted]


def summary(result: Result) -> dict[str, Any]:
    """``build/demo-summary.json``: the fields that are promised first, then more."""
    counts = Counter(answer.outcome for answer in result.answers)
    return {
        "calls": len(result.answers),
        **{outcome.value: counts[outcome] for outcome in Outcome},
        "seconds": round(result.seconds, 1),
        "saved_usd": dollars_text(sum(line.saved for line in result.savings)),
        "alerts": result.evidence.ledger.alerts,
        "rules": [
            {"scene": scene.title, "codes": [a.sentry.get("code") for a in scene.answers]}
            for scene in result.scenes
        ],
        **acts_json(result.acts),
        "budgets": [budget_json(state) for state in result.budgets],
        "replay_seconds": round(result.replay_seconds, 1),
        "mails": [dict(mail) for mail in result.mails],
        "promises": [
            {
                "promise": finding.promise,
                "title": finding.title,
                "checked": finding.checked,
                "broken": list(finding.broken),
            }
            for finding in result.findings
        ],
    }
