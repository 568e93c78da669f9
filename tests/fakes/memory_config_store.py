"""``ConfigStore`` in memory, with the two things that go wrong in DynamoDB on demand."""

import json
from collections.abc import Callable, Mapping

from cost_sentry.application.ports import Stored
from cost_sentry.domain.errors import DamagedDocument, LedgerContention, LedgerUnavailable
from cost_sentry.domain.measure import Measures


class MemoryConfigStore:
    def __init__(self) -> None:
        self.reads = 0
        self.writes = 0
        self.unavailable = False
        self.before_write: Callable[[], None] = lambda: None
        self.on_record: Measures = ()
        self._stored: tuple[str, str] | None = None

    def read(self) -> tuple[str, Mapping[str, object]] | None:
        self.reads += 1
        if self.unavailable:
            raise LedgerUnavailable("told to be")
        if self._stored is None:
            return None
        version, text = self._stored
        try:
            return version, json.loads(text)
        except ValueError as error:
            raise DamagedDocument(str(error), version=version) from error

    def stored(self) -> Stored | None:
        found = self.read()
        return None if found is None else Stored(*found, self.on_record)

    def holds(self, version: str, text: str) -> None:
        """From now on, whoever wrote it and however well."""
        self._stored = version, text

    def write(self, version: str, document: Mapping[str, object], replaces: str | None) -> None:
        self.before_write()
        held = self._stored[0] if self._stored else None
        if held != replaces:
            if held == version:
                return
            raise LedgerContention(f"{held} is in force, not {replaces}")
        self.writes += 1
        self._stored = version, json.dumps(document)
