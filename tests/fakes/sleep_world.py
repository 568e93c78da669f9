"""A sentry that watches endpoints, put together from fakes."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cost_sentry.application.endpoint_ports import EndpointThrottled
from cost_sentry.application.scale_endpoints import ScaleEndpoints
from cost_sentry.application.scale_report import ScaleReport
from cost_sentry.application.sleep_notices import SleepNotices
from cost_sentry.application.sleep_steps import SleepSteps
from cost_sentry.application.turns import Turns
from cost_sentry.application.wake_endpoint import WakeAnswer, wake_endpoint
from cost_sentry.application.wake_money import WakeMoney
from cost_sentry.domain.endpoint import EndpointKind
from cost_sentry.domain.endpoint_rules import EndpointRules
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.instance_price import HourlyPrices
from cost_sentry.domain.money import picodollars
from cost_sentry.domain.sentry_config import SentryConfig
from tests.fakes.builders import ManualClock, budget
from tests.fakes.configurations import configuration
from tests.fakes.memory_ledger import MemoryLedger
from tests.fakes.memory_sleeps import MemoryNotices, MemorySleeps
from tests.fakes.sleeping_endpoints import SageMaker

PRICES = {"ml.g5.xlarge": picodollars("1.408"), "ml.g5.12xlarge": picodollars("7.09")}
RULES = EndpointRules(idle_minutes=30, up_minutes_min=30)
DOLLAR = picodollars(1)


@dataclass
class SleepWorld:
    """Ports may be replaced before a run: each run is put together anew."""

    rules: EndpointRules = RULES
    limit: int = 100 * DOLLAR
    prices: HourlyPrices = field(default_factory=PRICES.copy)
    clock: ManualClock = field(default_factory=ManualClock)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    records: MemorySleeps = field(default_factory=MemorySleeps)
    notices: MemoryNotices = field(default_factory=MemoryNotices)
    looked_at: Turns = field(default_factory=Turns)
    faulted: Turns = field(default_factory=Turns)
    config: SentryConfig = field(init=False)
    sagemaker: SageMaker = field(init=False)

    def __post_init__(self) -> None:
        self.sagemaker = SageMaker(self.clock)
        self.set_limit(self.limit)

    def set_limit(self, limit: int) -> None:
        """Of the one budget, team search's of a day."""
        of_team = budget(limit=limit)
        self.config = configuration(of_team, endpoints=self.rules)
        self.ledger.define(of_team, of_team.window_at(self.clock.now()).id)

    def steps(self, **ports: Any) -> SleepSteps:
        given = {
            "endpoints": self.sagemaker,
            "figures": self.sagemaker,
            "records": self.records,
            "clock": self.clock,
            "money": self.money(ports.pop("ledger", self.ledger)),
            "notices": SleepNotices(
                outbox=ports.pop("outbox", self.notices), config=self.config, clock=self.clock
            ),
        }
        return SleepSteps(**{**given, **ports})

    def money(self, ledger: Any) -> WakeMoney:
        return WakeMoney(
            ledger=ledger,
            config=self.config,
            rules=self.rules,
            prices={**self.prices, **self.rules.instance_prices},
            price_version="2026-11-29",
        )

    def scaling(self, **ports: Any) -> ScaleEndpoints:
        steps = self.steps(**ports)
        return ScaleEndpoints(
            endpoints=steps.endpoints,
            figures=steps.figures,
            records=steps.records,
            steps=steps,
            config=self.config,
            clock=self.clock,
            looked_at=self.looked_at,
            faulted=self.faulted,
        )

    def run(self, **ports: Any) -> ScaleReport:
        return self.scaling(**ports).run()

    def wake(
        self,
        name: str,
        why: str = "somebody asks for it",
        *,
        asks_budgets_again: bool = False,
        **ports: Any,
    ) -> WakeAnswer:
        steps = self.steps(**ports)
        return wake_endpoint(
            name,
            why,
            steps=steps,
            records=steps.records,
            clock=self.clock,
            asks_budgets_again=asks_budgets_again,
        )

    def pass_minutes(self, minutes: int, every: int = 5) -> list[ScaleReport]:
        """With a run every few minutes."""
        reports = []
        for _ in range(0, minutes, every):
            self.clock.time += timedelta(minutes=every)
            reports.append(self.run())
        return reports

    def reasons(self, report: ScaleReport) -> dict[str, tuple[str, str]]:
        """Action and reason by endpoint."""
        return {one.endpoint: (one.action.value, one.reason) for one in report.planned}


def state(world: SleepWorld, name: str = "chat") -> SleepState | None:
    record = world.records.kept.get(name)
    return record.state if record else None


def put_to_sleep(
    world: SleepWorld, name: str = "chat", kind: EndpointKind = EndpointKind.PLAIN
) -> None:
    world.sagemaker.make(name, kind)
    world.run()
    world.pass_minutes(5)
    assert state(world, name) is SleepState.ASLEEP


def bodies(world: SleepWorld, event: str) -> list[str]:
    """Of the mails whose key ends so."""
    notices = world.notices.notices.values()
    return [one.body for one in notices if one.key.rpartition("/")[2].startswith(event)]


def wakes(world: SleepWorld) -> int:
    """Orders to make something again."""
    return sum(verb == "wake" for _, verb, _ in world.sagemaker.deeds)


class Watched:
    """``Endpoints`` that note what they are asked, and look so many times only."""

    def __init__(self, endpoints, looks_max: int = 99) -> None:
        self.endpoints, self.looks_max = endpoints, looks_max
        self.asked: list[tuple[str, tuple]] = []

    def __getattr__(self, verb):
        def ask(*given):
            self.asked.append((verb, given))
            if sum(one == "look" for one, _ in self.asked) > self.looks_max:
                raise EndpointThrottled("slow down")
            return getattr(self.endpoints, verb)(*given)

        return ask
