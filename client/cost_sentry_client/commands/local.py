from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.run import Run, local_command

if TYPE_CHECKING:
    from cost_sentry_local.local_cloud import LocalCloud

OTHER_ACCOUNTS = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")
"""Variables of a shell that is logged in somewhere; beside the local keys they break every call."""

app = typer.Typer(help="The sentry on this machine, in an emulated AWS.", no_args_is_help=True)


@app.command()
@local_command
def up(
    run: Run,
    config: Annotated[
        Path | None, typer.Option("--config", help="Apply this file, and mail its addresses.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=1, max=65_535, help="Of the endpoint; else a free one."),
    ] = (None),
) -> None:
    """Start the local cloud, deploy the synthesized app to it, print what an AWS client needs.

    If no configuration is in force, examples/sentry.yaml is applied, so that calls can be made at
    once. On stdout there are only shell assignments: `eval "$(cost-sentry local up)"` makes every
    AWS client of that shell talk to the local cloud. Its state is kept in the checkout, or where
    COST_SENTRY_LOCAL_STATE says: clouds of different directories run side by side.
    """
    from shlex import quote

    from cost_sentry_client.local_deployment import deploy_local, start_local

    with run.progress("starting the local cloud"):
        cloud = start_local(port)
    with run.progress("synthesizing and deploying the app (the first time takes a while)"):
        outputs = deploy_local(cloud, config)
    applied = _configure(run, cloud, config)
    facts = _facts(cloud)
    run.note(f"local cloud at {cloud.endpoint}, Bedrock stand-in at {cloud.bedrock_endpoint}")
    run.note(applied)
    workflows = {"COST_SENTRY_WORKFLOWS": outputs["GuardedInvocationArnPrefix"]}
    exports = {**facts["environment"], **workflows}
    run.answer(
        {**facts, "outputs": outputs},
        f"unset {' '.join(OTHER_ACCOUNTS)}",
        *(f"export {k}={quote(v)}" for k, v in exports.items()),
    )


@app.command()
@local_command
def down(run: Run) -> None:
    """End the local cloud, every process of it, and everything in it."""
    from cost_sentry_client.local_state import state_directory
    from cost_sentry_local import cloud

    stopped = cloud.down(state_dir=state_directory())
    run.answer(
        {"stopped": stopped},
        "the local cloud has ended; shells that were set up for it still point at it"
        if stopped
        else "no local cloud was running",
    )


@app.command()
@local_command
def status(run: Run) -> ExitCode:
    """Whether the local cloud runs, and where. Exit code 1 if it does not."""
    from cost_sentry_client.target import running_local_cloud

    cloud = running_local_cloud()
    if cloud is None:
        run.answer({"running": False}, "no local cloud is running; start it: cost-sentry local up")
        return ExitCode.REFUSED
    facts = _facts(cloud)
    machines = [f"{name}: {arn}" for name, arn in sorted(facts["state_machines"].items())]
    endpoints = [f"endpoint: {cloud.endpoint}", f"bedrock endpoint: {cloud.bedrock_endpoint}"]
    run.answer(facts, *endpoints, *(machines or ["nothing is deployed; run: cost-sentry local up"]))
    return ExitCode.OK


def _facts(cloud: "LocalCloud") -> dict[str, Any]:
    """What any AWS client needs; ``state_machines`` is empty before a deployment."""
    return {
        "running": True,
        "endpoint": cloud.endpoint,
        "bedrock_endpoint": cloud.bedrock_endpoint,
        "state_machines": cloud.state_machines,
        "environment": cloud.environment(),
    }


def _configure(run: Run, cloud: "LocalCloud", file: Path | None) -> str:
    """Apply ``file``, or the example where nothing is in force; say which."""
    from cost_sentry_client.config_file import load_config
    from cost_sentry_client.local_deployment import EXAMPLE
    from cost_sentry_client.operations import Operator
    from cost_sentry_client.target import local_target

    operator = Operator(local_target(cloud, run.options.stage))
    in_force = operator.stored_config()
    if file is None and in_force is not None:
        unreadable = f", and cannot be read: {in_force.fault}" if in_force.fault else ""
        return f"configuration {in_force.version} stays in force{unreadable}"
    applied = operator.apply(load_config(file or EXAMPLE).config)
    return f"configuration {applied.version} is in force, from {file or 'examples/sentry.yaml'}"
