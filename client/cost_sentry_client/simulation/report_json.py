"""What a simulation found, for machines. Amounts are strings of whole picodollars."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from cost_sentry.application.simulate_calls import Spender
from cost_sentry.application.simulation_tally import Change, ChangeKey, Example
from cost_sentry.domain.decision import Decision
from cost_sentry_client.simulation.comparison import Comparison

Spend = tuple[str, int, int]
"""Whose, before, after."""


def comparison_json(found: Comparison) -> dict[str, Any]:
    """The whole of it; who was asked about what stands beside it."""
    tally = found.tally
    return {
        "calls": tally.calls,
        "changed": tally.changed,
        "from": tally.first_at.isoformat() if tally.first_at else None,
        "to": tally.last_at.isoformat() if tally.last_at else None,
        "decisions": [
            {
                "outcome": outcome.value,
                "code": code.value,
                "before": tally.before[outcome, code],
                "after": tally.after[outcome, code],
            }
            for outcome, code in sorted(tally.before.keys() | tally.after.keys())
        ],
        "spend": {
            "total": _amounts(found.cost_before, found.cost_after),
            "byTeam": [{"team": n, **_amounts(b, a)} for n, b, a in spend_by_team(found)],
            "byModel": [{"modelId": n, **_amounts(b, a)} for n, b, a in spend_by_model(found)],
        },
        "affected": [_change_json(key, change) for key, change in changes_by_size(found)],
        "shadow": [{kind: name, "calls": n} for (kind, name), n in sorted(tally.shadow.items())],
        "cache": {
            "hitsBefore": tally.hits[0],
            "hitsAfter": tally.hits[1],
            "avoided": _amounts(tally.avoided_before, tally.avoided_after),
        },
        "recorded": tally.recorded,
        "recordedAlike": tally.recorded_alike,
    }


def spend_by_team(found: Comparison) -> list[Spend]:
    """Teams, those first whose spend changes most."""
    return _spend(found, lambda spender: spender[0])


def spend_by_model(found: Comparison) -> list[Spend]:
    """Models, likewise."""
    return _spend(found, lambda spender: spender[2])


def changes_by_size(found: Comparison) -> list[tuple[ChangeKey, Change]]:
    """Those first that concern most calls."""
    changes = found.tally.changes.items()
    return sorted(changes, key=lambda pair: (-pair[1].calls, pair[0].team, pair[0].application))


def _spend(found: Comparison, name: Callable[[Spender], str]) -> list[Spend]:
    before, after = _sums(found.spent_before, name), _sums(found.spent_after, name)
    rows = [(one, before[one], after[one]) for one in before.keys() | after.keys()]
    return sorted(rows, key=lambda row: (-abs(row[2] - row[1]), -row[1], row[0]))


def _sums(spent: Mapping[Spender, int], name: Callable[[Spender], str]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for spender, amount in spent.items():
        sums[name(spender)] += amount
    return sums


def _amounts(before: int, after: int) -> dict[str, str]:
    return {
        "beforePicodollars": str(before),
        "afterPicodollars": str(after),
        "differencePicodollars": str(after - before),
    }


def _change_json(key: ChangeKey, change: Change) -> dict[str, Any]:
    return {
        "team": key.team,
        "application": key.application,
        "before": key.before.value,
        "after": key.after.value,
        "by": key.by,
        "calls": change.calls,
        "examples": [_example_json(example) for example in change.examples],
    }


def _example_json(example: Example) -> dict[str, Any]:
    return {
        "requestId": example.request_id,
        "at": example.at.isoformat(),
        "modelAsked": example.after.model_asked,
        "before": _decision_json(example.before),
        "after": _decision_json(example.after),
    }


def _decision_json(decision: Decision) -> dict[str, Any]:
    return {
        "decision": decision.kind.value,
        "code": decision.code.value,
        "message": decision.message,
        "modelUsed": decision.model_used,
        "maxTokens": decision.output_limit_sent_tokens,
    }
