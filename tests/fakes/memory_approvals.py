"""Requests for more, and the workflow that follows them, in memory."""

from collections.abc import Mapping

from cost_sentry.application.approval_record import standing_to_document
from cost_sentry.application.ports import ConfigStore
from cost_sentry.application.rows import Rows, Unreadable
from cost_sentry.domain.approval import Approval


class MemoryApprovals:
    """``ApprovalStore``; each call is one instant. ``unreadable``: ids of another version's."""

    def __init__(self, config_store: ConfigStore) -> None:
        self._config_store = config_store
        self.unreadable: frozenset[str] = frozenset()
        self._kept: dict[str, Approval] = {}
        self._changes: dict[str, list[Mapping[str, object]]] = {}

    def read(self, approval_id: str) -> Approval | None:
        return self._kept.get(approval_id)

    def newest(self, approvals_max: int) -> Rows[Approval]:
        newest = sorted(self._kept, reverse=True)[:approvals_max]
        unreadable = (Unreadable(name=id_, problem=id_) for id_ in newest if id_ in self.unreadable)
        return Rows((self._kept[id_] for id_ in newest if id_ not in self.unreadable), unreadable)

    def create(self, approval: Approval) -> bool:
        if approval.request.id in self._kept:
            return False
        self._kept[approval.request.id] = approval
        self._changes[approval.request.id] = [
            {**standing_to_document(approval), "configVersion": None}
        ]
        return True

    def replace(self, before: Approval, after: Approval, config_version: str | None = None) -> bool:
        stands = self._kept.get(before.request.id)
        if stands is None or stands.revision != before.revision:
            return False
        if config_version is not None and (self._config_store.read() or ("",))[0] != config_version:
            return False
        self._kept[before.request.id] = after
        if after.state is not before.state:
            change = {**standing_to_document(after), "configVersion": config_version}
            self._changes[before.request.id].append(change)
        return True

    def history(self, approval_id: str) -> Rows[Mapping[str, object]]:
        return Rows(self._changes.get(approval_id, ()))


class MemoryApprovalWorkflow:
    """``ApprovalWorkflow``: it remembers what it was told."""

    def __init__(self) -> None:
        self.started: list[tuple[str, int]] = []
        self.woken: list[str] = []

    def start(self, approval_id: str, revision: int) -> None:
        self.started.append((approval_id, revision))

    def wake(self, token: str) -> None:
        self.woken.append(token)
