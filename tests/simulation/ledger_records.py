"""What the ledger's records say, as the simulation reads them; see ``ledger_reader``."""

from collections.abc import Iterator
from dataclasses import dataclass, field

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
    reserved_at_ms: int
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
    at_ms: int

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
            "retries": amount,
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


@dataclass(slots=True)
class Change:
    """What one write did to one item, in the ledger's words."""

    parts: dict[str, Part] = field(default_factory=dict)
    """Differences, by purse."""
    reserved: list[Held] = field(default_factory=list)
    gone: list[Held] = field(default_factory=list)
    """Reservations that are no longer pending."""
    adopted: list[tuple[Held, Held]] = field(default_factory=list)
    """Reservations that another invocation took over, before and after."""
    pending: int = 0
    """How many the item holds now."""
    left: list[str] = field(default_factory=list)
    """Budget windows that a shard does not carry any more."""
    bound: frozenset[str] = frozenset()
    """Those of its calls, and of those that expired lately; told when one left."""
    new_window: tuple[str, int] | None = None
    """A window that was opened, and its limit."""
    new_limit: tuple[str, int] | None = None
    """A window whose limit moved."""
    direct: tuple[str, frozenset[str]] | None = None
    """A window, and the shards that it serves itself."""
    crowded: str = ""
    """A window that no longer sees all its places at one instant."""
    defined: tuple[str, int] | None = None
    """A budget whose definition was written."""
    state: str = ""
    """What became of a shard that takes calls, or took none."""
    kind: str = ""
    """Of its windows."""
    source: str = ""
    registered: tuple[str, bool] | None = None
    """An account whose line in the register was written, and whether it is there now."""
    at_rest: bool | None = None
    """Of an account's first shard: whether it is closed now."""
    numbers: tuple[int, int] | None = None
    """The item's count of entries before and after."""
    entry: Entry | None = None
