"""The only place where adapters meet use cases.

Each part is built once per execution environment, on first use, and imports what it needs then:
a function pays at its cold start for nothing that only another function uses. Parts that only
functions of one subject use have a module of their own beside this one.
"""

import os
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from cost_sentry.bootstrap.mails import alerts as alerts
from cost_sentry.bootstrap.mails import notices as notices
from cost_sentry.bootstrap.mails import outbox as outbox
from cost_sentry.bootstrap.table import clock as clock
from cost_sentry.bootstrap.table import dynamodb_client, ledger_calls, settings

if TYPE_CHECKING:
    from cost_sentry.adapters.bedrock_models import BedrockModels
    from cost_sentry.adapters.bedrock_token_counter import BedrockTokenCounter
    from cost_sentry.adapters.cached_sleepers import CachedSleepers
    from cost_sentry.adapters.dynamodb_answers import DynamoDbAnswers
    from cost_sentry.adapters.dynamodb_config_store import CachedConfigSource
    from cost_sentry.adapters.dynamodb_decision_log import DynamoDbDecisionLog
    from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
    from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
    from cost_sentry.adapters.endpoint_models import EndpointModels
    from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
    from cost_sentry.adapters.region_models import RegionModels
    from cost_sentry.adapters.s3_emergency_store import S3EmergencyStore
    from cost_sentry.application.admit_request import Admission
    from cost_sentry.application.emergency_ports import Outage
    from cost_sentry.application.keep_emergency_allowances import AllowanceKeeper
    from cost_sentry.application.run_tree_ports import RunTrees
    from cost_sentry.application.watch_models import ModelWatch
    from cost_sentry.domain.decision import Decision

EXPIRED_PER_RUN_MAX = 500
"""Reservations that one scheduled run resolves."""
SLOTS_PER_RUN_MAX = 100
"""Calls for outages that one scheduled run sets aside, books or gives back."""
STORE_SECONDS_MAX = 10
"""Of an admission in an outage: after that it asks the emergency store for nothing more."""
UPKEEP_SECONDS_MAX = 20
"""Of a scheduled run, for the emergency store: however slow it is, the rest has its time."""
ALERTS_PER_RUN_MAX = 50
"""Mails that one scheduled run sends."""


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
def config_source() -> "CachedConfigSource":
    """The configuration in force, at most a second old."""
    from cost_sentry.adapters.dynamodb_config_store import (
        CachedConfigSource,
        DynamoDbConfigStore,
    )

    store = DynamoDbConfigStore(ledger_calls(), clock())
    return CachedConfigSource(store, clock())


@cache
def admission() -> "Admission":
    """The use case behind ``admit_request``."""
    from cost_sentry.adapters.rules_on_demand import complexity, policy_engine
    from cost_sentry.adapters.system_clock import pause_before_retry
    from cost_sentry.application.admit_request import Admission
    from cost_sentry.application.answer_cache import AnswerCache
    from cost_sentry.application.budget_levels import BudgetLevels
    from cost_sentry.application.circuit_check import CircuitAdvice
    from cost_sentry.application.shadow_budgets import ShadowBudgets

    return Admission(
        config_source=config_source(),
        price_book=price_book(),
        ledger=ledger(),
        clock=clock(),
        token_counter=token_counter(),
        without_ledger=decide_without_ledger,
        policy_engines=policy_engine,
        levels=BudgetLevels(journal),
        shadows=ShadowBudgets(region_models().window_use),
        answers=AnswerCache(reader=answers, price_book=price_book(), clock=clock()),
        circuits=CircuitAdvice(circuits=region_models().circuits, pause=pause_before_retry),
        retry_records=region_models().retries(ledger_calls()),
        sleepers=sleepers,
        complexity=complexity,
        run_trees=run_trees,
    )


@cache
def sleepers() -> "CachedSleepers":
    """Which endpoints sleep; made for the first call of a configuration that has some."""
    from cost_sentry.adapters.cached_sleepers import CachedSleepers
    from cost_sentry.adapters.dynamodb_sleeps import DynamoDbSleeps

    return CachedSleepers(lambda: DynamoDbSleeps(region_models().calls), clock())


@cache
def run_trees() -> "RunTrees":
    """Which agents called below which; made for the first call of an agent that is counted."""
    from cost_sentry.adapters.dynamodb_run_trees import DynamoDbRunTrees, KnownRunTrees
    from cost_sentry.adapters.system_clock import pause

    return KnownRunTrees(DynamoDbRunTrees(ledger_calls(), pause))


@cache
def answers() -> "DynamoDbAnswers":
    """Answers that are kept; made for the first call of an application that wants it."""
    from cost_sentry.adapters.aws_clients import answers_client
    from cost_sentry.adapters.dynamodb_answers import DynamoDbAnswers

    return DynamoDbAnswers(answers_client(), settings().answer_table_name, clock())


