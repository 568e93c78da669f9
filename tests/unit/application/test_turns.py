"""Whose turn it is, as far as anybody remembers."""

from datetime import UTC, datetime

from cost_sentry.application.turns import Turns


def test_turns_of_those_that_are_gone_are_forgotten():
    turns, at = Turns(), datetime(2026, 11, 30, tzinfo=UTC)
    turns.had_at = {"gone": at, "there": at}

    assert turns.longest_ago_first(["there", "new"], at) == ["new", "there"]
    assert set(turns.had_at) == {"there"}
