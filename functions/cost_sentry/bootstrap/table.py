"""The table, and what a deployment calls it."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from cost_sentry.settings import Settings

if TYPE_CHECKING:
    from cost_sentry.adapters.ledger_calls import LedgerCalls


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
