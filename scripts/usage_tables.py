"""The tables of the documentation that mirror how usage is metered and compared."""

from collections.abc import Callable

from cost_sentry.adapters import dynamodb_usage_cursors, meter_items
from scripts.markdown_table import docstring_table

TABLES: dict[str, Callable[[], str]] = {
    "meter-item-keys": lambda: docstring_table(meter_items.__doc__),
    "usage-item-keys": lambda: docstring_table(dynamodb_usage_cursors.__doc__),
}
