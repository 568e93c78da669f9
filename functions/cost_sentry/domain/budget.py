"""A budget is scope × unit × window × limit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from cost_sentry.domain.unit import Unit, amount_in_words, amount_text, parse_amount
from cost_sentry.domain.window import (
    Window,
    WindowKind,
    session_window,
    window_at,
    window_named,
)
from cost_sentry.domain.window_id import session_id

__all__ = ["MODEL_TAG", "Budget", "Unit", "amount_in_words", "amount_text", "parse_amount"]

MODEL_TAG = "model"
"""The one scope tag that is not the caller's: it names the model that will be called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """From how many percent of the limit that are spent what is done before it is used up.

    ``None``: never. Rules of the operator, which advise; only the limit itself is the ledger's.
    """

    prefer_ladder_percent: int | None = None
    """Cheaper models of the ladder are tried before the one that was asked for."""
    lower_output_percent: int | None = None
    """Answers are cut shorter than asked for."""
    critical_only_percent: int | None = None
    """Models are kept for calls of priority critical, as far as it pays for them."""

    @property
    def given(self) -> Mapping[str, int]:
        """Those that are chosen, by the names that ``sentry.yaml`` has for them, in order."""
        percents = {
            "preferLadder": self.prefer_ladder_percent,
            "lowerOutput": self.lower_output_percent,
            "criticalOnly": self.critical_only_percent,
        }
        return {name: percent for name, percent in percents.items() if percent is not None}


NO_STAGES = Stages()
UNREACHED = 10**27
"""What the ledger holds as the limit of a budget in shadow mode: a million billion dollars."""


class BudgetMode(StrEnum):
    """Whether a budget refuses."""

    ENFORCE = "enforce"
    SHADOW = "shadow"
    """It counts like any other and refuses nothing; what it would have refused is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Temporary:
    """Of a budget that a measure put in force, beside ``sentry.yaml``."""

    until: datetime
    why: str
    undo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A limit that the ledger holds for every request whose tags match ``scope``."""

    id: str
    scope: Mapping[str, str]
    """Tags a request must carry, all of them; empty is the whole organisation."""
    unit: Unit
    window: WindowKind
    limit: int
    """In the ledger's amounts: picodollars, tokens, requests or calls."""
    time_zone: tzinfo = UTC
    """Whose days, weeks, months, quarters and years, and where hours begin."""
    owners: tuple[str, ...] = ()
    """E-mail addresses that hear about thresholds."""
    thresholds_percent: tuple[int, ...] = (50, 80, 100)
    stages: Stages = NO_STAGES
    mode: BudgetMode = BudgetMode.ENFORCE
    session: str | None = None
    """The agent run whose window is meant, with whose it is (``window_id.run_of_caller``).

    ``None``: no certain one.
    """
    temporary: Temporary | None = None
    """``None``: it stands in ``sentry.yaml``."""

    @property
    def is_shadow(self) -> bool:
        """Whether it only counts."""
        return self.mode is BudgetMode.SHADOW

    @property
    def bounds(self) -> bool:
        """Whether it limits what is spent.

        Neither a cap on calls in flight nor a shadow does, nor a budget of each agent run: there
        may be any number of runs. Nor does a temporary one: what slows calls down allows none.
        """
        counts = self.unit.is_spent and self.window is not WindowKind.SESSION
        return counts and not self.is_shadow and self.temporary is None

    @property
    def in_ledger(self) -> "Budget":
        """As the ledger is to hold it: one in shadow mode under a limit that nobody reaches."""
        return replace(self, limit=UNREACHED) if self.is_shadow else self

    def covers(self, tags: Mapping[str, str], model_id: str) -> bool:
        """Whether a request with these tags, calling this base model id, is charged here."""
        return self.scope.items() <= {**tags, MODEL_TAG: model_id}.items()

    def window_at(self, now: datetime) -> Window:
        """The window that a reservation made ``now`` belongs to, for good."""
        if self.session is not None:
            return session_window(session_id(self.session))
        return window_at(self.window, now, self.time_zone)

    def resets_at(self, now: datetime) -> datetime | None:
        """When the limit is whole again; ``None``: never, as for one agent run."""
        return None if self.window is WindowKind.SESSION else self.window_at(now).end

    def window_named(self, window_id: str) -> Window | None:
        """The window of this budget with this id; ``None`` if it has no such window."""
        return window_named(self.window, window_id, self.time_zone)

    @property
    def window_text(self) -> str:
        """The kind of its windows, and whose calendar they follow: ``day``, ``day Asia/Tokyo``."""
        zone = "" if self.time_zone is UTC else f" {self.time_zone}"
        return f"{self.window.value}{zone}"
