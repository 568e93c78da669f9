"""Notebooks with a limit of ten hours, and the runs that guard them."""

from datetime import timedelta

from cost_sentry.application.guard_jobs import JobReport, guard_jobs
from cost_sentry.domain.endpoint_rules import EndpointRules, JobRules
from cost_sentry.domain.job_guard import HOURS_TAG, JobKind
from tests.fakes.builders import NOON, ManualClock
from tests.fakes.configurations import configuration
from tests.fakes.memory_jobs import MemoryJobs
from tests.fakes.memory_sleeps import MemoryNotices
from tests.fakes.sleep_world import PRICES

RULES = EndpointRules(jobs=JobRules())
TAGS = {HOURS_TAG: "10", "team": "search"}


class World:
    def __init__(self, *names: str, rules: EndpointRules = RULES) -> None:
        self.jobs, self.outbox, self.clock = MemoryJobs(), MemoryNotices(), ManualClock()
        self.rules = rules
        for name in names:
            self.jobs.add(JobKind.NOTEBOOK, name, TAGS)

    def run(self, hours: float = 0) -> JobReport:
        self.clock.time = NOON + timedelta(hours=hours)
        return guard_jobs(
            jobs=self.jobs,
            outbox=self.outbox,
            config=configuration(),
            rules=self.rules,
            prices=PRICES,
            clock=self.clock,
        )


def warned_of(*names: str, **changes) -> World:
    """Each was seen and warned of before its limit."""
    world = World(*names, **changes)
    world.run(9)
    return world
