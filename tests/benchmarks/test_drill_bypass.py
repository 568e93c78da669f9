"""The drill of calls past the sentry: what it reports is what happened, and a loss would show."""

import pytest

from benchmarks.drill.bypass import Bypass
from cost_sentry.application import usage_reconciliation


def test_every_call_past_the_sentry_is_booked_once():
    assert Bypass(seed=3, calls=60, own_calls=10).run() == {"calls": 60, "booked": 60, "drift": 0}


def test_a_comparison_that_booked_too_little_would_show(monkeypatch: pytest.MonkeyPatch):
    real = usage_reconciliation.with_intents

    def with_fewer(cursor, *told, **named):
        planned = real(cursor, *told, **named)
        return type(planned)(
            **{name: getattr(planned, name) for name in planned.__slots__ if name != "intents"},
            intents=planned.intents[:1] if cursor.number == 0 else (),
        )

    monkeypatch.setattr(usage_reconciliation, "with_intents", with_fewer)
    figures = Bypass(seed=3, calls=30, own_calls=5).run()

    assert figures["booked"] < figures["calls"]
    assert figures["drift"] > 0
