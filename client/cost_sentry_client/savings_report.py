"""What caches have spared, for machines and for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from cost_sentry.application.answer_ports import DaySavings
from cost_sentry.domain.answer_cache import AnswerCaching
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.invocation import account_of
from cost_sentry.domain.money import dollars_text
from cost_sentry_client.money_display import left_text
from cost_sentry_client.tables import amounts_table

if TYPE_CHECKING:
    from rich.table import Table

    from cost_sentry_client.operations import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationSavings:
    """Of one application."""

    team: str
    application: str
    caching: AnswerCaching | None
    """As it is in force; ``None`` where it had one once."""
    first: date
    last: date
    days: Sequence[DaySavings]

    @property
    def hits(self) -> int:
        """Of all days."""
        return sum(day.hits for day in self.days)

    @property
    def avoided_picodollars(self) -> int:
        """Of all days."""
        return sum(day.avoided_picodollars for day in self.days)


def savings_of(operator: "Operator", days: int) -> list[ApplicationSavings]:
    """Of every application that has a cache, or had one within these days, the largest first."""
    last = operator.clock.now().date()
    first = last - timedelta(days=days - 1)
    found = []
    for team in operator.config().teams.values():
        for one in team.applications.values():
            account = account_of({"team": team.id, "application": one.id})
            spared = operator.savings.days(account, first, last)
            if one.answer_cache or spared:
                found.append(
                    ApplicationSavings(
                        team=team.id,
                        application=one.id,
                        caching=one.answer_cache,
                        first=first,
                        last=last,
                        days=spared,
                    )
                )
    return sorted(found, key=lambda f: (-f.avoided_picodollars, f.team, f.application))


def savings_json(found: Sequence[ApplicationSavings]) -> list[dict[str, Any]]:
    """Amounts are exact decimal strings of dollars."""
    return [
        {
            "team": one.team,
            "application": one.application,
            "ttlSeconds": one.caching.ttl_seconds if one.caching else None,
            "from": one.first.isoformat(),
            "to": one.last.isoformat(),
            "hits": one.hits,
            "avoidedUsd": dollars_text(one.avoided_picodollars),
            "days": [
                {
                    "day": day.day.isoformat(),
                    "hits": day.hits,
                    "avoidedUsd": dollars_text(day.avoided_picodollars),
                }
                for day in one.days
            ],
        }
        for one in found
    ]


def savings_table(found: Sequence[ApplicationSavings]) -> "Table | str":
    """What was spared is rounded down, so that it is never shown as more than it is."""
    if not found:
        return "no application of the configuration in force keeps answers"
    table = amounts_table("application", "since", amounts=("hits", "avoided"))
    for one in found:
        avoided = left_text(Unit.USD, one.avoided_picodollars)
        table.add_row(
            f"{one.team}/{one.application}", one.first.isoformat(), f"{one.hits:,}", avoided
        )
    return table
