"""What differs between a place to try things and the place that guards real money."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_logs as logs


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One deployment of the sentry; its name is part of the stack's."""

    name: str
    keeps_data: bool
    """Deleting the stack leaves ledger and logs behind, and the ledger refuses to be deleted."""
    log_retention: logs.RetentionDays

    @property
    def removal_policy(self) -> cdk.RemovalPolicy:
        """What becomes of data when its resource leaves the stack."""
        return cdk.RemovalPolicy.RETAIN if self.keeps_data else cdk.RemovalPolicy.DESTROY


STAGES = (
    Stage(name="dev", keeps_data=False, log_retention=logs.RetentionDays.ONE_WEEK),
    Stage(name="prod", keeps_data=True, log_retention=logs.RetentionDays.THREE_MONTHS),
)


def stage_named(name: str) -> Stage:
    """The stage of this name; ``ValueError`` lists those that exist."""
    for stage in STAGES:
        if stage.name == name:
            return stage
    allowed = ", ".join(stage.name for stage in STAGES)
    raise ValueError(f"no stage is named {name!r}; give -c stage=<one of {allowed}>")
