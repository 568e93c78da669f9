"""What is easily misread about calls past the sentry: a member without a value is none."""

from collections.abc import Iterator

from cost_sentry_client.config_file.problems import Finding
from cost_sentry_client.config_file.shapes import SentryFile


def external_findings(file: SentryFile) -> Iterator[Finding]:
    """Whoever names it wants some calls told of."""
    if "external_usage" in file.model_fields_set and file.external_usage is None:
        yield Finding(
            path=("externalUsage",),
            problem="externalUsage has no value, so every model could be called past the sentry",
            allowed="allowedModels with a list of models, [] for none; or no externalUsage at all",
        )
