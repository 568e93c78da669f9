"""Measures stand in the configuration's item, which DynamoDB lets grow to 400 KB."""

from dataclasses import replace

from cost_sentry.adapters.measure_items import CONFIG_KEY, put_measures
from cost_sentry.application.config_size import DOCUMENT_BYTES_MAX
from cost_sentry.domain.measure import BYTES_MAX, MEASURES_MAX
from scripts.item_size import size
from tests.fakes.builders import NOON, measure

ITEM_BYTES_MAX = 400 * 1024


def test_as_many_and_as_long_as_may_be_fit_beside_the_largest_configuration():
    short = measure("m00", undo="")
    texts = (short.id, short.why, *short.scope, *short.scope.values())
    longest = replace(short, undo="y" * (BYTES_MAX - len("".join(texts).encode())))
    measures = tuple(
        replace(longest, id=f"m{number:02d}").lifted(NOON) for number in range(MEASURES_MAX)
    )
    written = put_measures(measures, revision=10**9)["ExpressionAttributeValues"]

    item = {
        **CONFIG_KEY,
        "version": {"S": "v" * 16},
        "applied_at": {"S": NOON.isoformat()},
        "document": {"S": "x" * DOCUMENT_BYTES_MAX},
        "measures": written[":measures"],
        "measures_at": written[":at"],
    }

    assert DOCUMENT_BYTES_MAX + 40_000 < size(item) < ITEM_BYTES_MAX
