"""How a model was chosen, as a list beside the decision. No text of the request (P10)."""

from collections.abc import Sequence
from typing import Any

from cost_sentry.domain.route import DecidedBy, PassedOver, Route
from cost_sentry.domain.routing import Place, RoutedModel


def route_to_record(route: Route) -> list[Any]:
    """JSON-safe; ``route_from_record`` is its inverse."""
    return [
        route.virtual_model,
        route.task_type,
        route.tier,
        route.decided_by.value,
        route.message,
        route.complexity_thousandths,
        [[*place.model, place.reason] for place in route.order],
        [list(one) for one in route.passed_over],
    ]


def route_from_record(record: Sequence[Any]) -> Route:
    """The route of a record."""
    virtual, task_type, tier, by, message, complexity, order, passed_over = record
    return Route(
        virtual_model=virtual,
        task_type=task_type,
        tier=tier,
        decided_by=DecidedBy(by),
        message=message,
        complexity_thousandths=complexity,
        order=tuple(Place(RoutedModel(*model), reason) for *model, reason in order),
        passed_over=tuple(PassedOver(*one) for one in passed_over),
    )
