"""Starting the local cloud and putting the app into it, with problems instead of exceptions."""

from pathlib import Path

from cost_sentry_client.local_state import state_directory
from cost_sentry_client.problems import Problem
from cost_sentry_local import cloud
from cost_sentry_local.assembly import AssemblyMissing
from cost_sentry_local.deploy import DeploymentFailed, deploy
from cost_sentry_local.layout import PROJECT
from cost_sentry_local.local_cloud import LocalCloud
from cost_sentry_local.synthesize import SynthesisFailed, synthesize

EXAMPLE = PROJECT / "examples" / "sentry.yaml"


def start_local(port: int | None) -> LocalCloud:
    """The running local cloud, started if need be."""
    try:
        return cloud.up(port, state_dir=state_directory())
    except cloud.CloudNotStarted as error:
        raise Problem(
            str(error),
            where=f"local cloud, state in {state_directory()}",
            fix="`cost-sentry local down`, then `cost-sentry local up`; another --port if this one"
            " is taken",
        ) from error


def deploy_local(running: LocalCloud, config: Path | None) -> dict[str, str]:
    """Synthesize the app and deploy its own template; the stack's outputs."""
    try:
        return deploy(running, _assembly(config))
    except (SynthesisFailed, DeploymentFailed, AssemblyMissing) as error:
        raise Problem(
            str(error),
            where=f"the CDK app in {PROJECT}, deployed to {running.endpoint}",
            fix="see the message; `make check` tells whether the app itself is sound",
        ) from error


def _assembly(config: Path | None) -> Path:
    """A configuration of one's own makes an assembly of one's own: others use the usual one."""
    if config is None:
        return synthesize()
    return synthesize(state_directory() / "cdk.out", context={"config": str(config.resolve())})
