"""Sleep records and notices in memory: what the ports promise, at one instant each."""

from dataclasses import replace
from datetime import datetime

from cost_sentry.application.endpoint_ports import AllSleeps, UnreadableSleep
from cost_sentry.domain.endpoint_sleep import SleepRecord
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.notice import Notice


class MemorySleeps:
    """``application.endpoint_ports.SleepRecords``."""

    def __init__(self) -> None:
        self.kept: dict[str, SleepRecord] = {}
        self.wants: dict[str, datetime] = {}
        self.is_silent = False
        self.unreadable: list[str] = []

    def _ask(self) -> None:
        if self.is_silent:
            raise LedgerUnavailable("gone")

    def read(self, endpoint: str) -> SleepRecord | None:
        self._ask()
        record = self.kept.get(endpoint)
        return replace(record, wanted_at=self.wants.get(endpoint)) if record else None

    def all(self) -> AllSleeps:
        self._ask()
        records = [
            record
            for name in sorted(self.kept)
            if name not in self.unreadable and (record := self.read(name))
        ]
        broken = [UnreadableSleep(endpoint=one, why="no record") for one in self.unreadable]
        return AllSleeps(records=records, unreadable=broken)

    def forget(self, record: SleepRecord) -> bool:
        self._ask()
        stored = self.kept.get(record.endpoint)
        if stored is None or stored.revision != record.revision:
            return False
        del self.kept[record.endpoint]
        self.wants.pop(record.endpoint, None)
        return True

    def put(self, record: SleepRecord, replaces: SleepRecord | None) -> bool:
        self._ask()
        stored = self.kept.get(record.endpoint)
        if (stored.revision if stored else None) != (replaces.revision if replaces else None):
            return False
        self.kept[record.endpoint] = replace(record, wanted_at=None)
        if record.is_served:
            self.wants.pop(record.endpoint, None)
        return True

    def want(self, endpoint: str, at: datetime) -> None:
        self._ask()
        if endpoint in self.kept:
            self.wants[endpoint] = at


class MemoryNotices:
    """The part of ``application.notice_ports.NoticeOutbox`` that writes."""

    def __init__(self) -> None:
        self.notices: dict[str, Notice] = {}
        self.is_silent = False

    def record(self, notice: Notice) -> bool:
        if self.is_silent:
            raise LedgerUnavailable("gone")
        return self.notices.setdefault(notice.key, notice) is notice

    def recorded_at(self, key: str) -> datetime | None:
        if self.is_silent:
            raise LedgerUnavailable("gone")
        notice = self.notices.get(key)
        return notice.recorded_at if notice else None

    @property
    def events(self) -> list[str]:
        """The ends of their keys, in order."""
        return [key.rpartition("/")[2] for key in self.notices]
