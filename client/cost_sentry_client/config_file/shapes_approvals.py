"""The shape of who may approve what somebody asks for, in sentry.yaml."""

from pydantic import Field

from cost_sentry.domain.approval_rules import (
    DAYS_MAX_MAX,
    EXPIRES_AFTER_HOURS_MAX,
    RAISE_PERCENT_MAX,
    ApprovalRules,
)
from cost_sentry_client.config_file.field_types import Address, Approver, Switch
from cost_sentry_client.config_file.shape import Shape

_USUAL = ApprovalRules(approvers=())


class ApprovalsShape(Shape):
    """Who may approve that a budget is raised, or a dearer model used, for a while."""

    approvers: list[Approver] = Field(
        min_length=1,
        max_length=50,
        description=(
            "who may approve and deny: ARNs of users and roles, or of sessions of a role; * stands "
            "for any letters at the end of a role's name, and in a session's"
        ),
    )
    mail: list[Address] = Field(
        min_length=1, max_length=20, description="e-mail addresses that are asked"
    )
    max_raise_percent: int = Field(
        default=_USUAL.max_raise_percent,
        ge=1,
        le=RAISE_PERCENT_MAX,
        description="of a budget's limit, by which all raises in force together may lift it",
    )
    expires_after_hours: int = Field(
        default=_USUAL.expires_after_hours,
        ge=1,
        le=EXPIRES_AFTER_HOURS_MAX,
        description="a request that nobody answered for so long is over",
    )
    days_max: int = Field(
        default=_USUAL.days_max,
        ge=1,
        le=DAYS_MAX_MAX,
        description="how long what is approved may hold, counted from when it was asked for",
    )
    self_approval: Switch = Field(
        default=_USUAL.self_approval,
        description="whether an approver may approve what it asked for itself",
    )

    def rules(self) -> ApprovalRules:
        """What the sentry decides by."""
        given = self.model_dump(by_alias=False)
        lists = {"approvers": tuple(self.approvers), "mail": tuple(self.mail)}
        return ApprovalRules(**{**given, **lists})
