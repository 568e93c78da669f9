"""Warn of jobs and notebooks that near their limit, and stop those that reached it. By schedule."""

from dataclasses import dataclass

from cost_sentry.application.endpoint_ports import EndpointFault, Jobs
from cost_sentry.application.notice_ports import NoticeOutbox
from cost_sentry.application.ports import Clock
from cost_sentry.domain.endpoint import STAY_AWAKE_TAG, YES
from cost_sentry.domain.endpoint_mail import Mail, endpoint_notice
from cost_sentry.domain.endpoint_rules import EndpointRules
from cost_sentry.domain.instance_price import HourlyPrices
from cost_sentry.domain.job_guard import HOURS_TAG, MONEY_TAG, JobAction, JobKind, Verdict, guard
from cost_sentry.domain.notice import Notice
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
    job = verdict.job
    is_stop = verdict.action is JobAction.STOP
    mail = _stopped(verdict, rules) if is_stop else _warned(verdict)
    event = f"{verdict.action.value}{'-planned' if is_stop and rules.is_dry_run else ''}"
    key = f"job/{job.kind.name.lower()}/{job.name}/{job.started_at.isoformat()}/{event}"
    return endpoint_notice(mail, key, job.tags, config, clock.now())


def _stopped(verdict: Verdict, rules: EndpointRules) -> Mail:
    job = verdict.job
    again = {
        JobKind.TRAINING: "start it from its last checkpoint, with a higher limit",
        JobKind.NOTEBOOK: "start it again with a higher limit; its volume is kept",
    }
    return Mail(
        what=f"{job.kind.value} {job.name} reached its limit",
        why=verdict.reason,
        done="nothing: this is a dry run" if rules.is_dry_run else "it is being stopped",
        undo=again[job.kind],
        facts=(("Limit", f"tags {HOURS_TAG} and {MONEY_TAG}"),),
    )


def _warned(verdict: Verdict) -> Mail:
    job = verdict.job
    return Mail(
        what=f"{job.kind.value} {job.name} nears its limit",
        why=verdict.reason,
        done="nothing yet: it is stopped at its limit, if that can be read",
        undo=f"change the limit in its tag, or tag it {STAY_AWAKE_TAG}={YES}",
        facts=(("Limit", f"tags {HOURS_TAG} and {MONEY_TAG}"),),
    )
