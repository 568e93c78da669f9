"""All that the simulation knows of the emergency store's objects, and the only file that does.

Like ``ledger_reader`` a second reading: a mistake in the project's own readers is not repeated.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date

_SLOT = re.compile(r"emergency-(.+)-(\d{4}-\d\d-\d\d)-(\d\d)-[0-9a-f]{8}")
SLOTS, CLAIMS, IDS, OUTCOMES = "slots/", "claims/", "ids/", "outcomes/"
EXECUTION = "emergency"


@dataclass(frozen=True, slots=True)
class SlotId:
    """What a slot's request id says."""

    allowance: str
    day: date
    index: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """Which call has a slot; all empty if the sweep has it."""

    account: str = ""
    request_id: str = ""
    execution: str = ""
    at_ms: int = 0
    perhaps_held: bool = False
    """Whether the ledger may hold the same call besides."""

    @property
    def is_calls(self) -> bool:
        """Whether a call has it."""
        return bool(self.execution)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a caller's id stands for."""

    digest: str
    execution: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended, as it is kept for the ledger."""

    state: str
    cost: int
    is_estimated: bool


def slot_id(text: str) -> SlotId | None:
    """``None`` for the id of any other reservation."""
    found = _SLOT.fullmatch(text)
    return SlotId(found[1], date.fromisoformat(found[2]), int(found[3])) if found else None


def slot_named(key: str) -> str:
    """The slot that a key under ``SLOTS``, ``CLAIMS`` or ``OUTCOMES`` is about."""
    return key.rpartition("/")[2]


def id_key(account: str, request_id: str) -> str:
    """Where the store keeps what this caller's id stands for."""
    return IDS + hashlib.sha256(f"{account}#{request_id}".encode()).hexdigest()


def claimed(body: bytes) -> Claimed:
    """Whose a claim is."""
    if not body:
        return Claimed()
    record = json.loads(body)
    execution = record["attempt"].partition(".")[0]
    second = record["held"] is not None
    return Claimed(record["account"], record["id"], execution, record["at"], second)


def taken(body: bytes) -> Taken:
    """What an id stands for."""
    record = json.loads(body)
    return Taken(record["digest"], record["attempt"].partition(".")[0])


def outcome(body: bytes) -> Outcome:
    """How a call ended."""
    state, _, cost, _, _, is_estimated, _ = json.loads(body)
    return Outcome(state, cost, is_estimated)
