"""Measures in the item of the configuration. Pure: no call is made here.

| attribute | holds |
| --- | --- |
| ``measures`` | all on record, as JSON; absent where there never were any |
| ``measures_at`` | how often they were changed, so that of two writers one is told |
"""

import json
from collections.abc import Mapping
from typing import Any

from cost_sentry.adapters.ledger_items import Item, key, number
from cost_sentry.application.measure_document import (
    LIFT_ALL,
    measures_from_document,
    measures_to_document,
)
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.measure import Measures

CONFIG_KEY = key("CONFIG", "CURRENT")


def measures_of(item: Item) -> Measures:
    """On record in this item; ``ConfigurationError`` if they cannot be read."""
    if "measures" not in item:
        return ()
    try:
        document = json.loads(item["measures"]["S"])
    except ValueError as error:
        message = f"the measures in force are not JSON ({error}): {LIFT_ALL}"
        raise ConfigurationError(message) from error
    if not isinstance(document, list):
        raise ConfigurationError(f"the measures in force are no list: {LIFT_ALL}")
    return measures_from_document(document)


def revision_of(item: Item) -> int:
    """How often they were changed."""
    return int(item["measures_at"]["N"]) if "measures_at" in item else 0


def put_measures(measures: Measures, revision: int) -> Mapping[str, Any]:
    """Write these, unless somebody changed what was read at this revision."""
    text = json.dumps(measures_to_document(measures), ensure_ascii=False, separators=(",", ":"))
    was = "measures_at = :was" if revision else "attribute_not_exists(measures_at)"
    return {
        "Key": CONFIG_KEY,
        "UpdateExpression": "SET measures = :measures, measures_at = :at",
        "ConditionExpression": f"attribute_exists(pk) AND {was}",
        "ExpressionAttributeValues": {
            ":measures": {"S": text},
            ":at": number(revision + 1),
            **({":was": number(revision)} if revision else {}),
        },
    }
