"""Scale endpoints, by the clock: idle ones sleep, wanted ones wake, jobs past their limit stop."""

from typing import Any

from aws_lambda_powertools import Logger

from cost_sentry import bootstrap
from cost_sentry.application.guard_jobs import guard_jobs
from cost_sentry.bootstrap import sleeping

logger = Logger(service="scale_endpoints")


def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Any event to ``{"slept", "woken", "stopped", "problems"}``; nothing where nobody asked."""
    config, clock = bootstrap.config_source().current(), bootstrap.clock()
    rules = config.endpoints if config else None
    if config is None or rules is None:
        return {"slept": [], "woken": [], "stopped": [], "problems": []}
    steps = sleeping.sleep_steps(config, rules, bootstrap.ledger(), clock)
    report = sleeping.scaling(config, steps).run()
    jobs = guard_jobs(
        jobs=sleeping.jobs(),
        outbox=bootstrap.notices(),
        config=config,
        rules=rules,
        prices=steps.money.prices,
        clock=clock,
    )
    problems = [*report.problems, *jobs.problems]
    done = {"slept": report.slept, "woken": report.woken, "stopped": list(jobs.stopped)}
    plan = {one.endpoint: f"{one.action.value}: {one.reason}" for one in report.planned}
    stops = {one.job.name: f"{one.action.value}: {one.reason}" for one in jobs.verdicts}
    logger.info("done", extra={**done, "plan": plan, "jobs": stops, "problems": problems})
    return {**done, "problems": problems}
