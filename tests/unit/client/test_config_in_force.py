"""When `config apply` returns, every function goes by what was applied."""

from types import SimpleNamespace

import pytest

from cost_sentry.adapters.dynamodb_config_store import FRESH_FOR
from cost_sentry_client import operations
from tests.unit.client.conftest import configuration


@pytest.fixture
def waits(monkeypatch):
    """Seconds waited, in order; nothing waits."""
    found = []
    # Its own name of it: other threads of this process sleep too.
    monkeypatch.setattr(operations, "time", SimpleNamespace(sleep=found.append))
    monkeypatch.setattr(operations, "FRESH_FOR", FRESH_FOR)
    return found


def test_applying_waits_until_no_function_knows_the_old_configuration(empty_desk, waits):
    empty_desk.apply(configuration())

    assert waits == [FRESH_FOR.total_seconds()]


def test_applying_what_is_in_force_waits_for_nothing(desk, waits):
    desk.apply(configuration())

    assert waits == []
