"""Warn of jobs and notebooks that near their limit, and stop those that reached it. By schedule."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cost_sentry.application.endpoint_ports import (
    EndpointDenied,
    EndpointFault,
    EndpointRefused,
    EndpointThrottled,
    Jobs,
)
from cost_sentry.application.endpoint_problems import Problem, problem_of
from cost_sentry.application.notice_ports import NoticeOutbox
from cost_sentry.application.ports import Clock
from cost_sentry.application.running_jobs import and_others, running_jobs
from cost_sentry.domain.endpoint import STAY_AWAKE_TAG, YES
from cost_sentry.domain.endpoint_mail import Mail, endpoint_notice
from cost_sentry.domain.endpoint_rules import EndpointRules
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.instance_price import HourlyPrices
from cost_sentry.domain.job_guard import (
    HOURS_TAG,
    MONEY_TAG,
    STOP_GRACE,
    Job,
    JobAction,
    JobKind,
    Verdict,
    guard,
)
from cost_sentry.domain.mail_text import moment
from cost_sentry.domain.sentry_config import SentryConfig

GUARD_SECONDS_MAX = 20
"""After that nothing is begun: endpoints had their turn before, and the function must end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport:
    """What one run did."""

    verdicts: tuple[Verdict, ...] = ()
    stopped: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    """Told of for the first time."""
    problems: tuple[Problem, ...] = ()


def guard_jobs(
    *,
    jobs: Jobs,
    outbox: NoticeOutbox,
    config: SentryConfig,
    rules: EndpointRules,
    prices: HourlyPrices,
    clock: Clock,
) -> JobReport:
    """Each is warned before it is stopped, and told of once for each limit; none holds up another.

    The mail of a stop is on record before the order, which is repeated until it has stopped: who
    dies over it, or gets no answer, loses no mail. In a dry run nothing is stopped. Whatever could
    be seen is judged, the rest is told as a problem; after ``GUARD_SECONDS_MAX`` nothing is begun.
    """
    if rules.jobs is None:
        return JobReport()
    now, problems = clock.now(), list[Problem]()
    desk = _Desk(jobs=jobs, outbox=outbox, config=config, rules=rules, now=now)
    verdicts = guard(running_jobs(jobs, clock, problems), now=now, rules=rules, prices=prices)
    for place, verdict in enumerate(verdicts):
        if clock.now() >= now + timedelta(seconds=GUARD_SECONDS_MAX):
            undone = and_others(verdict.job.name, len(verdicts) - place - 1)
            problems.append(problem_of(undone, EndpointFault("the run's time was over before")))
            break
        try:
            desk.act(verdict, rules.jobs.stops_per_run_max)
        except (EndpointFault, LedgerUnavailable) as fault:
            problems.append(problem_of(verdict.job.name, fault))
    return JobReport(
        verdicts=verdicts,
        stopped=tuple(desk.stopped),
        warned=tuple(desk.told),
        problems=tuple(problems),
    )


