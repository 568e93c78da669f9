"""What is told of external usage where nobody allowed it: one mail for each model and hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cost_sentry.domain.alert import WHOLE_PERCENT, Alert, AlertKey
from cost_sentry.domain.alert_mail import SUBJECT_CHARACTERS_MAX, amount_shown
from cost_sentry.domain.meter import Counts
from cost_sentry.domain.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbiddenUsage:
    """External usage of a model in one hour that no rule allows, as far as it is known."""

    model_id: str
    hour: datetime
    amounts: Counts
    is_priced: bool


def forbidden_notice(found: ForbiddenUsage, recipients: Sequence[str], now: datetime) -> Alert:
    """The mail about it; one of an hour and model has always the same key."""
    hour = f"{found.hour.astimezone(UTC):%Y-%m-%dT%H}"
    start = "Cost sentry: calls past the sentry to "
    return Alert(
        key=AlertKey(
            budget_id=f"external usage of {found.model_id}",
            window_id=hour,
            threshold_percent=WHOLE_PERCENT,
        ),
        unit=Unit.USD,
        limit=0,
        posted=found.amounts.picodollars,
        recorded_at=now,
        recipients=tuple(recipients),
        subject=f"{start}{found.model_id}"[:SUBJECT_CHARACTERS_MAX],
        body="\n".join(_body(found)) + "\n",
    )


def _body(found: ForbiddenUsage) -> tuple[str, ...]:
    amounts, end = found.amounts, found.hour + timedelta(hours=1)
    prompt = amounts.input_tokens + amounts.cache_read_tokens + amounts.cache_write_tokens
    tokens = f"{prompt:,} tokens in, {amounts.output_tokens:,} out"
    cost = amount_shown(Unit.USD, amounts.picodollars) if found.is_priced else "unknown, no price"
    return (
        f"What:     at least {amounts.calls:,} calls that did not pass the sentry, so far",
        f"Model:    {found.model_id}",
        f"When:     {found.hour:%Y-%m-%d %H:%M} to {end:%H:%M} UTC",
        f"Used:     {tokens}; cost: {cost}",
        "Did:      charged it to the budgets of the model and of the organisation",
        "",
        "Next:     CloudTrail's InvokeModel and Converse events name who called. Take",
        "          bedrock:InvokeModel away from them, or name the model under",
        "          externalUsage.allowedModels of sentry.yaml if they may.",
    )
