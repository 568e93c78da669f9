"""Tables about what CloudWatch is told and watches."""

from collections.abc import Callable

from cost_sentry.domain.figures import FIGURES
from infra.alarms import ALARMS
from infra.spend_alarms import SPEND_ALARMS
from scripts.markdown_table import table


def alarms() -> str:
    """One row per alarm."""
    rows = ((f"`{row.name}`", f"≥ {row.threshold}", row.meaning) for row in ALARMS)
    return table("alarm", "in five minutes", "means, and what to do", rows=rows)


def figures() -> str:
    """One row per metric about calls."""
    rows = (
        (f"`{name}`", ", ".join(f"`{d}`" for d in dimensions), says)
        for name, (dimensions, says) in FIGURES.items()
    )
    return table("metric", "by", "says", rows=rows)


def spend_alarms() -> str:
    """One row per kind of alarm about spending."""
    rows = ((f"`anomaly-{row.name}-…`", row.meaning) for row in SPEND_ALARMS)
    return table("alarm", "means", rows=rows)


ALARM_TABLES: dict[str, Callable[[], str]] = {
    "alarms": alarms,
    "figures": figures,
    "spend-alarms": spend_alarms,
}
