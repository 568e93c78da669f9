"""The shape of ``sentry.yaml``. Descriptions become the editor's hints and the reference page."""

from typing import Annotated, Literal

from pydantic import Field

from cost_sentry.domain.budget import BudgetMode, Unit
from cost_sentry.domain.emergency import CALLS_PER_DAY_MAX
from cost_sentry.domain.sentry_config import OUTPUT_TOKENS_MIN
from cost_sentry.domain.spend_watch import WATCHED_MAX, WATCHED_MAX_MAX
from cost_sentry.domain.window import WindowKind
from cost_sentry_client.config_file.field_types import (
    Address,
    Amount,
    BudgetId,
    ModelId,
    Percent,
    TagName,
    TagValue,
    TeamId,
    TimeZone,
)
from cost_sentry_client.config_file.shape import Shape
from cost_sentry_client.config_file.shapes_anomalies import AnomaliesShape
from cost_sentry_client.config_file.shapes_approvals import ApprovalsShape
from cost_sentry_client.config_file.shapes_callers import TeamShape
from cost_sentry_client.config_file.shapes_circuits import CircuitBreakerShape, RetriesShape
from cost_sentry_client.config_file.shapes_endpoint_model import EndpointModelShape
from cost_sentry_client.config_file.shapes_endpoints import EndpointsShape
from cost_sentry_client.config_file.shapes_external import ExternalUsageShape
from cost_sentry_client.config_file.shapes_routing import FlexShape, RoutingShape, Tier

API_VERSION = "cost-sentry/v1"
UTC_NAME = "UTC"
HOLD_SECONDS_MIN = 360
"""An Express execution ends after 300 s; a reservation must outlive it."""


class DefaultsShape(Shape):
    """What holds for every request that does not say otherwise."""

    output_tokens: int = Field(
        default=1024, ge=1, le=1_000_000, description="maxTokens of a request that names none"
    )
    output_tokens_max: int = Field(
        default=16_384,
        ge=1,
        le=1_000_000,
        description="the largest maxTokens that a request may name",
    )
    output_tokens_min: int = Field(
        default=OUTPUT_TOKENS_MIN,
        ge=1,
        le=1_000_000,
        description=(
            "the lowest maxTokens that is sent, instead of a refusal, when the budgets cannot pay "
            "for the one asked for"
        ),
    )
    required_tags: list[TagName] = Field(
        default_factory=list,
        max_length=16,
        description="tags that every request must carry, besides team",
    )
    known_tags: list[TagName] = Field(
        default_factory=list,
        max_length=16,
        description="tags that requests may carry and need not, so that policies may speak of them",
    )
    hold_seconds: int = Field(
        default=420,
        ge=HOLD_SECONDS_MIN,
        le=86_400,
        description="after how long an unresolved reservation is charged in full",
    )


class AlertsShape(Shape):
    """Who hears about every budget."""

    addresses: list[Address] = Field(
        default_factory=list, max_length=50, description="e-mail addresses told about every budget"
    )
    watched_max: int = Field(
        default=WATCHED_MAX,
        ge=0,
        le=WATCHED_MAX_MAX,
        description="how many teams and models, by turns and in the order of the file, have alarms"
        " of CloudWatch's own on what they spend, from the next deployment on; at most $0.40 a"
        " month each. The sentry's own detector watches all",
    )


class ModelShape(Shape):
    """One model that may be called."""

    ladder: list[ModelId] = Field(
        default_factory=list,
        max_length=8,
        description="cheaper models that may stand in for this one, in the order they are tried",
    )
    tier: Tier | None = Field(
        default=None,
        strict=False,
        description="how much it is able to do; routing chooses among models that have one",
    )
    flex: FlexShape | None = Field(
        default=None,
        description=(
            "its price at service tier flex, by which requests with mayWait are served; left out, "
            "that tier is not used: its price is unknown"
        ),
    )
    endpoint: EndpointModelShape | None = Field(
        default=None,
        description="the SageMaker endpoint that it is, where its name begins with sagemaker.",
    )


class StagesShape(Shape):
    """What is done before a budget is used up, in percent of its limit that is spent."""

    prefer_ladder: Percent | None = Field(
        default=None,
        description="from here on the ladder of a model is tried before the model itself",
    )
    lower_output: Percent | None = Field(
        default=None,
        description=(
            "from here on maxTokens is halved, but not below defaults.outputTokensMin, unless the "
            "request says lowerOutputLimit: false"
        ),
    )
    critical_only: Percent | None = Field(
        default=None, description="from here on calls of another priority than critical are refused"
    )


