"""``Incidents`` and ``NoticeOutbox`` in memory; they die or meet others when a test says so."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from cost_sentry.application.incident_ports import Kept, Share
from cost_sentry.application.rows import Rows, Unreadable
from cost_sentry.domain.errors import RecordUnreadable
from cost_sentry.domain.incident import Incident, scope_key
from cost_sentry.domain.notice import Notice


class MemoryIncidents:
    """``trouble`` is told what is about to be done, and then what was; it may raise.

    Set ``unreadable`` to the keys of scopes whose records are another version's.
    """

    def __init__(self) -> None:
        self.unreadable: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        self._latest: dict[str, Incident] = {}
        self._steps: list[Incident] = []
        self._shares: Counter[datetime] = Counter()
        self.trouble: Callable[[str, bool], None] = lambda _call, _done: None

    def current(self, key: str) -> Incident | None:
        self.trouble("current", False)
        if key in self.unreadable:
            raise RecordUnreadable(f"the incident at {key} cannot be read")
        return self._latest.get(key)

    def write(self, incident: Incident, share: Share | None = None) -> Kept:
        self.trouble("write", False)
        with self._lock:
            kept = self._write(incident, share)
        self.trouble("write", True)
        return kept

    @property
    def every_step(self) -> Sequence[Incident]:
        """Of all incidents, in the order in which they were written."""
        return tuple(self._steps)

    def latest(self) -> Rows[Incident]:
        unreadable = (Unreadable(name=key, problem=key) for key in sorted(self.unreadable))
        readable = sorted(set(self._latest) - self.unreadable)
        return Rows((self._latest[key] for key in readable), unreadable)

    def steps(self, incident_id: str) -> Rows[Incident]:
        return Rows(one for one in self._steps if one.id == incident_id)

    def _write(self, incident: Incident, share: Share | None) -> Kept:
        key = scope_key(incident.scope)
        before = self._latest.get(key)
        if (before.revision if before else 0) != incident.revision - 1:
            return Kept.MET_ANOTHER
        if share and self._shares[share.hour] >= share.scopes_max:
            return Kept.TOO_MANY
        if share:
            self._shares[share.hour] += 1
        self._latest[key] = incident
        self._steps.append(incident)
        return Kept.WRITTEN


class NotedMails:
    """The part of ``NoticeOutbox`` that records."""

    def __init__(self) -> None:
        self.mails: dict[str, Notice] = {}
        self.trouble: Callable[[str, bool], None] = lambda _call, _done: None

    def record(self, notice: Notice) -> bool:
        self.trouble("record", False)
        is_new = notice.key not in self.mails
        self.mails.setdefault(notice.key, notice)
        self.trouble("record", True)
        return is_new
