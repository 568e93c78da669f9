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
    everything that cost money for good.
    No prompt and no completion is kept with it.
    """
    if not is_request_id(request_id):
        raise typer.BadParameter(
            f"it has {len(request_id)} characters; an id is {REQUEST_ID_ALLOWED}",
            param_hint="REQUEST_ID",
        )
    from cost_sentry_client.explanation_report import explanation_json, explanation_report
    from cost_sentry_client.explanations import explanations_of

    with run.progress("looking it up"):
        explanations = explanations_of(run.operator, request_id)
    parts = [part for explanation in explanations for part in explanation_report(explanation)]
    document = {
        "requestId": request_id,
        "explanations": [explanation_json(explanation) for explanation in explanations],
    }
    run.answer(document, *parts)
