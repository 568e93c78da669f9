"""Which jobs and notebooks run under a limit: listed and looked at, while there is time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cost_sentry.application.endpoint_ports import (
    EndpointFault,
    EndpointThrottled,
    Jobs,
    LimitedJob,
)
from cost_sentry.application.endpoint_problems import Problem, problem_of
from cost_sentry.application.ports import Clock
from cost_sentry.application.turns import in_turn
from cost_sentry.domain.job_guard import Job, JobKind

LIST_SECONDS_MAX = 6
"""Since the guard began; after that no further page is asked for."""
LOOK_SECONDS_MAX = 14
"""Since the guard began; after that none is looked at, and those that were seen are judged."""


def running_jobs(jobs: Jobs, clock: Clock, problems: list[Problem]) -> list[Job]:
    """Those that could be looked at. What could not is told in ``problems``, once for them all."""
    view = _View(jobs=jobs, clock=clock, began=clock.now(), problems=problems)
    found = [one for kind in in_turn(JobKind, view.began) for one in view.listed(kind)]
    return view.looked_at(in_turn(found, view.began, lambda one: f"{one.kind.name}/{one.name}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """What one run sees."""

    jobs: Jobs
    clock: Clock
    began: datetime
    problems: list[Problem]

    def listed(self, kind: JobKind) -> list[LimitedJob]:
        """What came before a fault, or before the time was over, is looked at all the same."""
        found: list[LimitedJob] = []
        what, pages = f"{kind.value}s cannot all be listed", self.jobs.running(kind)
        try:
            while not self._is_over(LIST_SECONDS_MAX):
                page = next(pages, None)
                if page is None:
                    return found
                found += page
        except EndpointFault as fault:
            self.problems.append(problem_of(what, fault))
        else:
            self.problems.append(problem_of(what, _late(LIST_SECONDS_MAX)))
        return found

    def looked_at(self, queue: Sequence[LimitedJob]) -> list[Job]:
        """Who asks on while SageMaker throttles is throttled for longer."""
        seen: list[Job] = []
        for place, one in enumerate(queue):
            unseen = and_others(one.name, len(queue) - place - 1)
            if self._is_over(LOOK_SECONDS_MAX):
                self.problems.append(problem_of(unseen, _late(LOOK_SECONDS_MAX)))
                break
            try:
                job = self.jobs.look(one)
            except EndpointThrottled as fault:
                self.problems.append(problem_of(unseen, fault))
                break
            except EndpointFault as fault:
                self.problems.append(problem_of(one.name, fault))
                continue
            if job is not None:
                seen.append(job)
        return seen

    def _is_over(self, seconds_max: int) -> bool:
        return self.clock.now() >= self.began + timedelta(seconds=seconds_max)


def and_others(name: str, others: int) -> str:
    """``lab``, ``lab and 1 other``, or ``lab and 41 others``."""
    if not others:
        return name
    return f"{name} and {others} other{'s' if others > 1 else ''}"


def _late(seconds_max: int) -> EndpointFault:
    return EndpointFault(f"SageMaker took more than {seconds_max} seconds; the next run goes on")
