"""Small, well-formed configurations."""

from typing import Any

from cost_sentry.application.config_document import with_version
from cost_sentry.domain.sentry_config import Model, SentryConfig, Team
from tests.fakes.builders import budget


def configuration(*budgets: Any, **changes: Any) -> SentryConfig:
    """Team search, model Nova Lite, and the budgets given; carries its true version."""
    given: dict[str, Any] = {
        "version": "",
        "teams": {"search": Team(id="search", owners=("search@example.com",))},
        "models": {"amazon.nova-lite-v1:0": Model(id="amazon.nova-lite-v1:0")},
        "budgets": budgets or (budget(),),
    }
    return with_version(SentryConfig(**{**given, **changes}))
