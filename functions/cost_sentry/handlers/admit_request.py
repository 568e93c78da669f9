"""Admit request: parse, decide, answer. First state of ``guarded_invocation``."""

from typing import Any

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from cost_sentry import bootstrap
from cost_sentry.adapters import admission_answer as answers
from cost_sentry.adapters.identified_request import caller_of, identified_request
from cost_sentry.application.note_decision import note_decision
from cost_sentry.bootstrap.figures_log import publish_refusal
from cost_sentry.domain.errors import RequestRefused
from cost_sentry.domain.shard import stamp_of

logger = Logger(service="admit_request")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{"request": <caller's input>, "caller": …, "execution": {"id", "name"}}`` to an answer."""
    raw, execution = event["request"], event["execution"]
    request = None
    try:
        request = identified_request(event)
        decision = bootstrap.admission().decide(
            request, attempt=f"{stamp_of(execution['id'])}.{stamp_of(context.aws_request_id)}"
        )
    except RequestRefused as refused:
        decision = answers.malformed(raw, refused, caller_of(event), execution["name"])
    unnoted = note_decision(decision, request, log=bootstrap.decision_log, clock=bootstrap.clock())
    stand_in = bootstrap.config_source().stand_in
    fields = answers.log_fields(decision, stand_in)
    fields |= {"unnoted": unnoted, "execution": execution["id"]}
    logger.info(decision.code.value, extra=fields)
    for name in answers.faults_counted(decision, stand_in):
        with single_metric(name, MetricUnit.Count, 1, namespace="CostSentry") as metric:
            metric.add_dimension("service", "admit_request")
    publish_refusal(decision, bootstrap.config_source().known, "admit_request")
    return answers.admission_answer(decision, request, bootstrap.price_book().version)
