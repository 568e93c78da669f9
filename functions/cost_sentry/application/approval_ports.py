"""What asking for more, and answering, need of the world."""

from collections.abc import Mapping
from typing import Protocol

from cost_sentry.application.rows import Rows
from cost_sentry.domain.approval import Approval


class CallerIdentity(Protocol):
    """Who proves which principal of AWS calls."""

    def principal(self, proof: Mapping[str, object], deed: str) -> str:
        """The ARN of whoever signed this deed; ``CallerUnproven`` if nobody did, or none can tell.

        Args:
            proof: what the caller sent, whatever it is.
            deed: what it must have signed (``domain.approval_deed``).
        """
        ...


class ApprovalStore(Protocol):
    """Requests, and every change of them for good.

    Raises ``LedgerUnavailable`` when it cannot be asked; a write may have happened then. A record
    that cannot be read fails whoever asks for it; in a list it stands beside the others.
    """

    def read(self, approval_id: str) -> Approval | None:
        """As it stands."""
        ...

    def newest(self, approvals_max: int) -> Rows[Approval]:
        """The newest first."""
        ...

    def create(self, approval: Approval) -> bool:
        """Keep a new request, and that it was asked; false, and nothing done, if the id is taken.

        A repeated write that finds its own first one may say either.
        """
        ...

    def replace(self, before: Approval, after: Approval, config_version: str | None = None) -> bool:
        """Change it, if nobody else did; false, and nothing done, if somebody did.

        A change of state is noted for good in the same write.

        Args:
            before: as it was read.
            after: with the next revision.
            config_version: the change is one only if this configuration is in force in the instant
                of the write; ``None``: whichever is.
        """
        ...

    def history(self, approval_id: str) -> Rows[Mapping[str, object]]:
        """Each change of state, oldest first, as ``approval_record`` has it."""
        ...


class ApprovalWorkflow(Protocol):
    """The workflow that follows a request from its beginning to its end.

    ``WorkflowUnavailable`` when it cannot be told, or nobody knows whether it was.
    """

    def start(self, approval_id: str, revision: int) -> None:
        """See that one follows it; however often it is said of a revision, there is one."""
        ...

    def wake(self, token: str) -> None:
        """Tell the one that waits with this token to look; nothing if it does not wait any more."""
        ...
