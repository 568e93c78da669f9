"""What endpoints did, minute by minute, until it is told to CloudWatch."""

from dataclasses import dataclass, field
from typing import NamedTuple

MINUTE = 60


class Seen(NamedTuple):
    """Something that one part of an endpoint is counted for. A part is a variant or a component."""

    endpoint: str
    part: str
    metric: str
    is_component: bool


@dataclass(slots=True)
class Activity:
    """Counts since they were last taken; calls that run now."""

    counts: dict[tuple[Seen, int], int] = field(default_factory=dict)
    running: dict[tuple[str, str], int] = field(default_factory=dict)
    most: dict[tuple[str, str, int], int] = field(default_factory=dict)
    """Calls at once, at most, by minute."""

    def count(self, seen: Seen, at: float) -> None:
        """Once more."""
        name = seen, _minute(at)
        self.counts[name] = self.counts.get(name, 0) + 1

    def begin(self, endpoint: str, part: str, at: float) -> None:
        """A call runs."""
        self._run(endpoint, part, at, 1)

    def end(self, endpoint: str, part: str, at: float) -> None:
        """It does no more."""
        self._run(endpoint, part, at, -1)

    def taken(self) -> dict[tuple[Seen, int], int]:
        """All counts, which are none from here on."""
        taken, self.counts = self.counts, {}
        return taken

    def most_at_once(self, endpoint: str, part: str, minute: int) -> int:
        """In a minute that is over; a call that still runs is counted in each."""
        still = self.running.get((endpoint, part), 0)
        return max(still, self.most.pop((endpoint, part, minute), 0))

    def _run(self, endpoint: str, part: str, at: float, more: int) -> None:
        mine = endpoint, part
        before = self.running.get(mine, 0)
        self.running[mine] = before + more
        name = (*mine, _minute(at))
        self.most[name] = max(self.most.get(name, 0), before, before + more)


def _minute(at: float) -> int:
    return int(at // MINUTE) * MINUTE
