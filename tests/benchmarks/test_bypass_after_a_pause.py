"""The real ledger, journal and cursors after a pause of days: every call past the sentry, once."""

from datetime import datetime, timedelta
from random import Random

import pytest

from benchmarks.budget.bench_sentry import MODELS
from benchmarks.drill.bypass import MINUTE, REQUESTS, START, TOKENS, Bypass
from benchmarks.drill.late_metrics import LateMetrics
from cost_sentry.domain.usage import TokenUsage

DAY = timedelta(days=1)


class ForgetfulMetrics(LateMetrics):
    """Lists as CloudWatch does, by how long ago there was anything."""

    def list_metrics(self, **asked):
        self._answer("ListMetrics")
        within = timedelta(hours=3) if "RecentlyActive" in asked else timedelta(days=14)
        first = self._clock.now() - within
        names = {(model, name) for model, name, minute in self._sums if minute >= first}
        return {
            "Metrics": [
                {"MetricName": name, "Dimensions": [{"Name": "ModelId", "Value": model}]}
                for model, name in sorted(names)
            ]
        }


class Paused(Bypass):
    """Nothing runs for days while calls go past the sentry."""

    def __init__(self, seed: int, days: int) -> None:
        super().__init__(seed, 0, 0)
        self._metrics = ForgetfulMetrics(Random(seed), self._virtual.clock)
        self._adapter._client = self._metrics
        self._days = days
        self.calls: list[datetime] = []

    def run(self):
        chance = Random(self._days)
        self._at(START, lambda: self._reconcile(is_quiet=True))
        for _ in range(40):
            moment = START + MINUTE + chance.random() * self._days * DAY
            self.calls.append(moment)
            self._at(moment, self._call(chance.choice(MODELS), moment))
        for minute in range(40, 70):
            at = START + self._days * DAY + minute * MINUTE
            self._at(at, self._scheduled(is_quiet=True))
        return super().run()

    def _call(self, model, moment):
        usage = TokenUsage(input_tokens=7, output_tokens=3)
        return lambda: self._metrics.metered(model, moment, usage)

    def _scheduled(self, *, is_quiet):
        """Those of the bypass itself fall into the pause."""
        return lambda: self._reconcile(is_quiet=True) if self._is_over() else None

    def _is_over(self):
        return self._virtual.clock.now() >= START + self._days * DAY

    def posted(self, budget, days):
        windows = {budget.window_at(START + n * DAY).id for n in range(days + 1)}
        return sum(self._virtual.sentry.books.balance(budget, one).posted for one in windows)


@pytest.mark.slow
@pytest.mark.parametrize("days", [1, 5, 13])
def test_after_days_every_call_is_booked_in_its_own_day(days):
    paused = Paused(seed=days, days=days)

    paused.run()

    assert paused.posted(REQUESTS, days) == len(paused.calls)
    assert paused.posted(TOKENS, days) == 10 * len(paused.calls)
