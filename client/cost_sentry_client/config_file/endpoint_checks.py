"""What no single field of ``endpoints`` shows: names, hours and probes that must make sense."""

import json
from collections.abc import Iterator

from cost_sentry.domain.timetable import MINUTES_PER_DAY
from cost_sentry_client.config_file.problems import Finding, Path, listed, quoted
from cost_sentry_client.config_file.shapes import SentryFile
from cost_sentry_client.config_file.shapes_endpoints import EndpointGroupShape, minute_of
from cost_sentry_client.config_file.window_checks import zone_findings


def endpoint_findings(file: SentryFile) -> Iterator[Finding]:
    """Every finding in ``endpoints``."""
    if file.endpoints is None:
        if "endpoints" in file.model_fields_set:
            yield Finding(
                path=("endpoints",),
                problem="endpoints has no value, so it would be as if it were not there",
                allowed="endpoints: {} for the defaults, its fields, or no endpoints at all",
            )
        return
    ids: set[str] = set()
    for i, group in enumerate(file.endpoints.groups):
        path: Path = ("endpoints", "groups", i)
        if group.id in ids:
            problem = f"{quoted(group.id)} is the id of two groups"
            yield Finding(path=(*path, "id"), problem=problem, allowed="each id once")
        ids.add(group.id)
        yield from _group(file, group, path)
    for i, scope in enumerate(file.endpoints.protected):
        if not scope:
            yield Finding(
                path=("endpoints", "protected", i),
                problem="no tags are named, so everything would be protected",
                allowed="at least one tag, such as {environment: prod}",
            )


def _group(file: SentryFile, group: EndpointGroupShape, path: Path) -> Iterator[Finding]:
    if group.instead is not None and group.instead not in file.models:
        yield Finding(
            path=(*path, "instead"),
            problem=f"{quoted(group.instead)} is not one of models",
            allowed=f"one of {listed(file.models)}",
        )
    if group.probe is not None and not _is_json(group.probe):
        yield Finding(
            path=(*path, "probe"),
            problem="it is not JSON",
            allowed='JSON, such as {"inputs": "hi"}',
        )
    if group.hours is not None:
        yield from zone_findings(group.hours.time_zone, (*path, "hours", "timeZone"))
        if minute_of(group.hours.opens) >= MINUTES_PER_DAY:
            yield Finding(
                path=(*path, "hours", "opens"),
                problem="24:00 is no time at which hours begin",
                allowed="00:00 to 23:59; 0:00 of the day after",
            )
        if minute_of(group.hours.closes) == 0:
            yield Finding(
                path=(*path, "hours", "closes"),
                problem="0:00 is the beginning of a day",
                allowed="24:00 for midnight, or a time from 0:01 on",
            )


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
