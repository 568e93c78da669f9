"""Wake endpoint: for who wants it, or for an alarm that saw it called in vain."""

from typing import Any

from aws_lambda_powertools import Logger

from cost_sentry import bootstrap
from cost_sentry.adapters.wake_request import wake_answer, wanted_endpoint
from cost_sentry.application.wake_endpoint import wake_endpoint
from cost_sentry.bootstrap import figures_log, sleeping

logger = Logger(service="wake_endpoint")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """``{"endpoint", …}``, or an alarm's event, to ``{"endpoint", "state", "reason", …}``."""
    config, clock = bootstrap.config_source().current(), bootstrap.clock()
    wanted = wanted_endpoint(event, lambda part: sleeping.endpoints().owner_of(part))
    if config is None or wanted.endpoint is None:
        return wake_answer(None, wanted)
    rules = sleeping.rules_for(wanted.endpoint, config)
    if rules is None:
        return wake_answer(None, wanted)
    steps = sleeping.sleep_steps(config, rules, bootstrap.ledger(), clock)
    told = wake_endpoint(
        wanted.endpoint,
        wanted.why,
        steps=steps,
        records=steps.records,
        clock=clock,
        asks_budgets_again=wanted.is_by_hand,
    )
    answer = wake_answer(told, wanted)
    problems = steps.notices.problems
    figures_log.publish_problems(problems)
    logger.info(answer["state"], extra={**answer, "problems": [f"{one}" for one in problems]})
    return answer
