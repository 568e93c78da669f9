"""A cloud of the demo's own, with the real app in it and ``examples/sentry.yaml`` in force."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console

from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry_client.config_file.load import load_config
from cost_sentry_client.operations import Operator
from cost_sentry_client.target import local_target
from cost_sentry_local.cloud import running_cloud
from cost_sentry_local.deploy import deploy
from cost_sentry_local.layout import PROJECT
from cost_sentry_local.local_cloud import LocalCloud
from cost_sentry_local.synthesize import synthesize

CONFIG = PROJECT / "examples" / "sentry.yaml"
STAGE = "dev"
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the demo plays on."""

    cloud: LocalCloud
    operator: Operator
    outputs: dict[str, str]
    config: SentryConfig

    @property
    def table(self) -> str:
        """The ledger's name."""
        return self.outputs["LedgerTableName"]

    @property
    def dynamodb(self) -> Any:  # noqa: ANN401 - one of boto3's generated clients
        """A client for looking at the table from outside."""
        return self.cloud.client("dynamodb", attempts=3)


@contextmanager
def deployed(console: Console, config_file: Path = CONFIG) -> Iterator[Stage]:
    """The stage for the length of a ``with``; nothing is left running afterwards.

    Args:
        console: hears what was done, and how long it took.
        config_file: a ``sentry.yaml``, of which the workflows are made and which is in force.
    """
    started = time.monotonic()
    with running_cloud() as cloud:
        _say(console, "Local cloud started", cloud.endpoint, started)
        assembly = _timed(
            console,
            "CDK app synthesized",
            "app.py, with cdk-nag",
            lambda: synthesize(context=_context(config_file)),
        )
        outputs = _timed(
            console,
            "Its template deployed",
            f"CloudFormation stack CostSentry-{STAGE}",
            lambda: deploy(cloud, assembly),
        )
        operator = Operator(local_target(cloud, STAGE))
        config = load_config(config_file).config
        what = f"{config_file.relative_to(PROJECT)}, {len(config.budgets)} budgets"
        _timed(console, "Configuration applied", what, lambda: operator.apply(config))
        yield Stage(cloud=cloud, operator=operator, outputs=outputs, config=config)


def _context(config_file: Path) -> dict[str, str] | None:
    """What the app is told; of the file that it reads anyway nothing."""
    return None if config_file == CONFIG else {"config": str(config_file)}


def _timed(console: Console, title: str, detail: str, step: Callable[[], T]) -> T:
    started = time.monotonic()
    with console.status(f"{title} …"):
        result = step()
    _say(console, title, detail, started)
    return result


def _say(console: Console, title: str, detail: str, started: float) -> None:
    seconds = time.monotonic() - started
    console.print(f"  {title:<24}{seconds:5.1f} s  [dim]{detail}", highlight=False)