@dataclass(slots=True, kw_only=True)
class _Desk:
    """One run: who was stopped, and of whom somebody was told."""

    jobs: Jobs
    outbox: NoticeOutbox
    config: SentryConfig
    rules: EndpointRules
    now: datetime
    ordered: int = 0
    """Stops that were ordered, and may have taken effect."""
    is_throttled: bool = False
    """SageMaker takes no order to stop in this run any more."""
    stopped: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def act(self, verdict: Verdict, stops_max: int) -> None:
        """What is above the cap waits for the next run; what may not be stopped takes no place."""
        if verdict.action is JobAction.WARN:
            event, mail = _warning(verdict, self.rules)
            self._tell(verdict, event, mail)
        if verdict.action is not JobAction.STOP:
            return
        if self.rules.is_dry_run:
            self._tell(verdict, "stop-planned", _stopped(verdict, self.rules))
        elif self._was_warned(verdict) and self.ordered < stops_max and not self.is_throttled:
            self._stop(verdict)

    def _was_warned(self, verdict: Verdict) -> bool:
        """Or else it is now, and runs on for a while: its owner may have just begun to watch it."""
        if self.outbox.recorded_at(_key(verdict.job, "warn")) is not None:
            return True
        since = self.outbox.recorded_at(_key(verdict.job, "late"))
        if since is None:
            self._tell(verdict, "late", _late(verdict, self.now))
            return False
        return self.now - since >= STOP_GRACE

    def _stop(self, verdict: Verdict) -> None:
        self._tell(verdict, "stop", _stopped(verdict, self.rules))
        self.ordered += 1
        try:
            self.jobs.stop(verdict.job.kind, verdict.job.name)
        except (EndpointDenied, EndpointRefused) as fault:
            self.ordered -= 1
            self._tell(verdict, "stop-denied", _not_stopped(verdict, fault))
            raise
        except EndpointThrottled:
            self.is_throttled = True
            raise
        self.stopped.append(verdict.job.name)

    def _tell(self, verdict: Verdict, event: str, mail: Mail) -> None:
        key, tags = _key(verdict.job, event), verdict.job.tags
        if self.outbox.record(endpoint_notice(mail, key, tags, self.config, self.now)):
            self.told.append(verdict.job.name)


def _key(job: Job, event: str) -> str:
    return (
        f"job/{job.kind.name.lower()}/{job.name}/{job.started_at.isoformat()}/{job.limit}/{event}"
    )


def _stopped(verdict: Verdict, rules: EndpointRules) -> Mail:
    again = {
        JobKind.TRAINING: "start it from its last checkpoint, with a higher limit",
        JobKind.NOTEBOOK: "start it again with a higher limit; its volume is kept",
    }
    if rules.is_dry_run:
        return _mail(verdict, "reached its limit", done="nothing: this is a dry run; it runs on")
    return _mail(
        verdict,
        "reached its limit",
        done="it is being stopped",
        undo=again[verdict.job.kind],
    )


def _warning(verdict: Verdict, rules: EndpointRules) -> tuple[str, Mail]:
    """Under what it is kept, and the mail. Only the first kind says that a stop will come."""
    if verdict.is_uncounted:
        done = "nothing: what nobody can count stops nothing"
        return "uncounted", _mail(verdict, "has a limit that cannot be kept", done=done)
    if rules.is_dry_run:
        done = "nothing: this is a dry run; it is not stopped at its limit"
        return "warn-planned", _mail(verdict, "nears its limit", done=done)
    done = "nothing yet: it is stopped at its limit"
    return "warn", _mail(verdict, "nears its limit", done=done)


def _late(verdict: Verdict, now: datetime) -> Mail:
    return _mail(
        verdict,
        "is past its limit",
        done=f"nothing yet: it is stopped from {moment(now + STOP_GRACE)} on",
        why=f"{verdict.reason}; no mail has said yet that it is stopped",
    )


def _not_stopped(verdict: Verdict, fault: EndpointFault) -> Mail:
    job, is_denied = verdict.job, isinstance(fault, EndpointDenied)
    who, see = (
        ("the sentry's role may not", "what denies it")
        if is_denied
        else ("SageMaker refuses it", "in SageMaker why it refuses")
    )
    return Mail(
        what=f"{job.kind.value} {job.name} could not be stopped",
        why=f"{fault}",
        done=f"nothing: {who}; each run tries it again",
        undo=f"stop it by hand, or see {see}",
        facts=(("Limit", verdict.reason),),
    )


def _mail(
    verdict: Verdict,
    what: str,
    *,
    done: str,
    why: str = "",
    undo: str = f"change the limit in its tag, or tag it {STAY_AWAKE_TAG}={YES}",
) -> Mail:
    """About a job's limit; without ``why`` for what the verdict says."""
    return Mail(
        what=f"{verdict.job.kind.value} {verdict.job.name} {what}",
        why=why or verdict.reason,
        done=done,
        undo=undo,
        facts=(("Limit", f"tags {HOURS_TAG} and {MONEY_TAG}"),),
    )
