"""What whoever asks for more, or answers, is told. A refusal is an answer, not an error."""

from dataclasses import dataclass
from enum import StrEnum

from cost_sentry.domain.approval import Approval, ApprovalState


class ApprovalCode(StrEnum):
    """Why it is so, for programs."""

    DONE = "DONE"
    """What was wanted is so now; also if it was so before, by the same caller."""
    INVALID_REQUEST = "INVALID_REQUEST"
    NOT_CONFIGURED = "NOT_CONFIGURED"
    UNKNOWN_REQUEST = "UNKNOWN_REQUEST"
    ID_TAKEN = "ID_TAKEN"
    TOO_MANY_OPEN = "TOO_MANY_OPEN"
    NOT_SHOWN = "NOT_SHOWN"
    """It is not what the caller was shown."""
    NOT_ALLOWED = "NOT_ALLOWED"
    OWN_REQUEST = "OWN_REQUEST"
    ANSWERED_BEFORE = "ANSWERED_BEFORE"
    NO_ROOM = "NO_ROOM"
    """With the raises in force it would be more than the rules allow, or as many approvals as may
    be are in force."""
    EXPIRED = "EXPIRED"
    VOID = "VOID"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalAnswer:
    """What came of it."""

    code: ApprovalCode
    message: str
    approval: Approval | None = None
    """As it stands now; ``None`` where there is none."""
    unreadable: tuple[str, ...] = ()
    """Requests of others that were left out of account, for nobody can read them; and why."""

    @property
    def is_done(self) -> bool:
        """Whether what was wanted is so now."""
        return self.code is ApprovalCode.DONE


def refused(code: ApprovalCode, message: str, approval: Approval | None = None) -> ApprovalAnswer:
    """A refusal."""
    return ApprovalAnswer(code=code, message=message, approval=approval)


def answered_before(approval: Approval) -> ApprovalAnswer:
    """It is at an end, or approved: whoever comes now changes nothing."""
    codes = {ApprovalState.EXPIRED: ApprovalCode.EXPIRED, ApprovalState.VOID: ApprovalCode.VOID}
    why = f" ({approval.why})" if approval.why else ""
    message = (
        f"{approval.request.id} is {approval.state.value} since"
        f" {approval.changed_at.isoformat(timespec='seconds')} by {approval.changed_by}{why}"
    )
    code = codes.get(approval.state, ApprovalCode.ANSWERED_BEFORE)
    return refused(code, message, approval)
