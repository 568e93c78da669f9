"""Every mapping of ``sentry.yaml`` that has fixed fields, and where it stands."""

import re

from pydantic import BaseModel

from cost_sentry_client.config_file.problems import Path
from cost_sentry_client.config_file.shapes import (
    AlertsShape,
    BudgetShape,
    DefaultsShape,
    EmergencyAllowanceShape,
    ModelShape,
    PoliciesShape,
    SentryFile,
    StagesShape,
)
from cost_sentry_client.config_file.shapes_anomalies import AnomaliesShape, AnomalyRuleShape
from cost_sentry_client.config_file.shapes_approvals import ApprovalsShape
from cost_sentry_client.config_file.shapes_callers import (
    AnswerCacheShape,
    ApplicationShape,
    TeamShape,
)
from cost_sentry_client.config_file.shapes_circuits import CircuitBreakerShape, RetriesShape
from cost_sentry_client.config_file.shapes_endpoint_model import (
    EndpointModelShape,
    EndpointPriceShape,
)
from cost_sentry_client.config_file.shapes_endpoints import (
    EndpointGroupShape,
    EndpointsShape,
    HoursShape,
    JobsShape,
)
from cost_sentry_client.config_file.shapes_external import ExternalUsageShape
from cost_sentry_client.config_file.shapes_routing import (
    FlexShape,
    RoutingShape,
    TaskTypeShape,
    VirtualModelShape,
)

SECTIONS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("", SentryFile),
    ("defaults.", DefaultsShape),
    ("alerts.", AlertsShape),
    ("teams.<team>.", TeamShape),
    ("teams.<team>.applications.<application>.", ApplicationShape),
    ("teams.<team>.applications.<application>.answerCache.", AnswerCacheShape),
    ("models.<model>.", ModelShape),
    ("models.<model>.flex.", FlexShape),
    ("models.<model>.endpoint.", EndpointModelShape),
    ("models.<model>.endpoint.price.", EndpointPriceShape),
    ("budgets[].", BudgetShape),
    ("budgets[].stages.", StagesShape),
    ("emergencyAllowances[].", EmergencyAllowanceShape),
    ("policies.", PoliciesShape),
    ("circuitBreaker.", CircuitBreakerShape),
    ("retries.", RetriesShape),
    ("routing.", RoutingShape),
    ("routing.virtualModels.<name>.", VirtualModelShape),
    ("routing.taskTypes.<task type>.", TaskTypeShape),
    ("externalUsage.", ExternalUsageShape),
    ("approvals.", ApprovalsShape),
    ("anomalies.", AnomaliesShape),
    ("anomalies.rules[].", AnomalyRuleShape),
    ("endpoints.", EndpointsShape),
    ("endpoints.groups[].", EndpointGroupShape),
    ("endpoints.groups[].hours.", HoursShape),
    ("endpoints.jobs.", JobsShape),
)
"""In the order of the reference page: what stands before a field's name there, and its shape."""
_ANY = re.compile(r"\.?(<[^>]+>|\[\])\.?")


def shape_at(path: Path) -> type[BaseModel] | None:
    """The mapping with fixed fields at this path, if there is one."""
    return next((shape for place, shape in _SHAPES if _is_at(place, path)), None)


def _is_at(place: tuple[str | None, ...], path: Path) -> bool:
    """Whether a path is this place; ``None`` stands for any name or number."""
    return len(place) == len(path) and all(
        here is None or here == there for here, there in zip(place, path, strict=True)
    )


def _place(prefix: str) -> tuple[str | None, ...]:
    """``budgets[].stages.`` as ``("budgets", None, "stages")``."""
    parts = _ANY.sub(".*.", prefix).split(".")
    return tuple(None if part == "*" else part for part in parts if part)


_SHAPES = tuple((_place(prefix), shape) for prefix, shape in SECTIONS)
