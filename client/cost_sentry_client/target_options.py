"""What a user says about the deployment that is meant. Light: every command loads it."""

from dataclasses import dataclass
from enum import StrEnum


class TargetName(StrEnum):
    """Where a deployment can be."""

    LOCAL = "local"
    AWS = "aws"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetOptions:
    """What the user said about it."""

    stage: str
    target: TargetName | None = None
    profile: str | None = None
    region: str | None = None
