"""The stored form of the configuration; written where ``apply_config`` can reach it too."""

from cost_sentry.application.config_document import (
    config_from_document,
    config_to_document,
    document_version,
    with_version,
)

__all__ = ["config_from_document", "config_to_document", "document_version", "with_version"]
