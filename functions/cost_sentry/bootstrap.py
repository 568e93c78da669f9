"""The only place where adapters meet use cases.

Each part is built once per execution environment, on first use, and imports what it needs then:
a function pays at its cold start for nothing that only another function uses.
"""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from cost_sentry.settings import Settings

if TYPE_CHECKING:
    from cost_sentry.adapters.bedrock_models import BedrockModels
    from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
    from cost_sentry.adapters.ledger_calls import LedgerCalls
    from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
    from cost_sentry.adapters.system_clock import SystemClock
    from cost_sentry.application.admit_request import Admission

EXPIRED_PER_RUN_MAX = 500
"""Reservations that one scheduled run resolves."""


@cache
def settings() -> Settings:
    """This function's environment."""
    return Settings.from_environ(os.environ)


@cache
def clock() -> "SystemClock":
    """The machine's time."""
    from cost_sentry.adapters.system_clock import SystemClock

    return SystemClock()


@cache
def dynamodb_client() -> Any:  # noqa: ANN401 - boto3 client
    """Short time-outs: a ledger that is silent for seconds is down, and the answer is no."""
    import boto3
    from botocore.config import Config

    retries = {"mode": "standard", "total_max_attempts": 3}
    return boto3.client(
        "dynamodb",
        config=Config(retries=retries, connect_timeout=1, read_timeout=2, max_pool_connections=10),
    )


@cache
def ledger_calls() -> "LedgerCalls":
    """The table."""
    from cost_sentry.adapters.ledger_calls import LedgerCalls

    return LedgerCalls(dynamodb_client(), settings().table_name)


@cache
def ledger() -> "DynamoDbLedger":
    """The only thing that spends."""
    from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
    from cost_sentry.adapters.system_clock import pause

    return DynamoDbLedger(ledger_calls(), pause)


@cache
def price_book() -> "PackagedPriceBook":
    """The price book in this zip."""
    from cost_sentry.adapters.packaged_price_book import PackagedPriceBook

    return PackagedPriceBook(region=os.environ.get("AWS_REGION"))


@cache
def admission() -> "Admission":
    """The use case behind ``admit_request``."""
    from cost_sentry.adapters.dynamodb_config_store import (
        CachedConfigSource,
        DynamoDbConfigStore,
    )
    from cost_sentry.application.admit_request import Admission

    store = DynamoDbConfigStore(dynamodb_client(), settings().table_name)
    return Admission(
        config_source=CachedConfigSource(store, clock()),
        price_book=price_book(),
        ledger=ledger(),
        clock=clock(),
    )


MODEL_READ_TIMEOUT_SECONDS = 240
"""Less than invoke_model's own time-out, so that a silent model is reported by its name."""


@cache
def bedrock_models() -> "BedrockModels":
    """Converse by boto3, one attempt per call."""
    from cost_sentry.adapters.bedrock_models import BedrockModels

    return BedrockModels.connect(read_timeout_seconds=MODEL_READ_TIMEOUT_SECONDS)
