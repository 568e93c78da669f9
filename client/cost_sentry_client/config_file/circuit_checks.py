"""What is easily misread about unwell models: a member without a value is none."""

from collections.abc import Iterator

from cost_sentry_client.config_file.problems import Finding
from cost_sentry_client.config_file.shapes import SentryFile


def circuit_findings(file: SentryFile) -> Iterator[Finding]:
    """Whoever names a breaker, or retries, wants some."""
    members = {"circuit_breaker": file.circuit_breaker, "retries": file.retries}
    for field, value in members.items():
        name = str(SentryFile.model_fields[field].alias)
        if field in file.model_fields_set and value is None:
            yield Finding(
                path=(name,),
                problem=f"{name} has no value, so it would be as if it were not there",
                allowed=f"{name}: {{}} for the defaults, its fields, or no {name} at all",
            )
