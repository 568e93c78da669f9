"""The table, what a deployment calls it, and the time: what every function uses."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from cost_sentry.settings import Settings

if TYPE_CHECKING:
    from cost_sentry.adapters.ledger_calls import LedgerCalls
    from cost_sentry.adapters.system_clock import SystemClock


@cache
def clock() -> "SystemClock":
    """The machine's time."""
    from cost_sentry.adapters.system_clock import SystemClock

    return SystemClock()


@cache
def settings() -> Settings:
    """This function's environment."""
    return Settings.from_environ(os.environ)


@cache
def dynamodb_client() -> Any:  # noqa: ANN401 - boto3 client
    """For the table."""
    from cost_sentry.adapters.aws_clients import dynamodb_client as made

    return made()


@cache
def ledger_calls() -> "LedgerCalls":
    """The table."""
    from cost_sentry.adapters.ledger_calls import LedgerCalls

    return LedgerCalls(dynamodb_client(), settings().table_name)
