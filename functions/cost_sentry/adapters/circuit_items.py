"""Keys and attributes of what watches models, and of retries. Pure: no call is made here.

| item | pk | sk |
| --- | --- | --- |
| circuits that are not closed | ``CIRCUITS`` | Region |
| calls that ended | ``CIRCUIT#<Region>#<model>`` | ``CALLS#<second>`` |
| what is not counted any more | ``CIRCUIT#<Region>#<model>`` | ``FORGOTTEN`` |
| what retries are paid with | ``RETRIES`` | Region |
| an attempt that was granted | ``RETRY#<attempt's request id>`` | account |
"""

import json
from collections.abc import Mapping
from datetime import datetime

from cost_sentry.adapters.ledger_items import Item, Key, key
from cost_sentry.adapters.reservation_record import milliseconds, moment_of, record_text
from cost_sentry.domain.circuit import Circuit, Tally

FORM = 1
PREFIX = "circuit "
"""What the attributes of the first item begin with; the model's id follows."""
CALLS = "CALLS#"
FORGOTTEN = "FORGOTTEN"
"""Sorts behind all of ``CALLS#``, so that one query finds both."""


def circuits_key(region: str) -> Key:
    """Of the item that holds every circuit that is not closed."""
    return key("CIRCUITS", region)


def model_partition(region: str, model_id: str) -> str:
    """Under which calls to one model are counted."""
    return f"CIRCUIT#{region}#{model_id}"


def calls_key(region: str, model_id: str, bucket: int) -> Key:
    """Of what is counted of one bucket."""
    return key(model_partition(region, model_id), calls_sort_key(bucket))


def calls_sort_key(bucket: int) -> str:
    """Sorts as the buckets do."""
    return f"{CALLS}{bucket:012d}"


def forgotten_key(region: str, model_id: str) -> Key:
    """Of the moment before which nothing counts any more."""
    return key(model_partition(region, model_id), FORGOTTEN)


def bank_key(region: str) -> Key:
    """Of what retries are paid with."""
    return key("RETRIES", region)


def granted_key(account: str, attempt_id: str) -> Key:
    """Of an attempt that was granted."""
    return key(f"RETRY#{attempt_id}", account)


def circuit_text(circuit: Circuit) -> str:
    """One circuit, the same text for the same content."""
    return record_text(
        [
            FORM,
            milliseconds(circuit.opened_at),
            milliseconds(circuit.due_at),
            *circuit.tally,
            circuit.probe,
            None if circuit.probed_at is None else milliseconds(circuit.probed_at),
        ]
    )


def circuit_of(text: str) -> Circuit:
    """The inverse of ``circuit_text``; ``ValueError`` if it is none."""
    try:
        form, opened_at, due_at, calls, failures, probe, probed_at = json.loads(text)
    except TypeError as error:
        raise ValueError(f"not a circuit: {error}") from error
    if form != FORM:
        raise ValueError(f"a circuit of form {form!r}; only {FORM} is known here")
    return Circuit(
        opened_at=moment_of(opened_at),
        due_at=moment_of(due_at),
        tally=Tally(calls=calls, failures=failures),
        probe=probe,
        probed_at=None if probed_at is None else moment_of(probed_at),
    )


def circuits_of(item: Item | None) -> Mapping[str, Circuit]:
    """By model id. One that cannot be read is left out: what is not known is closed."""
    found = {}
    for name, value in (item or {}).items():
        if name.startswith(PREFIX):
            try:
                found[name.removeprefix(PREFIX)] = circuit_of(value["S"])
            except (ValueError, KeyError):
                continue
    return found


def tally_of(items: list[Item]) -> Tally:
    """Of one model's partition, from some bucket on, without what is forgotten."""
    since = max((_forgotten_at(item) for item in items), default=-1)
    counted = [item for item in items if _bucket(item) > since]
    calls = sum(int(item["calls"]["N"]) for item in counted)
    return Tally(calls=calls, failures=sum(int(item["failures"]["N"]) for item in counted))


def _bucket(item: Item) -> int:
    name: str = item["sk"]["S"]
    return int(name.removeprefix(CALLS)) if name.startswith(CALLS) else -1


def _forgotten_at(item: Item) -> int:
    """In seconds; a bucket that began before is forgotten whole."""
    if item["sk"]["S"] != FORGOTTEN:
        return -1
    return int(datetime.fromisoformat(item["at"]["S"]).timestamp())
