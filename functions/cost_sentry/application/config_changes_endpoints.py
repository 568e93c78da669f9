"""What of ``endpoints`` a change is told by."""

import json
from collections.abc import Mapping
from typing import Any, cast

from cost_sentry.application.config_document_endpoints import endpoints_to_document
from cost_sentry.domain.sentry_config import SentryConfig


def endpoint_parts(config: SentryConfig | None) -> Mapping[str, str]:
    """All but its groups, by the names of ``sentry.yaml``; empty where there is none."""
    told = _document(config)
    return {name: _text(value) for name, value in told.items() if name != "groups"}


def endpoint_groups(config: SentryConfig | None) -> Mapping[str, Mapping[str, str]]:
    """Its groups by id. Their order decides, so each is told with its place."""
    groups = _document(config).get("groups", ())
    return {
        group["id"]: {
            "place": str(place),
            **{name: _text(value) for name, value in group.items() if name != "id"},
        }
        for place, group in enumerate(groups, start=1)
    }


def _document(config: SentryConfig | None) -> Mapping[str, Any]:
    told = endpoints_to_document(config.endpoints) if config and config.endpoints else {}
    return cast("Mapping[str, Any]", told.get("endpoints", {}))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
