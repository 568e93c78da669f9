"""Let a workflow wait until a request for more changes."""

from cost_sentry.application.approval_ports import ApprovalStore, ApprovalWorkflow


def await_answer(
    approval_id: str, revision: int, token: str, *, store: ApprovalStore, workflow: ApprovalWorkflow
) -> bool:
    """Leave the token with the request; false, and woken at once, if it changed before.

    Args:
        approval_id: of the request.
        revision: as the workflow saw it last.
        token: of the step that waits.
        store: of requests.
        workflow: wakes it.

    Raises:
        LedgerUnavailable: the token may be there; wait with another one.
    """
    approval = store.read(approval_id)
    is_waiting = (
        approval is not None
        and approval.is_open
        and approval.revision == revision
        and store.replace(approval, approval.waiting(token))
    )
    if not is_waiting:
        workflow.wake(token)
    return is_waiting
