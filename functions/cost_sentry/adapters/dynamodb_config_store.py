"""The applied configuration: one item, ``CONFIG`` / ``CURRENT``, replaced conditionally.

Measures stand in it too, in attributes of their own (``dynamodb_measures``): applying leaves them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cost_sentry.adapters.ledger_calls import ConditionFailed, LedgerCalls, Written
from cost_sentry.adapters.ledger_items import Item
from cost_sentry.adapters.measure_items import CONFIG_KEY, measures_of
from cost_sentry.application.config_document import APPLY_AGAIN, config_from_document
from cost_sentry.application.config_size import document_text, must_fit
from cost_sentry.application.ports import Clock, ConfigStore, Stored
from cost_sentry.domain.errors import (
    ConfigurationError,
    CostSentryError,
    DamagedDocument,
    LedgerContention,
    LedgerUnavailable,
)
from cost_sentry.domain.sentry_config import SentryConfig

FRESH_FOR = timedelta(seconds=1)
"""How old an answer may be without a look at the table."""

IN_FORCE_FOR = timedelta(minutes=5)
"""How long the last good answer stands in while the table, or what it holds, cannot be read."""


class DynamoDbConfigStore:
    """``application.ports.ConfigStore``.

    Args:
        calls: the ledger's table.
        clock: stamps ``applied_at``.
    """

    def __init__(self, calls: LedgerCalls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._parsed: tuple[str, Mapping[str, object]] | None = None

    def read(self) -> tuple[str, Mapping[str, object]] | None:
        """See the port. A strongly consistent read; the text is parsed once per version."""
        item = self._calls.get(CONFIG_KEY)
        return None if item is None else self._document_of(item)

    def stored(self) -> Stored | None:
        """See the port; one strongly consistent read as well."""
        item = self._calls.get(CONFIG_KEY)
        if item is None:
            return None
        version, document = self._document_of(item)
        return Stored(version, document, measures_of(item))

    def _document_of(self, item: Item) -> tuple[str, Mapping[str, object]]:
        version = item["version"]["S"]
        if self._parsed is None or self._parsed[0] != version:
            self._parsed = version, _parse(item["document"]["S"], version)
        return self._parsed

    def applied_at(self) -> datetime | None:
        """When the configuration in force was put there; ``None`` before the first."""
        item = self._calls.get(CONFIG_KEY)
        return None if item is None else datetime.fromisoformat(item["applied_at"]["S"])

    def write(self, version: str, document: Mapping[str, object], replaces: str | None) -> None:
        """See the port; ``ConfigurationError`` if the document does not fit into one item."""
        must_fit(document)
        text = document_text(document)
        match self._calls.update(_replace(version, text, self._clock.now(), replaces)):
            case Written():
                return
            case ConditionFailed(item=item) if item and item["version"]["S"] == version:
                return  # The answer to an earlier try was lost; this very content is in force.
            case _:
                raise LedgerContention(
                    "another operator changed the configuration meanwhile: look at what it says "
                    "now (config diff) and apply again"
                )


class CachedConfigSource:
    """``application.ports.ConfigSource``: at most one read per second and execution environment.

    While the table cannot be read, or holds what this version cannot read, the last good
    configuration stays in force for five minutes, and ``stand_in`` says so. After that the answer
    is the error, ``LedgerUnavailable`` (P9) or ``ConfigurationError``, until one can be read again:
    an environment never decides by an old answer and refuses in turn.
    """

    def __init__(self, store: ConfigStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._good: _Good | None = None
        self._tried_at: datetime | None = None
        self.stand_in: StandIn | None = None
        """Of the last answer of ``current``; ``None``: what it gave is what is in force."""

    def current(self) -> SentryConfig | None:
        """See the port."""
        now = self._clock.now()
        if self._good is None or not _within(FRESH_FOR, self._tried_at, now):
            self._look(now)
        return self._good.config if self._good else None

    @property
    def known(self) -> SentryConfig | None:
        """What the last answer was; nobody is asked for it."""
        return self._good.config if self._good else None

    def _look(self, now: datetime) -> None:
        self._tried_at, self.stand_in = now, None
        try:
            self._good = _Good(config=self._config(self._store.stored(), now), read_at=now)
        except (LedgerUnavailable, ConfigurationError) as error:
            self.stand_in = self._stand_in(error, now)
            if self.stand_in is None:
                self._good = None
                raise

    def _stand_in(self, error: CostSentryError, now: datetime) -> "StandIn | None":
        good = self._good
        if good is None or good.config is None or not _within(IN_FORCE_FOR, good.read_at, now):
            return None
        return StandIn(
            version=good.config.version,
            age_seconds=int((now - good.read_at).total_seconds()),
            fault=str(error),
            is_unreadable=isinstance(error, ConfigurationError),
        )

    def _config(self, stored: Stored | None, now: datetime) -> SentryConfig | None:
        """With what measures were in force; ``measures_in_force`` says which still are."""
        if stored is None:
            return None
        known = self._good.config if self._good else None
        if known is None or known.version != stored.version:
            known = config_from_document(stored.document)
        measures = tuple(one for one in stored.measures if one.is_in_force(now))
        return known if known.measures == measures else replace(known, measures=measures)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """The configuration that decides while the one in force cannot be read."""

    version: str
    age_seconds: int
    """Since it was seen in force for the last time."""
    fault: str
    is_unreadable: bool
    """Whether an operator must act; else the table could not be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Good:
    config: SentryConfig | None
    read_at: datetime


def _within(span: timedelta, since: datetime | None, now: datetime) -> bool:
    # A clock that was set back proves nothing about age.
    return since is not None and timedelta(0) <= now - since < span


def _parse(text: str, version: str) -> Mapping[str, object]:
    try:
        document = json.loads(text)
    except ValueError as error:
        message = f"the configuration in force is not JSON ({error}): {APPLY_AGAIN}"
        raise DamagedDocument(message, version=version) from error
    if not isinstance(document, dict):
        message = f"the configuration in force is no JSON object: {APPLY_AGAIN}"
        raise DamagedDocument(message, version=version)
    return document


def _replace(version: str, text: str, now: datetime, replaces: str | None) -> dict[str, Any]:
    was = {} if replaces is None else {":was": {"S": replaces}}
    return {
        "Key": CONFIG_KEY,
        "UpdateExpression": "SET #version = :version, #document = :document, applied_at = :at",
        "ConditionExpression": "#version = :was" if was else "attribute_not_exists(pk)",
        "ExpressionAttributeNames": {"#version": "version", "#document": "document"},
        "ExpressionAttributeValues": {
            ":version": {"S": version},
            ":document": {"S": text},
            ":at": {"S": now.isoformat()},
            **was,
        },
    }
