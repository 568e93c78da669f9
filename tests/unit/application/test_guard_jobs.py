"""The guard of jobs and notebooks: each warned once, stopped once, and told of."""

from dataclasses import replace
from datetime import timedelta

from cost_sentry.application.endpoint_ports import EndpointDenied, EndpointThrottled
from cost_sentry.application.guard_jobs import JobReport, guard_jobs
from cost_sentry.domain.endpoint_rules import EndpointRules, JobRules
from cost_sentry.domain.job_guard import HOURS_TAG, Job, JobKind
from tests.fakes.builders import NOON, ManualClock
from tests.fakes.configurations import configuration
from tests.fakes.memory_sleeps import MemoryNotices
from tests.fakes.sleep_world import PRICES

RULES = EndpointRules(jobs=JobRules())
TAGS = {HOURS_TAG: "10", "team": "search"}


class RunningJobs:
    """``application.endpoint_ports.Jobs``."""

    def __init__(self, *names: str) -> None:
        self.jobs = {
            name: Job(name=name, kind=JobKind.NOTEBOOK, tags=TAGS, started_at=NOON, fleets=())
            for name in names
        }
        self.stopped: list[str] = []
        self.denied: set[str] = set()
        self.is_throttled = False

    def running(self):
        if self.is_throttled:
            raise EndpointThrottled("slow down")
        return list(self.jobs.values())

    def stop(self, kind, name):
        if name in self.denied:
            raise EndpointDenied("AccessDenied")
        self.stopped.append(name)
        self.jobs[name] = replace(self.jobs[name], can_stop=False)


class World:
    def __init__(self, *names: str, rules: EndpointRules = RULES) -> None:
        self.jobs, self.outbox, self.clock = RunningJobs(*names), MemoryNotices(), ManualClock()
        self.rules = rules

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


def test_it_is_warned_of_once_and_then_stopped_once():
    world = World("lab")

    reports = [world.run(hours) for hours in (1, 8, 8.1, 9.9, 10, 10.1, 11)]

    assert [report.warned for report in reports] == [(), ("lab",), (), (), ("lab",), (), ()]
    assert world.jobs.stopped == ["lab"]
    assert world.outbox.events == ["warn", "stop"]


def test_its_owners_read_what_happened_whose_it_is_what_was_done_and_how_to_undo_it():
    world = World("lab")
    world.run(10)

    (notice,) = world.outbox.notices.values()
    assert notice.recipients == ("search@example.com",)
    assert notice.subject == "Cost sentry: notebook instance lab reached its limit"
    assert notice.body.splitlines()[:5] == [
        "What:     notebook instance lab reached its limit",
        "Whose:    team search",
        "Done:     it is being stopped",
        "Undo:     start it again with a higher limit; its volume is kept",
        "Why:      it runs for 10 of 10 hours",
    ]


def test_a_missing_permission_on_one_holds_up_no_other_and_is_told():
    world = World("a", "b", "c")
    world.jobs.denied.add("b")

    report = world.run(10)

    assert world.jobs.stopped == ["a", "c"]
    assert report.problems == ("b: AccessDenied",)


def test_what_could_not_be_stopped_is_stopped_by_the_next_run():
    world = World("a")
    world.jobs.denied.add("a")
    world.run(10)
    world.jobs.denied.clear()

    assert world.run(10.1).stopped == ("a",)


def test_jobs_that_cannot_be_listed_are_a_problem_and_no_fault():
    world = World("a")
    world.jobs.is_throttled = True

    assert world.run(10).problems == ("jobs cannot be listed: slow down",)


def test_a_dry_run_tells_and_stops_nothing():
    world = World("a", rules=replace(RULES, is_dry_run=True))

    report = world.run(10)

    assert (report.stopped, world.jobs.stopped) == ((), [])
    assert world.outbox.events == ["stop-planned"]
    assert "nothing: this is a dry run" in world.outbox.notices.popitem()[1].body


def test_nothing_is_listed_where_nobody_asked_for_the_guard():
    world = World("a", rules=EndpointRules())
    world.jobs.is_throttled = True

    assert world.run(10) == JobReport()
