"""Every environment variable of every function; CDK builds them from the same class."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields


class MissingSetting(Exception):  # noqa: N818 - named as the log will say it
    """A function was deployed without one of its variables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Names that only a deployment knows; ``table_name`` travels as ``SENTRY_TABLE_NAME``."""

    stage: str
    table_name: str
    alert_topic_arn: str
    emergency_bucket_name: str
    answer_table_name: str
    approval_workflow_arn: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Read all of them; ``MissingSetting`` names the first that is absent or empty."""
        values = {}
        for field in fields(cls):
            variable = _variable(field.name)
            if not environ.get(variable):
                raise MissingSetting(f"{variable} is not set; it holds the {field.name}")
            values[field.name] = environ[variable]
        return cls(**values)

    def to_environ(self) -> dict[str, str]:
        """The variables as a function's environment; values may be CDK tokens."""
        return {_variable(name): value for name, value in asdict(self).items()}


def _variable(name: str) -> str:
    return f"SENTRY_{name.upper()}"
