"""Jobs and notebooks in memory: what the port promises, and what can go wrong with it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from cost_sentry.application.endpoint_ports import (
    EndpointDenied,
    EndpointFault,
    EndpointRefused,
    EndpointThrottled,
    LimitedJob,
)
from cost_sentry.domain.instance_price import Fleet
from cost_sentry.domain.job_guard import HOURS_TAG, MONEY_TAG, Job, JobKind
from tests.fakes.builders import NOON

FLEETS = (Fleet(instance_type="ml.g5.xlarge", count=1),)
ROWS_PER_PAGE = 10


class MemoryJobs:
    """``application.endpoint_ports.Jobs``."""

    def __init__(self) -> None:
        self.jobs: dict[tuple[JobKind, str], Job] = {}
        self.ended: set[str] = set()
        self.stopped: list[str] = []
        self.looked: list[str] = []
        self.denied: set[str] = set()
        self.refused: set[str] = set()
        self.hidden: set[str] = set()
        self.calls_until_throttled: int | None = None
        """Of each operation: so many looks, and so many stops."""
        self.unlisted: set[JobKind] = set()
        """Whose list is throttled after its first page."""
        self.loses_answers = False
        self.meanwhile: Callable[[], None] = lambda: None
        """What happens during each call."""

    def add(self, kind: JobKind, name: str, tags: Mapping[str, str]) -> None:
        self.jobs[kind, name] = Job(name=name, kind=kind, tags=tags, started_at=NOON, fleets=FLEETS)

    def end(self, name: str) -> None:
        self.ended.add(name)

    def hide(self, name: str) -> None:
        """It may not be looked at."""
        self.hidden.add(name)

    def retag(self, name: str, **tags: str) -> None:
        for key, job in self.jobs.items():
            if key[1] == name:
                self.jobs[key] = replace(job, tags={**job.tags, **tags})

    def running(self, kind: JobKind) -> Iterator[Sequence[LimitedJob]]:
        rows = [
            job
            for job in self.jobs.values()
            if job.kind is kind and job.can_stop and job.name not in self.ended
        ]
        for first in range(0, max(len(rows), 1), ROWS_PER_PAGE):
            self.meanwhile()
            if first and kind in self.unlisted:
                raise EndpointThrottled("slow down")
            yield [
                LimitedJob(kind=kind, name=job.name, tags=job.tags)
                for job in rows[first : first + ROWS_PER_PAGE]
                if job.tags.keys() & {HOURS_TAG, MONEY_TAG}
            ]

    def look(self, one: LimitedJob) -> Job | None:
        self.meanwhile()
        self._meet_throttle(self.looked)
        self.looked.append(one.name)
        if one.name in self.hidden:
            raise EndpointDenied(f"{one.name}: AccessDeniedException: no")
        job = self.jobs.get((one.kind, one.name))
        return None if job is None or one.name in self.ended else replace(job, tags=one.tags)

    def stop(self, kind: JobKind, name: str) -> None:
        self.meanwhile()
        self._meet_throttle(self.stopped)
        if name in self.denied:
            raise EndpointDenied("AccessDenied")
        if name in self.refused:
            raise EndpointRefused("ValidationException: it cannot be stopped")
        job = self.jobs[kind, name]
        if job.can_stop and name not in self.ended:
            self.stopped.append(name)
        self.jobs[kind, name] = replace(job, can_stop=False)
        if self.loses_answers:
            raise EndpointFault("no answer")

    def _meet_throttle(self, done: Sequence[str]) -> None:
        if self.calls_until_throttled is not None and len(done) >= self.calls_until_throttled:
            raise EndpointThrottled("slow down")
