"""``ConfigStore`` in memory, with the two things that go wrong in DynamoDB on demand."""

import json
from collections.abc import Callable, Mapping

from cost_sentry.domain.errors import LedgerContention, LedgerUnavailable


class MemoryConfigStore:
    def __init__(self) -> None:
        self.reads = 0
        self.writes = 0
        self.unavailable = False
        self.before_write: Callable[[], None] = lambda: None
        self._stored: tuple[str, str] | None = None

    def read(self) -> tuple[str, Mapping[str, object]] | None:
        self.reads += 1
        if self.unavailable:
            raise LedgerUnavailable("told to be")
        return (self._stored[0], json.loads(self._stored[1])) if self._stored else None

    def write(self, version: str, document: Mapping[str, object], replaces: str | None) -> None:
        self.before_write()
        held = self._stored[0] if self._stored else None
        if held == version:
            return
        if held != replaces:
            raise LedgerContention(f"{held} is in force, not {replaces}")
        self.writes += 1
        self._stored = version, json.dumps(document)
