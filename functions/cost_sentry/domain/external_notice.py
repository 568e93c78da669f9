"""What is told of external usage where nobody allowed it: one mail for each model and hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cost_sentry.domain.alert_mail import amount_shown
from cost_sentry.domain.meter import Counts
from cost_sentry.domain.notice import Notice
from cost_sentry.domain.notice_mail import NoticeText, write_notice
from cost_sentry.domain.unit import Unit

_TAIL = (
    "CloudTrail names who called, in InvokeModel and Converse. If they may, name the model under "
    "externalUsage.allowedModels of sentry.yaml. This hour is not told of again."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbiddenUsage:
    """External usage of a model in one hour that no rule allows, as far as it is known."""

    model_id: str
    metered_as: str
    """The model, or an inference profile that is called in its place."""
    hour: datetime
    """Its start, in UTC."""
    amounts: Counts
    is_priced: bool


def forbidden_notice(found: ForbiddenUsage, recipients: Sequence[str], now: datetime) -> Notice:
    """The mail about it; one of an hour and model has always the same key."""
    amounts, end = found.amounts, found.hour + timedelta(hours=1)
    prompt = amounts.input_tokens + amounts.cache_read_tokens + amounts.cache_write_tokens
    cost = amount_shown(Unit.USD, amounts.picodollars) if found.is_priced else "unknown: no price"
    by = "" if found.metered_as == found.model_id else f", by {found.metered_as}"
    text = NoticeText(
        subject=f"calls past the sentry to {found.model_id}",
        what=f"at least {amounts.calls:,} calls did not pass the sentry, so far",
        whose=f"nobody's that is known; model {found.model_id}{by}",
        done="charged them to the budgets of the model and of the organisation",
        undo="take bedrock:InvokeModel away from whoever called",
        more=(
            ("When", f"{found.hour:%Y-%m-%d %H:%M} to {end:%H:%M} UTC"),
            ("Used", f"{prompt:,} tokens in, {amounts.output_tokens:,} out; cost: {cost}"),
        ),
        tail=(_TAIL,),
    )
    key = f"external-usage/{found.metered_as}/{found.hour:%Y-%m-%dT%H}"
    return write_notice(text, key=key, recipients=recipients, at=now)