class BudgetShape(Shape):
    """One limit on spending."""

    id: BudgetId = Field(description="name of the budget, for good: its history hangs on it")
    scope: dict[TagName, TagValue] = Field(
        default_factory=dict,
        max_length=16,
        description=(
            "tags of the requests that it covers, all of them; model is the model called, without "
            "geography; empty covers everything"
        ),
    )
    unit: Annotated[Unit, Field(strict=False)] = Field(
        description=(
            "what is counted: dollars; tokens, all of them or only those in or out; requests; "
            "calls in flight, of which each holds one until it ends; or, with window session, "
            "retries of steps, the depth at which agents may call, or the children that each of "
            "them may have"
        )
    )
    window: Annotated[WindowKind, Field(strict=False)] = Field(
        description="how long the limit lasts; none never resets; session: each agent "
        "run has a limit of its own; in_flight takes only these two"
    )
    time_zone: TimeZone = Field(
        default=UTC_NAME,
        description="where its hours, days, weeks, months, quarters and years begin and end",
    )
    limit: Amount = Field(
        description="the amount that is never overspent, in the unit; above 0, but for depth and "
        "children, where 0 lets the root of a run call alone"
    )
    owners: list[Address] = Field(
        default_factory=list, max_length=20, description="e-mail addresses told about this budget"
    )
    thresholds: list[Percent] = Field(
        default_factory=lambda: [50, 80, 100],
        max_length=10,
        description=(
            "percent of the limit spent at which mail is sent, rising; with windows of a minute or "
            "an hour, and with sessions, none, unless it is given; with in_flight, depth and "
            "children none"
        ),
    )
    mode: Annotated[BudgetMode, Field(strict=False)] = Field(
        default=BudgetMode.ENFORCE,
        description=(
            "shadow: it counts like any other and refuses nothing; what it would have refused is "
            "told in the answer's shadow: of minutes, hours, sessions and calls in flight as the "
            "ledger has it, of longer windows by what was posted some seconds ago"
        ),
    )
    stages: StagesShape = Field(
        default_factory=StagesShape,
        description="what is done before the limit is reached, by what is spent",
    )


class EmergencyAllowanceShape(Shape):
    """A few calls a day that one team may still make when the ledger cannot be asked."""

    id: BudgetId = Field(description="name of the allowance")
    scope: dict[TagName, TagValue] = Field(
        min_length=1,
        max_length=16,
        description="tags of the requests that may use it, all of them; team is among them",
    )
    model: ModelId = Field(description="the model that they call, one of models")
    calls_per_day: int = Field(
        ge=1,
        le=CALLS_PER_DAY_MAX,
        description=(
            "calls that are paid for in advance, each day of UTC; their money is held in every "
            "budget of this scope and model"
        ),
    )
    input_tokens_max: int = Field(
        ge=1, le=1_000_000, description="the longest prompt that one of them pays for"
    )
    output_tokens_max: int = Field(
        ge=1, le=1_000_000, description="the largest maxTokens that one of them pays for"
    )


class PoliciesShape(Shape):
    """Rules that say which model may serve which call."""

    files: list[str] = Field(
        min_length=1,
        max_length=20,
        description="files in Cedar, as paths or patterns from the folder of this file",
    )
    time_zone: TimeZone = Field(
        default=UTC_NAME, description="where the hours and weekdays are that policies speak of"
    )


class SentryFile(Shape):
    """Cost sentry's configuration: who may call which models, and for how much."""

    api_version: Literal["cost-sentry/v1"] = Field(description="the version of this format")
    defaults: DefaultsShape = Field(
        default_factory=DefaultsShape,
        description="what holds for every request that does not say otherwise",
    )
    alerts: AlertsShape = Field(
        default_factory=AlertsShape, description="who hears about every budget"
    )
    teams: dict[TeamId, TeamShape | None] = Field(
        min_length=1,
        max_length=500,
        description="teams that may call, by the value of the tag team",
    )
    models: dict[ModelId, ModelShape | None] = Field(
        min_length=1,
        max_length=200,
        description="models that may be called, by the id that requests name",
    )
    budgets: list[BudgetShape] = Field(
        min_length=1,
        max_length=500,
        description="limits; a request that none of them covers is refused",
    )
    emergency_allowances: list[EmergencyAllowanceShape] = Field(
        default_factory=list,
        max_length=20,
        description="calls set aside for when the ledger cannot be asked; else the answer is no",
    )
    policies: PoliciesShape | None = Field(
        default=None, description="which models may serve which calls, beside what is said here"
    )
    circuit_breaker: CircuitBreakerShape | None = Field(
        default=None, description="when models that fail are not asked; else they always are"
    )
    retries: RetriesShape | None = Field(
        default=None, description="when refused calls are tried again; else they never are"
    )
    routing: RoutingShape | None = Field(
        default=None, description="which models serve calls that do not name one"
    )
    external_usage: ExternalUsageShape | None = Field(
        default=None,
        description="which models may be called past the sentry; else nobody is told of any",
    )
    approvals: ApprovalsShape | None = Field(
        default=None,
        description="who may approve what somebody asks for; else nobody can ask for more",
    )
    anomalies: AnomaliesShape | None = Field(
        default=None,
        description="what is done about spending that is unlike itself; else owners are told only",
    )
    endpoints: EndpointsShape | None = Field(
        default=None, description="when SageMaker endpoints sleep; left out, none does"
    )
