"""When a model is not asked for a while, because its calls fail; and when it is asked again.

A **circuit** stands between the sentry and one model in one Region. Closed, calls go through. It
**opens** when enough of the calls of a short while failed; then none goes through. When its time is
over it is **half open**: one call goes through as a **probe**. If that succeeds the circuit closes,
and if it fails the circuit opens anew. What is known comes late and may be lost, so a circuit is
advice: it strikes models, and never allows a call (Nygard, *Release It!*, 2007).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

PROBE_SECONDS_MAX = 310
"""After this nobody waits for a probe's report: no execution runs so long, and another probes."""


BUCKET_SECONDS = 5
"""Calls that end within it are counted together."""


class CircuitState(StrEnum):
    """Of a circuit that is not closed."""

    OPEN = "open"
    DUE = "due"
    """Half open, and nobody probes: the next call may."""
    PROBED = "probed"
    """Half open, and one call is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitRules:
    """When circuits open, and for how long."""

    failures: int = 5
    """At least so many calls of a window failed,"""
    failure_percent: int = 50
    """and at least this part of those that ended in it."""
    within_seconds: int = 30
    open_seconds: int = 30


class Tally(NamedTuple):
    """Calls to one model that ended in a window, as far as anybody knows."""

    calls: int = 0
    failures: int = 0
    """Of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """One that is not closed. Moments are whole milliseconds, in UTC."""

    opened_at: datetime
    """When it opened first; a probe that fails does not change it."""
    due_at: datetime
    """From here on a call may probe."""
    tally: Tally
    """What opened it."""
    probe: str | None = None
    """Who probes; see ``prober_of``."""
    probed_at: datetime | None = None

    def state(self, now: datetime) -> CircuitState:
        """At this moment. A probe that nobody reported on is one no more."""
        if now < self.due_at:
            return CircuitState.OPEN
        lapses = timedelta(seconds=PROBE_SECONDS_MAX)
        if self.probed_at is None or now - self.probed_at >= lapses:
            return CircuitState.DUE
        return CircuitState.PROBED

    def probed_by(self, prober: str, now: datetime) -> "Circuit":
        """With a probe under way."""
        return replace(self, probe=prober, probed_at=now)

    def given_back(self) -> "Circuit":
        """Without its probe, which was not sent, or says nothing of the model."""
        return replace(self, probe=None, probed_at=None)

    def opened_anew(self, rules: CircuitRules, now: datetime) -> "Circuit":
        """After a probe that failed."""
        due_at = now + timedelta(seconds=rules.open_seconds)
        return replace(self.given_back(), due_at=due_at)


def opened_by(tally: Tally, rules: CircuitRules, now: datetime) -> Circuit | None:
    """The circuit that these calls open; ``None`` if it stays closed."""
    enough = tally.failures >= rules.failures
    if not enough or tally.failures * 100 < rules.failure_percent * tally.calls:
        return None
    due_at = now + timedelta(seconds=rules.open_seconds)
    return Circuit(opened_at=now, due_at=due_at, tally=tally)


def bucket_of(moment: datetime) -> int:
    """The second, since 1970, at which the bucket of this moment begins."""
    return int(moment.timestamp()) // BUCKET_SECONDS * BUCKET_SECONDS


def prober_of(account: str, request_id: str) -> str:
    """How a circuit names the call that probes it."""
    return f"{account}#{request_id}"


def reported(
    circuit: Circuit, *, is_well: bool | None, rules: CircuitRules, now: datetime
) -> Circuit | None:
    """The circuit after its probe ended; ``None``: it is closed.

    ``is_well``: whether the model answered; ``None`` if the end says nothing of the model.
    """
    if is_well is None:
        return circuit.given_back()
    return None if is_well else circuit.opened_anew(rules, now)
