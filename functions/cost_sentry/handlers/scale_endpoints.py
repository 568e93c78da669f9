"""Scale endpoints, by the clock: idle ones sleep, wanted ones wake, jobs past their limit stop."""

from typing import Any

from aws_lambda_powertools import Logger

from cost_sentry import bootstrap
from cost_sentry.bootstrap import figures_log, sleeping

logger = Logger(service="scale_endpoints")


def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Any event to ``{"slept", "woken", "stopped", "problems"}``; nothing where nobody asked."""
    config = bootstrap.config_source().current()
    rules = sleeping.rules_for_all(config) if config else None
    if config is None or rules is None:
        return {"slept": [], "woken": [], "stopped": [], "problems": []}
    ports = config, rules, bootstrap.clock()
    steps = sleeping.sleep_steps(*ports[:2], bootstrap.ledger(), ports[2])
    try:
        report = sleeping.scaling(config, steps).run()
    finally:  # Whatever becomes of endpoints, jobs have their turn.
        jobs = sleeping.guarded(*ports, steps.money.prices)
        figures_log.publish_problems(jobs.problems)
    figures_log.publish_problems(report.problems)
    done = {"slept": report.slept, "woken": report.woken, "stopped": list(jobs.stopped)}
    told = {**done, "problems": [f"{one}" for one in (*report.problems, *jobs.problems)]}
    plan = {one.endpoint: f"{one.action.value}: {one.reason}" for one in report.planned}
    stops = {one.job.name: f"{one.action.value}: {one.reason}" for one in jobs.verdicts}
    logger.info("done", extra={**told, "ended": report.ended, "plan": plan, "jobs": stops})
    return told
