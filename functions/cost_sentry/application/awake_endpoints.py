"""Endpoints that are awake and may sleep, with all that decides whether they do."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from cost_sentry.application.endpoint_ports import (
    EndpointFault,
    EndpointFigures,
    Endpoints,
    EndpointThrottled,
)
from cost_sentry.application.endpoint_problems import problem_of
from cost_sentry.application.ports import Clock
from cost_sentry.application.scale_report import ScaleReport
from cost_sentry.application.turns import Turns
from cost_sentry.application.wake_money import has_budget
from cost_sentry.domain.endpoint import Activity, Endpoint
from cost_sentry.domain.endpoint_plan import LOOK_BACK, Watched, why_kept
from cost_sentry.domain.endpoint_rules import EndpointRules
from cost_sentry.domain.endpoint_sleep import SleepRecord, SleepState
from cost_sentry.domain.instance_price import HourlyPrices
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.sleep_tries import sleeps_from


@dataclass(frozen=True, slots=True, kw_only=True)
class AwakeEndpoints:
    """One look at them, with its ports bound. What cannot be seen is a problem in the report."""

    endpoints: Endpoints
    figures: EndpointFigures
    config: SentryConfig
    rules: EndpointRules
    prices: HourlyPrices
    clock: Clock
    looked_at: Turns
    faulted: Turns

    def watched(
        self, records: Mapping[str, SleepRecord], report: ScaleReport, until: datetime
    ) -> list[Watched]:
        """Those that were looked at by then, with what their metrics say."""
        now = self.clock.now()
        awake = [
            Watched(
                endpoint=one,
                activity=None,
                awake_since=_awake_since(one, records.get(one.name)),
                has_budget=has_budget(one, self.config),
                not_slept=_why_not_slept(records.get(one.name)),
                not_before=sleeps_from(one, records.get(one.name)),
                faulted_at=self.faulted.since(one.name),
            )
            for one in self._looked_at(records, report, until)
        ]
        activities = self._activities(awake, now, report)
        return [replace(one, activity=activities.get(one.endpoint.name)) for one in awake]

    def _looked_at(
        self, records: Mapping[str, SleepRecord], report: ScaleReport, until: datetime
    ) -> list[Endpoint]:
        """Endpoints that may sleep by their tag and have no sleep under way.

        Who was looked at longest ago is first; who was not come to is told of.
        """
        found: list[Endpoint] = []
        try:
            names = self.endpoints.named()
        except EndpointFault as fault:
            report.problems.append(problem_of("endpoints cannot be listed", fault))
            return found
        unread = {problem.of for problem in report.problems}
        for name in self.looked_at.longest_ago_first(names, self.clock.now()):
            record = records.get(name)
            if name in unread or (record is not None and not record.has_ended):
                continue
            if self.clock.now() >= until:
                report.late[name] = None
                continue
            self.looked_at.had_at[name] = self.clock.now()
            try:
                endpoint = self.endpoints.look(name)
            except EndpointThrottled as fault:
                report.problems.append(problem_of(f"{name} and others", fault))
                break
            except EndpointFault as fault:
                report.problems.append(problem_of(name, fault))
                continue
            if endpoint is not None:
                found.append(endpoint)
        return found

    def _activities(
        self, awake: list[Watched], now: datetime, report: ScaleReport
    ) -> dict[str, Activity]:
        """Of those that nothing else keeps awake: metrics are paid for by the number."""
        rules, prices = self.rules, self.prices
        asked = [
            one.endpoint
            for one in awake
            if why_kept(one, now=now, rules=rules, prices=prices) is None
        ]
        if not asked:
            return {}
        idle = max(rules.idle_for(rules.group_of(one.tags)) for one in asked)
        try:
            return dict(self.figures.activities(asked, now - idle - LOOK_BACK, now))
        except EndpointFault as fault:
            report.problems.append(problem_of("metrics of endpoints cannot be read", fault))
            return {}


def _awake_since(endpoint: Endpoint, record: SleepRecord | None) -> datetime:
    """Since it was made, was woken, or was to sleep in vain: that is not tried at once again."""
    return endpoint.made_at if record is None else max(endpoint.made_at, record.since)


def _why_not_slept(record: SleepRecord | None) -> str:
    return record.reason if record and record.state is SleepState.ABANDONED else ""