@cache
def journal() -> "DynamoDbJournal":
    """Every entry once, and what windows have posted."""
    from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
    from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
    from cost_sentry.adapters.system_clock import pause

    calls = JournalCalls(dynamodb_client(), settings().table_name)
    return DynamoDbJournal(calls, ledger_calls(), pause)


def decide_without_ledger(outage: "Outage") -> "Decision | str":
    """The use case behind an emergency; a call that needs none pays for none of its imports."""
    from cost_sentry.adapters.rules_on_demand import complexity, policy_engine
    from cost_sentry.application.emergency_admission import EmergencyAdmission

    emergency = EmergencyAdmission(
        store=emergency_store(STORE_SECONDS_MAX),
        price_book=price_book(),
        clock=clock(),
        token_counter=token_counter(),
        policy_engines=policy_engine,
        complexity=complexity,
    )
    return emergency.decide(outage)


def emergency_store(seconds_max: int | None = None) -> "S3EmergencyStore":
    """The second service, for a silent ledger; after ``seconds_max``, if given, it asks no more."""
    from cost_sentry.adapters.s3_emergency_store import S3EmergencyStore
    from cost_sentry.adapters.s3_objects import S3Objects
    from cost_sentry.adapters.system_clock import pause

    until = None if seconds_max is None else clock().now() + timedelta(seconds=seconds_max)
    bucket = settings().emergency_bucket_name
    objects = S3Objects(s3_client(), bucket, pause, lambda: until is None or clock().now() < until)
    return S3EmergencyStore(objects)


@cache
def s3_client() -> Any:  # noqa: ANN401 - boto3 client
    """For the emergency store."""
    from cost_sentry.adapters.aws_clients import s3_client as made

    return made()


def allowance_keeper() -> "AllowanceKeeper":
    """The use case that sets calls aside, and books what an outage left behind; for one run."""
    from cost_sentry.application.keep_emergency_allowances import AllowanceKeeper

    return AllowanceKeeper(
        config_source=config_source(),
        price_book=price_book(),
        ledger=ledger(),
        store=emergency_store(UPKEEP_SECONDS_MAX),
        log=decision_log(),
        clock=clock(),
    )


@cache
def token_counter() -> "BedrockTokenCounter":
    """Counts prompts; its client is made for the first one that is worth it."""
    from cost_sentry.adapters.bedrock_token_counter import BedrockTokenCounter, count_tokens_client

    return BedrockTokenCounter(clock(), count_tokens_client)


@cache
def decision_log() -> "DynamoDbDecisionLog":
    """Where refusals and reroutes are kept for explaining."""
    from cost_sentry.adapters.dynamodb_decision_log import DynamoDbDecisionLog
    from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls

    return DynamoDbDecisionLog(JournalCalls(dynamodb_client(), settings().table_name))


@cache
def region_models() -> "RegionModels":
    """Which models are not asked now, and which calls are tried again."""
    from cost_sentry.adapters.region_models import RegionModels

    region = os.environ.get("AWS_REGION") or os.environ["AWS_DEFAULT_REGION"]
    return RegionModels(settings().table_name, region, clock())


@cache
def model_watch() -> "ModelWatch":
    """Counts how calls ended."""
    from cost_sentry.application.watch_models import ModelWatch

    return ModelWatch(**region_models().watching())


@cache
def projection() -> dict[str, Any]:
    """Everything ``project_entries`` takes besides the batch."""
    from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
    from cost_sentry.adapters.dynamodb_usage_cursors import DynamoDbStreamWatch
    from cost_sentry.adapters.system_clock import pause
    from cost_sentry.application.count_calls import CountedJournal

    return {
        "journal": CountedJournal(
            journal=journal(),
            watch=model_watch(),
            bank=region_models().retries(),
            config_source=config_source(),
        ),
        "outbox": outbox(),
        "alerts": alerts(),
        "ledger": ledger(),
        "config": config_source(),
        "limits": DynamoDbBooks(ledger_calls(), pause, clock()),
        "marks": DynamoDbStreamWatch(ledger_calls()),
        "clock": clock(),
    }


@cache
def bedrock_models() -> "BedrockModels":
    """Converse by boto3, one attempt per call."""
    from cost_sentry.adapters.bedrock_models import BedrockModels
    from cost_sentry.adapters.model_calls import READ_TIMEOUT_SECONDS

    return BedrockModels.connect(read_timeout_seconds=READ_TIMEOUT_SECONDS)


@cache
def endpoint_models() -> "EndpointModels":
    """SageMaker endpoints, one attempt per call."""
    from cost_sentry.adapters.endpoint_models import EndpointModels
    from cost_sentry.adapters.model_calls import READ_TIMEOUT_SECONDS

    return EndpointModels.connect(read_timeout_seconds=READ_TIMEOUT_SECONDS, clock=clock())
