"""When a burn rate is unlike a scope's own past: windows, factors, and how sure one must be.

Short and long windows together find what is sudden within minutes and what creeps within hours
(*The Site Reliability Workbook*, 2018, chapter 5). Factors were chosen on simulated weeks of other
seeds than those that are reported; see the page "How anomalies are found".
"""

from dataclasses import dataclass
from typing import NamedTuple

CRITICAL_PERCENT = 300


class MoneyWindow(NamedTuple):
    """More than all three of them at once is an anomaly."""

    minutes: int
    factor: float
    """Of what is usual."""
    peak_factor: float
    """Of the dearest five minutes of such hours."""
    deviations: float
    """Above what is usual, if calls came and cost by chance as they did in the past."""


class RatioWindow(NamedTuple):
    """Of what one call costs, and of its tokens."""

    minutes: int
    factor: float
    deviations: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BurnRules:
    """What counts as unusual. The defaults are what is measured."""

    money: tuple[MoneyWindow, ...] = (
        MoneyWindow(1, 2.5, 1.5, 5.0),
        MoneyWindow(2, 2.2, 1.35, 5.0),
        MoneyWindow(5, 2.0, 1.2, 4.5),
        MoneyWindow(15, 1.7, 1.0, 4.5),
        MoneyWindow(30, 1.65, 1.0, 4.5),
        MoneyWindow(60, 1.6, 0.8, 4.5),
    )
    calls: tuple[MoneyWindow, ...] = (
        MoneyWindow(1, 2.8, 1.4, 5.0),
        MoneyWindow(2, 2.5, 1.3, 5.0),
        MoneyWindow(5, 2.2, 1.2, 4.5),
        MoneyWindow(15, 1.9, 1.1, 4.5),
    )
    per_call: tuple[RatioWindow, ...] = (
        RatioWindow(1, 2.0, 5.5),
        RatioWindow(2, 1.8, 5.5),
        RatioWindow(5, 1.7, 6.0),
        RatioWindow(15, 1.6, 6.0),
        RatioWindow(30, 1.6, 5.5),
        RatioWindow(60, 1.55, 5.5),
    )
    tokens_factor: float = 1.15
    """Lengths of calls are held to so much more than their cost, whose noise is learned."""
    young_factor: float = 2.0
    """Factors are so much higher where too few days are known."""
    floor_picodollars_per_minute: int = 10**9
    """Above what is usual; a dollar and a half a day is nobody's incident."""
    least_picodollars: int = 5 * 10**9
    """Above what is usual, in any window: half a cent is nobody's either, however fast it went."""
    floor_calls_per_minute: int = 5
    new_pace_factor: int = 14
    """Without any past: times the even pace of the scope's budget (the workbook's fast burn)."""
    new_picodollars_per_minute: int = 10**12
    """Without any past, and without a budget."""
    calm_minutes: int = 10
    """An incident is over when so many minutes are ordinary."""
    told_again_minutes: int = 5
    """While it goes on it is told so often: whoever acts must know that it does."""
    much_more: int = 3
    """So many times the factor that was told is told at once."""
    adopted_after_minutes: int = 24 * 60
    """What goes on for so long is what is usual now."""
