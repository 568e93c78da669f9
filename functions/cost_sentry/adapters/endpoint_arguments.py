"""Which endpoint is called, beside the Converse request that it is to answer."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from cost_sentry.domain.endpoint_model import EndpointModel

_ENDPOINT, _COMPONENT, _CONVERSE = "endpoint", "component", "converse"


class EndpointCall(NamedTuple):
    """One call, as the function that makes it reads it."""

    endpoint: str
    component: str | None
    converse: Mapping[str, Any]


def endpoint_arguments(endpoint: "EndpointModel", converse: Mapping[str, Any]) -> dict[str, Any]:
    """``{"endpoint", "component", "converse"}``: what no Converse request looks like."""
    return {_ENDPOINT: endpoint.name, _COMPONENT: endpoint.component, _CONVERSE: dict(converse)}


def endpoint_call(arguments: Mapping[str, Any]) -> EndpointCall | None:
    """The inverse; ``None`` of a Converse request itself."""
    if _CONVERSE not in arguments:
        return None
    return EndpointCall(arguments[_ENDPOINT], arguments[_COMPONENT], arguments[_CONVERSE])
