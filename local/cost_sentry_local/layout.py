"""Where things lie in a checkout: the local cloud keeps nothing outside of it."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
STATE_DIRECTORY = PROJECT / ".cost-sentry"
ASSEMBLY_DIRECTORY = PROJECT / ".build" / "cdk.out"
