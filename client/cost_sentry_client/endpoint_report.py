"""Endpoints that sleep, for machines and for people. Amounts in JSON are exact, in dollars."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cost_sentry.application.endpoint_ports import UnreadableSleep
from cost_sentry.application.sleep_notices import hours_text, saved_text
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.endpoint import EndpointKind
from cost_sentry.domain.endpoint_saving import NOTHING, Saving
from cost_sentry.domain.endpoint_sleep import SleepRecord, SleepState
from cost_sentry.domain.money import dollars_text
from cost_sentry_client.money_display import left_text
from cost_sentry_client.tables import amounts_table, facts_table

if TYPE_CHECKING:
    from rich.table import Table

_STATES = {
    SleepState.ASLEEP: "asleep",
    SleepState.RESTORING: "waking",
    SleepState.ANSWERED: "awake",
    SleepState.CLOSED: "awake",
    SleepState.LEFT: "awake",
    SleepState.ABANDONED: "awake",
}
"""Of all others: it falls asleep."""
_KINDS = {
    EndpointKind.PLAIN: "plain: it sleeps by being deleted, and is made again as it was",
    EndpointKind.COMPONENTS: "with inference components: it sleeps without instances",
}


def state_text(record: SleepRecord, now: datetime) -> str:
    """As whoever calls it finds it; ``wanted``: it sleeps, and somebody has asked for it."""
    if record.state is SleepState.ASLEEP and record.is_wanted(now):
        return "wanted"
    return _STATES.get(record.state, "falling asleep")


def endpoint_json(record: SleepRecord, now: datetime) -> dict[str, Any]:
    """One endpoint."""
    total = record.total
    wakes = record.restoring_since if record.state is SleepState.RESTORING else None
    return {
        "endpoint": record.endpoint,
        "kind": record.snapshot.endpoint.kind.value,
        "state": state_text(record, now),
        "since": record.since.isoformat(),
        "reason": record.reason,
        "sleptAt": _moment(record.slept_at),
        "wakingSince": _moment(wakes),
        "wantedAt": _moment(record.wanted_at if record.is_wanted(now) else None),
        "notBefore": _moment(record.not_before if record.is_put_off else None),
        "heldUsd": dollars_text(record.held.quote_picodollars) if record.held else None,
        "sleeps": total.sleeps,
        "restores": total.restores,
        "savedUsd": dollars_text(total.saved_picodollars),
        "savedSeconds": total.seconds,
        "unpricedSeconds": total.unpriced_seconds,
        "months": [
            {
                "month": month,
                "savedUsd": dollars_text(saving.saved_picodollars),
                "savedSeconds": saving.seconds,
                "unpricedSeconds": saving.unpriced_seconds,
            }
            for month, saving in sorted(record.months.items())
        ],
    }


def whole_json(record: SleepRecord, now: datetime) -> dict[str, Any]:
    """With what it was made of."""
    return {**endpoint_json(record, now), "snapshot": json.loads(record.snapshot.content)}


def endpoint_facts(record: SleepRecord, now: datetime) -> "Table":
    """One endpoint, as it stands."""
    shown = endpoint_json(record, now)
    total = record.total
    facts = [
        ("kind", _KINDS[record.snapshot.endpoint.kind]),
        ("state", f"{shown['state']}, since {_minute(record.since)}"),
        ("why", record.reason),
        ("wanted", _minute(record.wanted_at) if record.wanted_at and shown["wantedAt"] else ""),
        ("not before", _minute(record.not_before) if shown["notBefore"] else ""),
        ("held", f"${shown['heldUsd']} for its wake" if record.held else ""),
        ("sleeps", f"{total.sleeps}, of which {total.restores} ended by a wake that answered"),
        ("saved", f"{saved_text(total)} in {hours_text(total)}"),
    ]
    return facts_table((name, value) for name, value in facts if value)


def wake_facts(told: Mapping[str, Any]) -> "Table":
    """What ``wake_endpoint`` told."""
    names = {"state": "state", "reason": "why", "expectedBy": "expected by", "instead": "instead"}
    return facts_table((name, told[key]) for key, name in names.items() if told[key])


def unreadable_json(one: UnreadableSleep) -> dict[str, Any]:
    """One whose record this version cannot read."""
    return {"endpoint": one.endpoint, "state": "unreadable", "reason": one.why}


def endpoints_table(
    records: Sequence[SleepRecord],
    unreadable: Sequence[UnreadableSleep],
    month: str,
    now: datetime,
) -> "Table | str":
    """One row each, and one for all."""
    if not records and not unreadable:
        return "no endpoint has slept yet"
    table = amounts_table("endpoint", "state", "since", amounts=(f"in {month}", "in all"))
    for record in records:
        of_month = record.months.get(month, NOTHING)
        since, state = _minute(record.since), state_text(record, now)
        table.add_row(record.endpoint, state, since, _saved(of_month), _saved(record.total))
    for one in unreadable:
        table.add_row(one.endpoint, "unreadable", "", "", "")
    of_month = sum((record.months.get(month, NOTHING) for record in records), NOTHING)
    total = sum((record.total for record in records), NOTHING)
    table.add_section()
    table.add_row("saved", "", "", _saved(of_month), _saved(total))
    return table


def _saved(saving: Saving) -> str:
    """Rounded down; what nobody can price is not nothing."""
    text = left_text(Unit.USD, saving.saved_picodollars)
    if not saving.unpriced_seconds:
        return text
    return f"{text} + ?" if saving.saved_picodollars else "?"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}Z"


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
