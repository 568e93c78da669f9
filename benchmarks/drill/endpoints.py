"""Fifty endpoints of both kinds over a week: what sleeping saves, and whether a call is lost.

The sentry's own use cases run every five minutes on a virtual clock, over a model of SageMaker
whose orders take minutes, fail and are throttled, and whose metrics are late, and once missing for
half an hour. Callers do what the shipped client does: wake, and wait or ask the model that stands
in. That model has a budget of its own, which can refuse; and one group of endpoints has no such
model: its callers wait as long as a wake may take by the rules, as the first answer tells them. A
call that a budget refused is refused, with its reason; every other call that nobody answered is
lost.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import Any

from benchmarks.drill.endpoint_calls import RHYTHMS, arrivals
from benchmarks.drill.endpoint_stand_in import StandIn
from cost_sentry.application.endpoint_ports import EndpointThrottled
from cost_sentry.application.ports import Shortage
from cost_sentry.domain.endpoint import EndpointKind, Snapshot
from cost_sentry.domain.endpoint_rules import EndpointGroup, EndpointRules
from cost_sentry.domain.instance_price import Fleet
from cost_sentry.domain.money import PICODOLLARS_PER_DOLLAR, picodollars
from cost_sentry.domain.timetable import Timetable
from cost_sentry_client.endpoint_calls import NextStep, Patience, next_step
from tests.fakes.builders import ManualClock
from tests.fakes.sleep_world import SleepWorld

COUNT = 50
GPUS = {"ml.g5.xlarge": 1, "ml.g5.12xlarge": 4}
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
DAYS = 7
DRAIN = timedelta(hours=3)
"""After the week, without new calls: what was begun comes to its end."""
RUN_EVERY = timedelta(minutes=5)
DOLLARS_A_DAY = 120
"""For waking all of them; busy days need more, so that some wakes are refused."""
_OFFICE_HOURS = Timetable(
    days=frozenset(range(5)), opens_minute=8 * 60, closes_minute=18 * 60, zone=UTC
)
ALONE = "customers"
"""The rhythm of endpoints for which no other model stands in."""
RULES = EndpointRules(
    idle_minutes=30,
    up_minutes_min=30,
    wake_minutes_max=30,
    groups=(
        EndpointGroup(
            id="office",
            scope={"use": "office"},
            timetable=_OFFICE_HOURS,
            instead="us.amazon.nova-lite-v1:0",
        ),
        EndpointGroup(id=ALONE, scope={"use": ALONE}),
        EndpointGroup(id="others", instead="us.amazon.nova-lite-v1:0"),
    ),
)
WAITS = Patience(seconds=RULES.wake_minutes_max * 60)
AT_ONCE = Patience()


@dataclass(order=True, slots=True)
class Call:
    """One call, at the moment at which it is tried, or tried again."""

    at: datetime
    number: int
    endpoint: str = field(compare=False)
    seconds: float = field(compare=False)
    patience: Patience = field(compare=False)
    since: datetime = field(compare=False)
    asks_again: bool = field(default=False, compare=False)


class Week:
    """The world of one seed; ``days`` from a Monday on."""

    def __init__(self, seed: int, *, count: int = COUNT, days: int = DAYS) -> None:
        self.endpoints, self.ends = count, MONDAY + timedelta(days=days)
        self.chance = random.Random(seed)
        self.count: Counter[str] = Counter()
        self.refused: set[str] = set()
        self.stand_in = StandIn()
        self.waited_seconds_max = 0.0
        self.running: dict[str, list[Call]] = {}
        self.gpus: dict[str, int] = {}
        limit = picodollars(DOLLARS_A_DAY)
        self.world = SleepWorld(rules=RULES, limit=limit, clock=ManualClock(MONDAY))
        self.calls: list[Call] = []
        self._reserve = self.world.ledger.reserve
        self.world.ledger.reserve = self._asked  # type: ignore[method-assign]
        self._furnish()

    def _furnish(self) -> None:
        sagemaker, chance = self.world.sagemaker, self.chance
        sagemaker.lag = timedelta(seconds=90)
        sagemaker.seconds = lambda _name, verb: (
            chance.uniform(30, 150) if verb == "sleep" else chance.uniform(180, 600)
        )
        sagemaker.fails = lambda _name: chance.random() < 0.02
        sagemaker.watch = self._deed
        for number in range(self.endpoints):
            self._endpoint(f"endpoint-{number:02d}", number)

    def _endpoint(self, name: str, number: int) -> None:
        chance, rhythm = self.chance, RHYTHMS[number % len(RHYTHMS)]
        kind = EndpointKind.PLAIN if number % 2 else EndpointKind.COMPONENTS
        instance = "ml.g5.12xlarge" if number % 5 == 0 else "ml.g5.xlarge"
        one = self.world.sagemaker.make(
            name, kind, fleets=(Fleet(instance_type=instance, count=1),)
        )
        one.tags = {**one.tags, "use": rhythm}
        self.running[name], self.gpus[name] = [], GPUS[instance]
        has_other = RULES.group_of(one.tags).instead is not None
        patience = AT_ONCE if has_other and number % 4 > 1 else WAITS
        busy = chance.choice((2, 10, 60))
        for moment, seconds in arrivals(rhythm, busy, MONDAY, self.ends, chance):
            call = Call(moment, len(self.calls), name, seconds, patience, moment)
            heappush(self.calls, call)
            self.count["calls"] += 1

    def live(self) -> None:
        """The week, and what was begun in it."""
        clock, due = self.world.clock, MONDAY
        while due < self.ends + DRAIN:
            while self.calls and self.calls[0].at <= due:
                call = heappop(self.calls)
                clock.time = max(clock.time, call.at)
                self._try(call)
            clock.time = max(clock.time, due)
            self._weather(due)
            self._run()
            due += RUN_EVERY

    def _weather(self, now: datetime) -> None:
        """Throttled now and then; on Wednesday half an hour without metrics."""
        sagemaker = self.world.sagemaker
        sagemaker.refuses.clear()
        if self.chance.random() < 0.02:
            verb = self.chance.choice(("look", "put_to_sleep", "restore", "activities"))
            sagemaker.refuses[verb, "*"] = EndpointThrottled("Rate exceeded")
        gap = MONDAY + timedelta(days=2, hours=12)
        is_gap = gap <= now < gap + timedelta(minutes=30)
        sagemaker.deaf = set(self.running) if is_gap else set()

    def _run(self) -> None:
        report = self.world.run()
        self.count["problems"] += len(report.problems)

    def _try(self, call: Call) -> None:
        sagemaker, name = self.world.sagemaker, call.endpoint
        if sagemaker.call(name, call.seconds):
            call.at = self.world.clock.time
            self.running[name].append(call)
            self.count["by the endpoint"] += 1
            waited = (self.world.clock.time - call.since).total_seconds()
            self.waited_seconds_max = max(self.waited_seconds_max, waited)
            return
        self._in_vain(call)

    def _in_vain(self, call: Call) -> None:
        now, told = self.world.clock.time, self._told(call.endpoint)
        step = next_step(told, (now - call.since).total_seconds(), call.patience)
        if step is NextStep.INSTEAD:
            is_paid = self.stand_in.answers(call.number, now)
            self.count["by the model that stands in" if is_paid else "unpaid stand-in"] += 1
        elif step is NextStep.WAIT or (step is NextStep.CALL and not call.asks_again):
            call.asks_again = step is NextStep.CALL
            call.at = now + timedelta(seconds=15)
            heappush(self.calls, call)
        else:
            is_refused = told["state"] == "ASLEEP" and told["expectedBy"] is None
            self.count["unpaid wake" if is_refused else "not awake in time"] += 1

    def _told(self, name: str) -> Mapping[str, Any]:
        answer = self.world.wake(name)
        by = answer.expected_by
        return {
            "state": answer.state.value,
            "instead": answer.instead,
            "expectedBy": None if by is None else by.isoformat(),
        }

    def _deed(self, verb: str, snapshot: Snapshot) -> None:
        """Calls that run while an endpoint is taken away fail, and are tried again."""
        name, now = snapshot.endpoint.name, self.world.clock.time
        running = [
            call
            for call in self.running[name]
            if verb == "sleep" and call.at + timedelta(seconds=call.seconds) > now
        ]
        self.running[name] = []
        for call in running:
            self.count["cut off"] += 1
            self.count["by the endpoint"] -= 1
            call.at = now + timedelta(seconds=1)
            heappush(self.calls, call)

    def _asked(self, reservation: Any) -> Any:  # noqa: ANN401 - handed through
        answer = self._reserve(reservation)
        if isinstance(answer, Shortage):
            self.refused.add(reservation.request_id)
        return answer

    def figures(self) -> dict[str, Any]:
        """What ``build/drill.json`` says of it, and how."""
        seconds = (self.ends - MONDAY).total_seconds()
        hours, saved = 0.0, 0.0
        for name, gpus in self.gpus.items():
            hours += gpus * seconds / 3600
            saved += gpus * (seconds - _up_seconds(self.world.sagemaker.up[name], self.ends)) / 3600
        restores = self._restores()
        totals = [record.total for record in self.world.records.kept.values()]
        saved_picodollars = sum(total.saved_picodollars for total in totals)
        return {
            "count": self.endpoints,
            "gpu_hours": round(hours),
            "gpu_hours_saved": round(saved),
            "usd_saved_by_list_prices": saved_picodollars // PICODOLLARS_PER_DOLLAR,
            "calls": self.count["calls"],
            "calls_by_the_endpoint": self.count["by the endpoint"],
            "calls_by_the_model_that_stands_in": self.count["by the model that stands in"],
            "calls_cut_off_and_tried_again": self.count["cut off"],
            "calls_refused_for_their_wake_was_not_paid": self.count["unpaid wake"],
            "calls_refused_for_the_stand_in_was_not_paid": self.count["unpaid stand-in"],
            "calls_lost": self.count["not awake in time"] + len(self.calls),
            "waited_seconds_max": round(self.waited_seconds_max),
            "wakes_refused_by_budget": len(self.refused),
            "restores": restores,
            "restores_verified": sum(total.restores for total in totals),
        }

    def _restores(self) -> int:
        """Endpoints that came back: orders to wake but those that failed, as SageMaker has them."""
        ups = (len(self.world.sagemaker.up[name]) - 1 for name in self.gpus)
        return sum(ups)


def _up_seconds(ups: Sequence[tuple[datetime, datetime | None]], end: datetime) -> float:
    """Between Monday and ``end``, with instances."""
    return sum(
        (min(until or end, end) - max(start, MONDAY)).total_seconds()
        for start, until in ups
        if start < end
    )


def measured(seed: int) -> Mapping[str, Any]:
    """One week."""
    week = Week(seed)
    week.live()
    return week.figures()
