"""The shapes of what is done about anomalies in sentry.yaml."""

from typing import Annotated

from pydantic import Field

from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.anomaly_rules import (
    COOL_DOWN_MINUTES,
    SCOPES_PER_HOUR_MAX,
    Action,
    AnomalyRule,
    AnomalyRules,
)
from cost_sentry.domain.money import picodollars
from cost_sentry_client.config_file.field_types import Address, Amount, TagName, TagValue
from cost_sentry_client.config_file.shape import Shape

RULES_MAX = 100
COOL_DOWN_MINUTES_MAX = 24 * 60


class AnomalyRuleShape(Shape):
    """What is done about anomalies of some scope."""

    scope: dict[TagName, TagValue] = Field(
        default_factory=dict,
        max_length=3,
        description="tags that the anomaly's scope must have, all of them: team; application, with "
        "its team; or model, without geography; empty: any anomaly",
    )
    severity: Annotated[Severity, Field(strict=False)] = Field(
        default=Severity.WARNING, description="from this severity on"
    )
    do: Annotated[Action, Field(strict=False)] = Field(
        default=Action.TELL,
        description="tell the owners only; or also tighten: a temporary budget of dollars a "
        "minute; or freeze: no call of the scope; both for the cool-down, or until it is lifted",
    )
    percent: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="to tighten: of what is usual in a minute, so much is left",
    )
    floor: Amount | None = Field(
        default=None,
        description="to tighten: dollars a minute that are left at least, and where nobody knows "
        "what is usual",
    )
    cool_down_minutes: int = Field(
        default=COOL_DOWN_MINUTES,
        ge=5,
        le=COOL_DOWN_MINUTES_MAX,
        description="how long an incident, and what is done, lasts after its last sign",
    )
    tell: list[Address] = Field(
        default_factory=list,
        max_length=20,
        description="e-mail addresses told beside the team's owners and alerts.addresses",
    )

    def rule(self) -> AnomalyRule:
        """What the sentry goes by; the checks have found nothing."""
        return AnomalyRule(
            scope=dict(self.scope),
            severity=self.severity,
            action=self.do,
            percent=self.percent,
            floor=None if self.floor is None else picodollars(self.floor),
            cool_down_minutes=self.cool_down_minutes,
            tell=tuple(self.tell),
        )


class AnomaliesShape(Shape):
    """What is done about spending that is unlike itself."""

    rules: list[AnomalyRuleShape] = Field(
        default_factory=list,
        max_length=RULES_MAX,
        description="the first that applies to an anomaly decides; where none does, it is told",
    )
    scopes_per_hour_max: int = Field(
        default=SCOPES_PER_HOUR_MAX,
        ge=1,
        le=20,
        description="so many scopes are tightened or frozen within an hour of the clock; of more "
        "the owners are told only",
    )


def anomaly_rules_of(shape: AnomaliesShape | None) -> AnomalyRules | None:
    """``None``: owners are told, and nothing else is done."""
    if shape is None:
        return None
    return AnomalyRules(
        rules=tuple(one.rule() for one in shape.rules),
        scopes_per_hour_max=shape.scopes_per_hour_max,
    )
