from typing import Annotated

import typer

from cost_sentry.domain.request_id import REQUEST_ID_ALLOWED, is_request_id
from cost_sentry_client.run import Run, deployed_command


@deployed_command
def explain(
    run: Run,
    request_id: Annotated[str, typer.Argument(metavar="REQUEST_ID", help="As the answer gave it.")],
) -> None:
    """What was decided about a call, why, and what it cost.

    Refusals, the reasons of a reroute, and which call of an outage was whose are kept for 30 days,
    everything that cost money for good. What no record tells (policies that permitted, budgets that
    were only looked at) is worked out again by the configuration in force now, and marked.
    No prompt and no completion is kept with it.
    """
    if not is_request_id(request_id):
        raise typer.BadParameter(
            f"it has {len(request_id)} characters; an id is {REQUEST_ID_ALLOWED}",
            param_hint="REQUEST_ID",
        )
    from cost_sentry_client.explanation_report import explanation_json, explanation_report
    from cost_sentry_client.explanations import explanations_of
    from cost_sentry_client.took_part import retelling_of, took_part_in

    with run.progress("looking it up"):
        explanations = explanations_of(run.operator, request_id)
        retelling = retelling_of(run.operator)
    told = [(one, took_part_in(one, retelling)) for one in explanations]
    parts = [part for one in told for part in explanation_report(*one)]
    document = {
        "requestId": request_id,
        "explanations": [explanation_json(*one) for one in told],
    }
    run.answer(document, *parts)
