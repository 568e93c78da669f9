"""Parts that put endpoints to sleep and wake them, and watch jobs."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from cost_sentry.bootstrap.mails import notices
from cost_sentry.bootstrap.table import ledger_calls

if TYPE_CHECKING:
    from cost_sentry.adapters.endpoint_figures import CloudWatchFigures
    from cost_sentry.adapters.sagemaker_endpoints import SageMakerEndpoints
    from cost_sentry.adapters.sagemaker_jobs import SageMakerJobs
    from cost_sentry.application.endpoint_ports import SleepRecords
    from cost_sentry.application.guard_jobs import JobReport
    from cost_sentry.application.ports import Clock, Ledger
    from cost_sentry.application.scale_endpoints import ScaleEndpoints
    from cost_sentry.application.sleep_steps import SleepSteps
    from cost_sentry.application.turns import Turns
    from cost_sentry.domain.endpoint_rules import EndpointRules
    from cost_sentry.domain.instance_price import HourlyPrices
    from cost_sentry.domain.sentry_config import SentryConfig


@cache
def cloudwatch() -> Any:  # noqa: ANN401 - boto3 client
    """For metrics and alarms."""
    from cost_sentry.adapters.aws_clients import cloudwatch_client

    return cloudwatch_client()


@cache
def sagemaker() -> Any:  # noqa: ANN401 - boto3 client
    """For endpoints and jobs."""
    from cost_sentry.adapters.aws_clients import sagemaker_client

    return sagemaker_client()


@cache
def endpoints() -> "SageMakerEndpoints":
    """Endpoints of this account and Region."""
    from cost_sentry.adapters.aws_clients import (
        sagemaker_runtime_client,
        scaling_client,
        tagging_client,
    )
    from cost_sentry.adapters.endpoint_scaling import EndpointScaling
    from cost_sentry.adapters.sagemaker_endpoints import SageMakerEndpoints

    rules = EndpointScaling(scaling_client(), cloudwatch())
    return SageMakerEndpoints(sagemaker(), sagemaker_runtime_client(), tagging_client(), rules)


@cache
def endpoint_figures() -> "CloudWatchFigures":
    """What metrics tell of them."""
    from cost_sentry.adapters.endpoint_figures import CloudWatchFigures

    return CloudWatchFigures(cloudwatch())


@cache
def jobs() -> "SageMakerJobs":
    """Training jobs and notebooks."""
    from cost_sentry.adapters.aws_clients import tagging_client
    from cost_sentry.adapters.sagemaker_jobs import SageMakerJobs

    return SageMakerJobs(sagemaker(), tagging_client())


def guarded(
    config: "SentryConfig", rules: "EndpointRules", clock: "Clock", prices: "HourlyPrices"
) -> "JobReport":
    """One scheduled look at jobs and notebooks."""
    from cost_sentry.application.guard_jobs import guard_jobs

    return guard_jobs(
        jobs=jobs(), outbox=notices(), config=config, rules=rules, prices=prices, clock=clock
    )


def instance_prices(rules: "EndpointRules") -> "tuple[str, HourlyPrices]":
    """Which list it is, and what an hour costs by it and by the rules."""
    from cost_sentry.adapters.packaged_instance_prices import PackagedInstancePrices

    book = PackagedInstancePrices(os.environ.get("AWS_REGION"), rules.instance_prices)
    return book.version, book.hourly()


def sleep_records() -> "SleepRecords":
    """The last sleep of every endpoint."""
    from cost_sentry.adapters.dynamodb_sleeps import DynamoDbSleeps

    return DynamoDbSleeps(ledger_calls())


def rules_for_all(config: "SentryConfig") -> "EndpointRules | None":
    """For a scheduled run; ``None``: there is nothing to do."""
    from cost_sentry.application.endpoint_rules_in_force import rules_for_all as found

    return found(config, sleep_records())


def rules_for(name: str, config: "SentryConfig") -> "EndpointRules | None":
    """For one endpoint; ``None``: nobody put it to sleep."""
    from cost_sentry.application.endpoint_rules_in_force import rules_for as found

    return found(name, config, sleep_records())


def sleep_steps(
    config: "SentryConfig", rules: "EndpointRules", ledger: "Ledger", clock: "Clock"
) -> "SleepSteps":
    """The steps of a sleep, by the configuration in force."""
    from cost_sentry.application.sleep_notices import SleepNotices
    from cost_sentry.application.sleep_steps import SleepSteps
    from cost_sentry.application.wake_money import WakeMoney

    version, prices = instance_prices(rules)
    return SleepSteps(
        endpoints=endpoints(),
        figures=endpoint_figures(),
        records=sleep_records(),
        money=WakeMoney(
            ledger=ledger, config=config, rules=rules, prices=prices, price_version=version
        ),
        notices=SleepNotices(outbox=notices(), config=config, clock=clock),
        clock=clock,
    )


def scaling(config: "SentryConfig", steps: "SleepSteps") -> "ScaleEndpoints":
    """One scheduled run."""
    from cost_sentry.application.scale_endpoints import ScaleEndpoints

    return ScaleEndpoints(
        endpoints=steps.endpoints,
        figures=steps.figures,
        records=steps.records,
        steps=steps,
        config=config,
        clock=steps.clock,
        looked_at=turns("looks"),
        faulted=turns("faults"),
    )


@cache
def turns(_of: str) -> "Turns":
    """Who had a turn when, as long as this environment lives."""
    from cost_sentry.application.turns import Turns

    return Turns()
