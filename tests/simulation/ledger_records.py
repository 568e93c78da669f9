"""What the ledger's records say, as the simulation reads them; see ``ledger_reader``."""

from collections.abc import Iterator
from dataclasses import dataclass

DOLLARS = "usd"
VOIDED, EXPIRED = "VOIDED", "EXPIRED"
RESERVE, ADJUST = "reserve", "adjust"


@dataclass(frozen=True, slots=True)
class Held:
    """A reservation as its record tells it."""

    account: str
    request_id: str
    source: str
    attempt: str
    digest: str
    model: str
    quote: int
    expires_at_ms: int
    holds: tuple[tuple[str, str, int], ...]
    """Purse, unit, amount."""

    @property
    def execution(self) -> str:
        """Who holds it, whichever of its invocations."""
        return self.attempt.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Ended:
    """A reservation with its resolution, as its record tells it."""

    held: Held
    state: str
    cost: int
    tokens: int
    prompt_tokens: int | None
    output_tokens: int | None
    """``None`` where nobody knows."""
    is_estimated: bool

    def postings(self) -> Iterator[tuple[str, int]]:
        """What it charges, by purse."""
        for purse, unit, amount in self.held.holds:
            yield purse, 0 if self.state == VOIDED else self._charge(unit, amount)

    def _charge(self, unit: str, amount: int) -> int:
        """In the unit; where the usage is unknown all that was held of it."""
        known = {
            DOLLARS: self.cost,
            "tokens": self.tokens,
            "input_tokens": self.prompt_tokens,
            "output_tokens": self.output_tokens,
            "requests": amount,
            "in_flight": 0,
        }[unit]
        return amount if known is None else known


@dataclass(slots=True)
class Part:
    """What one item holds of one purse; the parts of all items add up to the whole.

    What is posted lies nowhere: it is what has left all places.
    """

    limit: int = 0
    free: int = 0
    """Unallotted and impounded money too: all that is neither held nor spent."""
    pending: int = 0

    @property
    def posted(self) -> int:
        """What has left the places for good."""
        return self.limit - self.free - self.pending

    def add(self, other: "Part") -> None:
        """Put another item's part to it."""
        self.limit += other.limit
        self.free += other.free
        self.pending += other.pending


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the ledger, wherever it is kept."""

    source: str
    sequence: int
    kind: str
    held: Held | None = None
    ended: Ended | None = None
    moves: tuple[tuple[str, int], ...] = ()
