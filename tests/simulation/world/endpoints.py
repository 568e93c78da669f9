"""What puts endpoints to sleep and wakes them, in one execution environment.

The use cases and the records are real, and so is the ledger that pays; SageMaker is a fake.
"""

from cost_sentry.adapters.dynamodb_notice_outbox import DynamoDbNoticeOutbox
from cost_sentry.adapters.dynamodb_sleeps import DynamoDbSleeps
from cost_sentry.application.scale_endpoints import ScaleEndpoints
from cost_sentry.application.sleep_notices import SleepNotices
from cost_sentry.application.sleep_steps import SleepSteps
from cost_sentry.application.turns import Turns
from cost_sentry.application.wake_money import WakeMoney
from tests.simulation.world.environment import Environment


def sleep_steps(environment: Environment) -> SleepSteps:
    """As ``bootstrap.sleeping`` makes them."""
    config, clock = environment.config_source.current(), environment.clock
    assert config is not None
    assert config.endpoints is not None
    rules = config.endpoints
    return SleepSteps(
        endpoints=environment.sagemaker,
        figures=environment.sagemaker,
        records=DynamoDbSleeps(environment.calls),
        money=WakeMoney(
            ledger=environment.ledger,
            config=config,
            rules=rules,
            prices=rules.instance_prices,
            price_version="2026-11-29",
        ),
        notices=SleepNotices(
            outbox=DynamoDbNoticeOutbox(environment.calls, environment.pause),
            config=config,
            clock=clock,
        ),
        clock=clock,
    )


def scaling(environment: Environment) -> ScaleEndpoints:
    """One scheduled run."""
    steps = sleep_steps(environment)
    return ScaleEndpoints(
        endpoints=steps.endpoints,
        figures=steps.figures,
        records=steps.records,
        steps=steps,
        config=steps.money.config,
        clock=steps.clock,
        looked_at=Turns(),
        faulted=Turns(),
    )
