"""Where the calls of a simulation come from, and what is known of the time before them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cost_sentry.application.simulated_call import SimulatedCall

CALLS_MAX = 1_000_000
"""They are in memory, because they are decided in the order of their times: 1.5 to 3 kB each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSource:
    """Calls, ready to be decided."""

    name: str
    """For people: ``calls.jsonl``, ``2026-11-27``."""
    calls: Sequence[SimulatedCall]
    """In the order of their times, at least one."""
    posted: Mapping[str, int] = field(default_factory=dict)
    """What windows had posted before, by ``budget@window``."""
    notes: tuple[str, ...] = ()
    """What was left out and what is assumed because of where they come from, in sentences."""
