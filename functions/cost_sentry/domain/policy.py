"""Rules that people write beside their budgets: which model may serve which call, and why not."""

from dataclasses import dataclass
from enum import StrEnum

PRICE_CLASSES: tuple[tuple[str, int], ...] = (
    ("low", 10**6),
    ("middle", 6 * 10**6),
    ("high", 16 * 10**6),
)
"""Names of prices, and up to which each goes: picodollars per output token, so $1, $6, $16 for a
million of them. What is dearer is ``premium``."""
PREMIUM = "premium"
PRICE_CLASS_NAMES = (*(name for name, _ in PRICE_CLASSES), PREMIUM)
"""Cheapest first."""

REGIONAL = "regional"
"""The geography of a model that is called by its own id, in one Region."""


class PolicyMode(StrEnum):
    """What comes of a policy's word."""

    ENFORCE = "enforce"
    SHADOW = "shadow"
    """It is asked, and what it would have changed is told; nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One rule, as it was written."""

    id: str
    text: str
    """Cedar, one statement, without its annotations."""
    sentence: str
    """Why, for whoever meets it in an answer."""
    mode: PolicyMode = PolicyMode.ENFORCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """All rules of a configuration."""

    rules: tuple[Policy, ...] = ()
    time_zone: str = "UTC"
    """Of the hours and weekdays that rules speak of."""


NO_POLICIES = Policies()
"""Then every model of the configuration may be called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyNote:
    """A policy, or a budget in shadow mode, that took part in a decision."""

    policy_id: str
    sentence: str
    model_id: str
    """The model that it was asked about."""
    is_known: bool = True
    """False of a budget in shadow mode of which nobody could tell whether it would refuse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the policies say about one model for one call."""

    is_permitted: bool
    forbidden_by: tuple[PolicyNote, ...] = ()
    """Empty also where nothing is forbidden and nothing permitted: no policy speaks for it."""
    shadow: tuple[PolicyNote, ...] = ()
    """Policies in shadow mode that would have turned the verdict."""


def price_class(output_picodollars: int) -> str:
    """The name of a price of an output token."""
    return next((name for name, most in PRICE_CLASSES if output_picodollars <= most), PREMIUM)


def classes_up_to(name: str) -> tuple[str, ...]:
    """The price classes from the cheapest to this one."""
    return PRICE_CLASS_NAMES[: PRICE_CLASS_NAMES.index(name) + 1]
