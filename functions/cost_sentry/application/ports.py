"""What the use cases need from the world. Adapters fit these shapes; nothing inherits."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.measure import Measures
from cost_sentry.domain.model_card import ModelCard
from cost_sentry.domain.price_book import ModelPrice
from cost_sentry.domain.reservation import (
    Hold,
    Reservation,
    Resolution,
    ResolvedReservation,
)
from cost_sentry.domain.sentry_config import SentryConfig

Complexity = Callable[[InvocationRequest], int | None]
"""How likely a small model is not enough, in thousandths; ``None`` if there is no text to read."""


class Clock(Protocol):
    """Time, so that use cases have none of their own."""

    def now(self) -> datetime:
        """The current time, aware, in UTC, in whole milliseconds: what a record can keep."""
        ...


class PriceBook(Protocol):
    """Versioned prices and what each model can do."""

    @property
    def region(self) -> str | None:
        """The AWS Region where a plain model id is called; ``None``: nobody said."""
        ...

    @property
    def version(self) -> str:
        """Names the exact book: its date and the start of its checksum."""
        ...

    def price(self, model_id: str) -> ModelPrice | None:
        """The price of this model or inference profile; ``None`` if the book has none (P6)."""
        ...

    def card(self, model_id: str) -> ModelCard | None:
        """What this model can do; ``None`` if nobody wrote it down."""
        ...


@dataclass(frozen=True, slots=True)
class Uncounted:
    """There is no count."""

    why: str
    """An error's name, or a few words; never the provider's text, which may quote the prompt."""


class TokenCounter(Protocol):
    """Who knows how many tokens a prompt has: the provider that will bill them."""

    def count(self, model_id: str, converse: Mapping[str, object]) -> int | Uncounted:
        """Prompt tokens of this camelCase request on this model, asked once and within a second.

        Never raises, never guesses: whatever goes wrong is ``Uncounted``.
        """
        ...


class ConfigSource(Protocol):
    """The configuration in force."""

    def current(self) -> SentryConfig | None:
        """The last applied configuration, ``None`` before the first; may be a second old."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """What one budget window could still give, seen at ``as_of``."""

    budget_id: str
    window_id: str
    limit: int
    left: int
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """The money is held. ``remaining`` is what the deciding write knew."""

    reservation: Reservation
    remaining: tuple[Remaining, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """One budget cannot pay: proven at one instant over all places its money can be (P2)."""

    hold: Hold
    remaining: Remaining
    out_of_reach_percent_max: int = 0
    """How much of the limit may be free where nobody looked: in a budget of very many shards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SameId:
    """This request id is taken, by a pending reservation or by one already resolved."""

    reservation: Reservation
    resolution: Resolution | None


ReserveResult = Reserved | Shortage | SameId


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The reservation has ended. ``first`` is false when an earlier attempt ended it (P4)."""

    resolved: ResolvedReservation
    first: bool
    remaining: tuple[Remaining, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetBalance:
    """Where a budget window's money is, read at one instant (P3)."""

    budget_id: str
    window_id: str
    unit: Unit
    limit: int
    unallotted: int
    free: int
    pending: int
    posted: int

    @property
    def left(self) -> int:
        """What could still be reserved."""
        return self.unallotted + self.free


class Ledger(Protocol):
    """The only thing that spends. Raises ``LedgerUnavailable`` when it cannot be asked (P9)."""

    def reserve(self, reservation: Reservation) -> ReserveResult:
        """Hold every ``reservation.holds``, all or none, unless the id is taken."""
        ...

    def known(self, reservation: Reservation) -> Reserved | SameId | None:
        """What ``reserve`` would answer if the id is taken; ``None``, and nothing held, if not.

        Before a refusal that no budget is asked for, and for whoever needs no money (P5).
        """
        ...

    def resolve(self, reservation: Reservation, resolution: Resolution) -> Resolved:
        """Settle, void or expire it: post what it cost, give back the rest, exactly once."""
        ...

    def expired(self, now: datetime, batch_max: int) -> Iterable[Reservation]:
        """At most ``batch_max`` pending reservations past their ``expires_at``."""
        ...

    def tidy(self, now: datetime, batch_max: int) -> int:
        """Lay debts anew, return what ended windows left in accounts; how much was changed.

        At most ``batch_max`` writes of each kind, so that a backlog of one starves no other.
        """
        ...

    def forget(self, place: str, now: datetime) -> None:
        """Let a shard forget ended calls that the journal has kept for a while."""
        ...


class LedgerBooks(Protocol):
    """The ledger's read models and its operator's verbs."""

    def balance(self, budget: Budget, window_id: str) -> BudgetBalance:
        """Where the money of this budget window is; the defined limit if nobody spent yet."""
        ...

    def limits(self) -> Mapping[str, int]:
        """Every defined budget's limit by id."""
        ...

    def define(self, budget: Budget, window_id: str) -> int | None:
        """Create the budget or change its limit, keeping what is spent.

        In this window, and in later ones that are there already.

        Returns the limit before, ``None`` if it is new. ``ConfigurationError`` when the unit,
        window or time zone of an existing budget would change.
        """
        ...

    def refuse_other_kinds(self, budgets: Iterable[Budget]) -> None:
        """``ConfigurationError`` if ``define`` would refuse one of them. Changes nothing."""
        ...

    def pending(self, account: str | None = None) -> Sequence[Reservation]:
        """Reservations that nobody resolved yet."""
        ...


class Stored(NamedTuple):
    """The configuration in force as it is stored, and what is on record beside it."""

    version: str
    document: Mapping[str, object]
    measures: Measures


class ConfigStore(Protocol):
    """Where the applied configuration lives."""

    def stored(self) -> Stored | None:
        """As ``read``, with the measures on record, by the same question.

        ``ConfigurationError`` where they cannot be read.
        """
        ...

    def read(self) -> tuple[str, Mapping[str, object]] | None:
        """Version and document of the configuration in force, ``None`` before the first.

        ``DamagedDocument`` if what is stored is none.
        """
        ...

    def write(self, version: str, document: Mapping[str, object], replaces: str | None) -> None:
        """Put it in force; ``LedgerContention`` if another operator changed it meanwhile."""
        ...
