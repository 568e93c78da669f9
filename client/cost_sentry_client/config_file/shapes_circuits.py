"""The shapes of what is done about unwell models in sentry.yaml."""

from pydantic import Field

from cost_sentry.domain.circuit import CircuitRules
from cost_sentry.domain.retry import ATTEMPTS_MAX, PERCENT_MAX, RetryRules
from cost_sentry_client.config_file.field_types import Percent
from cost_sentry_client.config_file.shape import Shape

_BREAKER, _RETRIES = CircuitRules(), RetryRules()


class CircuitBreakerShape(Shape):
    """When a model that fails is not asked for a while."""

    failures: int = Field(
        default=_BREAKER.failures,
        ge=1,
        le=10_000,
        description="so many calls to a model must fail before it is not asked any more",
    )
    failure_percent: Percent = Field(
        default=_BREAKER.failure_percent,
        description="and so many of a hundred that ended, as far as they are counted",
    )
    within_seconds: int = Field(
        default=_BREAKER.within_seconds,
        ge=15,
        le=600,
        description="the window in which both are counted; calls are known some seconds late",
    )
    open_seconds: int = Field(
        default=_BREAKER.open_seconds,
        ge=5,
        le=3_600,
        description="after how long one call tries the model again",
    )

    def rules(self) -> CircuitRules:
        """What the sentry decides by."""
        return CircuitRules(**self.model_dump(by_alias=False))


class RetriesShape(Shape):
    """When a call is tried again that Amazon Bedrock refused before it ran."""

    percent: int = Field(
        default=_RETRIES.percent,
        ge=0,
        le=PERCENT_MAX,
        description="of a hundred calls that ended, at most so many are tried again; 0: none",
    )
    attempts_max: int = Field(
        default=_RETRIES.attempts_max,
        ge=2,
        le=ATTEMPTS_MAX,
        description="how often one request is tried, the first time included",
    )

    def rules(self) -> RetryRules:
        """What the sentry decides by."""
        return RetryRules(**self.model_dump(by_alias=False))
