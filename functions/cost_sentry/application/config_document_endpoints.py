"""The member ``endpoints`` of a configuration as a JSON-safe document, and back."""

from collections.abc import Mapping
from typing import Any

from cost_sentry.application.time_zones import time_zone_named
from cost_sentry.domain.endpoint_rules import EndpointGroup, EndpointRules, JobRules
from cost_sentry.domain.money import dollars_text, picodollars
from cost_sentry.domain.timetable import Timetable


def endpoints_to_document(rules: EndpointRules) -> dict[str, object]:
    """The member ``endpoints``; an older sentry reads over it, and nothing sleeps."""
    told: dict[str, object] = {
        "idleMinutes": rules.idle_minutes,
        "upMinutesMin": rules.up_minutes_min,
        "wakeMinutesMax": rules.wake_minutes_max,
        "actionsPerRunMax": rules.actions_per_run_max,
        "dryRun": rules.is_dry_run,
        "protected": [dict(scope) for scope in rules.protected],
        "groups": [_group_to_document(group) for group in rules.groups],
        "instancePrices": {
            name: dollars_text(price) for name, price in rules.instance_prices.items()
        },
    }
    if rules.jobs is not None:
        told["jobs"] = {
            "warnPercent": rules.jobs.warn_percent,
            "stopsPerRunMax": rules.jobs.stops_per_run_max,
        }
    return {"endpoints": told}


def endpoints_from(document: Mapping[str, Any]) -> EndpointRules:
    """Of the member ``endpoints``."""
    prices = document["instancePrices"]
    return EndpointRules(
        idle_minutes=document["idleMinutes"],
        up_minutes_min=document["upMinutesMin"],
        wake_minutes_max=document["wakeMinutesMax"],
        actions_per_run_max=document["actionsPerRunMax"],
        is_dry_run=document["dryRun"],
        protected=tuple(dict(scope) for scope in document["protected"]),
        groups=tuple(_group_from(group) for group in document["groups"]),
        instance_prices={name: picodollars(price) for name, price in prices.items()},
        jobs=_jobs_from(document.get("jobs")),
    )


def _jobs_from(document: Mapping[str, Any] | None) -> JobRules | None:
    if document is None:
        return None
    return JobRules(
        warn_percent=document["warnPercent"], stops_per_run_max=document["stopsPerRunMax"]
    )


def _group_to_document(group: EndpointGroup) -> dict[str, object]:
    told: dict[str, object] = {"id": group.id, "scope": dict(group.scope)}
    if group.timetable is not None:
        told["hours"] = {
            "days": sorted(group.timetable.days),
            "opens": group.timetable.opens_minute,
            "closes": group.timetable.closes_minute,
            "timeZone": str(group.timetable.zone),
        }
    optional = {
        "idleMinutes": group.idle_minutes,
        "instead": group.instead,
        "probe": group.probe,
    }
    return {**told, **{name: value for name, value in optional.items() if value is not None}}


def _group_from(document: Mapping[str, Any]) -> EndpointGroup:
    hours = document.get("hours")
    return EndpointGroup(
        id=document["id"],
        scope=dict(document["scope"]),
        timetable=None if hours is None else _timetable_from(hours),
        idle_minutes=document.get("idleMinutes"),
        instead=document.get("instead"),
        probe=document.get("probe"),
    )


def _timetable_from(document: Mapping[str, Any]) -> Timetable:
    return Timetable(
        days=frozenset(document["days"]),
        opens_minute=document["opens"],
        closes_minute=document["closes"],
        zone=time_zone_named(document["timeZone"]),
    )
