"""Which calls of agent runs may be paid in advance: those of which nothing would go uncounted.

What a slot holds was held before anybody knew of which run its call would be, and a tree of a run
is kept in the ledger. So caps on money, steps or children of a run cannot be asked in an outage.
How deep an agent stands is compared with its path, which needs no ledger.
"""

from datetime import datetime

from cost_sentry.application.session_refusal import refusal_for_models, session_refusal
from cost_sentry.domain.budget import MODEL_TAG, Unit
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.sentry_config import SentryConfig


def uncounted_in_run(
    request: InvocationRequest, config: SentryConfig, model_id: str, now: datetime
) -> str | None:
    """Why no allowance may pay for this request on this model; ``None`` if one may.

    Budgets in shadow mode refuse nobody.
    """
    refused = session_refusal(request, config, now) or refusal_for_models(
        request, config, now, [model_id]
    )
    if refused:
        return refused.message
    base = base_model_id(model_id)
    for budget in config.runs_around(request.tags):
        is_asked = budget.scope.get(MODEL_TAG, base) == base and not budget.is_shadow
        if is_asked and budget.unit is not Unit.DEPTH:
            return (
                f"budget {budget.id} counts by session, which nobody can while the ledger is away"
            )
    return None
