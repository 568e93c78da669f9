from zoneinfo import ZoneInfo

import pytest

from cost_sentry.domain.alert_mail import write_alert
from cost_sentry.domain.budget import Unit
from tests.fakes.crossings import crossing


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        (Unit.REQUESTS, "40 of 50 requests"),
        (Unit.INPUT_TOKENS, "40 of 50 input tokens"),
        (Unit.OUTPUT_TOKENS, "40 of 50 output tokens"),
    ],
)
def test_every_count_says_what_it_counts(unit, shown):
    alert = write_alert(crossing(("search", "chat", "m", 40), unit=unit, limit=50), [])

    assert f"past 80%: {shown} spent (80%)" in alert.body
    assert f"search/chat 40 {unit.value.replace('_', ' ')}" in alert.body
    assert alert.subject.endswith(f"at 80% of 50 {unit.value.replace('_', ' ')}")


def test_a_single_request_is_not_called_many():
    body = write_alert(crossing(("a", "b", "m", 1), unit=Unit.REQUESTS, limit=1), []).body

    assert "past 80%: 1 of 1 request spent (100%)" in body


def test_a_budget_of_another_time_zone_says_by_whose_clocks_it_resets():
    body = write_alert(crossing(zone=ZoneInfo("Europe/Berlin")), []).body

    assert "Resets:   2026-11-21 23:00 UTC, by the clocks of Europe/Berlin" in body
