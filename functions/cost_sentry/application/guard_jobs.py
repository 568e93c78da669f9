"""Warn of jobs and notebooks that near their limit, and stop those that reached it. By schedule."""

from dataclasses import dataclass

from cost_sentry.application.endpoint_ports import EndpointFault, Jobs
from cost_sentry.application.notice_ports import Notice, NoticeOutbox
from cost_sentry.application.ports import Clock
from cost_sentry.domain.endpoint import STAY_AWAKE_TAG, YES
from cost_sentry.domain.endpoint_mail import Mail, body_of, recipients_of_tags, subject_of
from cost_sentry.domain.endpoint_rules import EndpointRules
from cost_sentry.domain.instance_price import HourlyPrices
from cost_sentry.domain.job_guard import HOURS_TAG, MONEY_TAG, JobAction, JobKind, Verdict, guard
from cost_sentry.domain.sentry_config import SentryConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport:
    """What one run did."""

    verdicts: tuple[Verdict, ...] = ()
    stopped: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    """Told of for the first time."""
    problems: tuple[str, ...] = ()


def guard_jobs(
    *,
    jobs: Jobs,
    outbox: NoticeOutbox,
    config: SentryConfig,
    rules: EndpointRules,
    prices: HourlyPrices,
    clock: Clock,
) -> JobReport:
    """Each is warned of once and stopped once; one that cannot be stopped holds up no other.

    Raises ``LedgerUnavailable`` if nobody can be told. In a dry run nothing is stopped.
    """
    if rules.jobs is None:
        return JobReport()
    now = clock.now()
    try:
        running = jobs.running()
    except EndpointFault as fault:
        return JobReport(problems=(f"jobs cannot be listed: {fault}",))
    verdicts = guard(running, now=now, rules=rules, prices=prices)
    stopped, warned, problems = [], [], []
    for verdict in verdicts:
        if verdict.action is JobAction.STOP and not rules.is_dry_run:
            try:
                jobs.stop(verdict.job.kind, verdict.job.name)
            except EndpointFault as fault:
                problems.append(f"{verdict.job.name}: {fault}")
                continue
            stopped.append(verdict.job.name)
        if verdict.action is not JobAction.LEAVE and outbox.record(
            _notice(verdict, config, rules, clock)
        ):
            warned.append(verdict.job.name)
    return JobReport(
        verdicts=verdicts, stopped=tuple(stopped), warned=tuple(warned), problems=tuple(problems)
    )


def _notice(verdict: Verdict, config: SentryConfig, rules: EndpointRules, clock: Clock) -> Notice:
    job, now = verdict.job, clock.now()
    is_stop = verdict.action is JobAction.STOP
    mail = _stopped(verdict, rules) if is_stop else _warned(verdict)
    kind = job.kind.name.lower()
    event = f"{verdict.action.value}{'-planned' if is_stop and rules.is_dry_run else ''}"
    return Notice(
        key=f"job/{kind}/{job.name}/{job.started_at.isoformat()}/{event}",
        recipients=recipients_of_tags(job.tags, config),
        subject=subject_of(mail),
        body=body_of(mail, job.tags, now),
        recorded_at=now,
    )


def _stopped(verdict: Verdict, rules: EndpointRules) -> Mail:
    job = verdict.job
    starts = {
        JobKind.TRAINING: "start it again from its last checkpoint, with a higher limit in its tag",
        JobKind.NOTEBOOK: "start it again with a higher limit in its tag; its volume is kept",
    }
    return Mail(
        what=f"{job.kind.value} {job.name} reached its limit",
        why=verdict.reason,
        done="nothing: this is a dry run" if rules.is_dry_run else "it is being stopped",
        undo=starts[job.kind],
    )


def _warned(verdict: Verdict) -> Mail:
    job = verdict.job
    return Mail(
        what=f"{job.kind.value} {job.name} is near its limit, or its limit cannot be kept",
        why=verdict.reason,
        done="nothing yet: it is stopped at its limit",
        undo=f"change its tag {HOURS_TAG} or {MONEY_TAG}, or give it {STAY_AWAKE_TAG}={YES}",
    )
