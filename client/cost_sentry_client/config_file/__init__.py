"""``sentry.yaml``: read, checked, and explained with file, line and field."""

from cost_sentry_client.config_file.load import ConfigDocument, load_config
from cost_sentry_client.config_file.problems import ConfigFileInvalid, ConfigProblem

__all__ = ["ConfigDocument", "ConfigFileInvalid", "ConfigProblem", "load_config"]
