"""A sleep record as JSON text and back. Moments are whole milliseconds since 1970."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cost_sentry.adapters.reservation_record import (
    milliseconds,
    moment_of,
    record_text,
    reservation_from_record,
    reservation_to_record,
)
from cost_sentry.domain.endpoint import Endpoint, EndpointKind, EndpointState, Snapshot
from cost_sentry.domain.endpoint_saving import Saving
from cost_sentry.domain.endpoint_sleep import SleepRecord, SleepState, Slept
from cost_sentry.domain.instance_price import Fleet

FORM = 1


def sleep_to_text(record: SleepRecord) -> str:
    """All but ``wanted_at``, which stands beside it."""
    total = record.total
    return record_text(
        {
            "form": FORM,
            "endpoint": record.endpoint,
            "cycle": record.cycle,
            "state": record.state.name,
            "since": milliseconds(record.since),
            "snapshot": {
                "endpoint": _endpoint_to_json(record.snapshot.endpoint),
                "content": record.snapshot.content,
            },
            "reason": record.reason,
            "revision": record.revision,
            "claimedUntil": milliseconds(record.claimed_until),
            "sleptAt": _or_none(record.slept_at),
            "wakes": record.wakes,
            "held": None if record.held is None else reservation_to_record(record.held),
            "isAsking": record.is_asking,
            "hasBegun": record.has_begun,
            "posted": record.posted_picodollars,
            "restoringSince": _or_none(record.restoring_since),
            "failures": record.failures,
            "notBefore": milliseconds(record.not_before),
            "prices": dict(record.prices),
            "total": [
                total.sleeps,
                total.restores,
                total.seconds,
                total.saved_picodollars,
                total.unpriced_seconds,
            ],
            "this": _saving_to_json(record.this),
            "months": {name: _saving_to_json(one) for name, one in record.months.items()},
        }
    )


def sleep_from_text(text: str, wanted_at: datetime | None = None) -> SleepRecord:
    """The inverse; ``ValueError`` if it is no such text."""
    try:
        told = json.loads(text)
        if told["form"] != FORM:
            raise ValueError(f"a sleep record of form {told['form']!r}; only {FORM} is known here")
        return _record(told, wanted_at)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a sleep record: {error!r}") from error


def _record(told: dict[str, Any], wanted_at: datetime | None) -> SleepRecord:
    snapshot = told["snapshot"]
    return SleepRecord(
        endpoint=told["endpoint"],
        cycle=told["cycle"],
        state=SleepState[told["state"]],
        since=moment_of(told["since"]),
        snapshot=Snapshot(
            endpoint=_endpoint_from_json(snapshot["endpoint"]), content=snapshot["content"]
        ),
        reason=told["reason"],
        revision=told["revision"],
        claimed_until=moment_of(told["claimedUntil"]),
        slept_at=_moment_or_none(told["sleptAt"]),
        wakes=told["wakes"],
        held=None if told["held"] is None else reservation_from_record(told["held"]),
        is_asking=told.get("isAsking", False),
        has_begun=told["hasBegun"],
        posted_picodollars=told.get("posted"),
        restoring_since=_moment_or_none(told["restoringSince"]),
        failures=told["failures"],
        not_before=moment_of(told["notBefore"]),
        wanted_at=wanted_at,
        total=_slept(told["total"]),
        # Records of before these were kept have none.
        prices=told.get("prices", {}),
        this=_saving(told.get("this", (0, 0, 0))),
        months={name: _saving(one) for name, one in told.get("months", {}).items()},
    )


def _slept(told: list[int]) -> Slept:
    sleeps, restores, seconds, saved, unpriced = told
    return Slept(
        sleeps=sleeps,
        restores=restores,
        seconds=seconds,
        saved_picodollars=saved,
        unpriced_seconds=unpriced,
    )


def _saving_to_json(saving: Saving) -> list[int]:
    return [saving.seconds, saving.saved_picodollars, saving.unpriced_seconds]


def _saving(told: Sequence[int]) -> Saving:
    seconds, saved, unpriced = told
    return Saving(seconds=seconds, saved_picodollars=saved, unpriced_seconds=unpriced)


def _endpoint_to_json(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "name": endpoint.name,
        "kind": endpoint.kind.name,
        "state": endpoint.state.name,
        "tags": dict(endpoint.tags),
        "madeAt": milliseconds(endpoint.made_at),
        "changedAt": _or_none(endpoint.changed_at),
        "fleets": [[fleet.instance_type, fleet.count] for fleet in endpoint.fleets],
        "parts": list(endpoint.parts),
        "unfit": endpoint.unfit,
    }


def _endpoint_from_json(told: dict[str, Any]) -> Endpoint:
    return Endpoint(
        name=told["name"],
        kind=EndpointKind[told["kind"]],
        state=EndpointState[told["state"]],
        tags=told["tags"],
        made_at=moment_of(told["madeAt"]),
        changed_at=_moment_or_none(told.get("changedAt")),
        fleets=tuple(Fleet(instance_type=kind, count=count) for kind, count in told["fleets"]),
        parts=tuple(told["parts"]),
        unfit=told["unfit"],
    )


def _or_none(moment: datetime | None) -> int | None:
    return None if moment is None else milliseconds(moment)


def _moment_or_none(told: int | None) -> datetime | None:
    return None if told is None else moment_of(told)
