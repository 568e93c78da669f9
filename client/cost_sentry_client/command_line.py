"""The `cost-sentry` command: one file per group of commands in ``commands/``."""

import typer

from cost_sentry_client.commands import (
    approval,
    budget,
    config,
    endpoint,
    incidents,
    local,
    session,
)
from cost_sentry_client.commands.explain import explain
from cost_sentry_client.commands.invoke import invoke
from cost_sentry_client.commands.savings import savings
from cost_sentry_client.commands.simulate import simulate
from cost_sentry_client.commands.smoke import smoke
from cost_sentry_client.commands.version import version
from cost_sentry_client.usage_errors import JsonUsageGroup

app = typer.Typer(
    name="cost-sentry",
    cls=JsonUsageGroup,
    help="Budgets for generative AI on AWS that cannot be overspent.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(local.app, name="local")
app.command()(invoke)
app.add_typer(budget.app, name="budget")
app.add_typer(approval.app, name="approval")
app.add_typer(session.app, name="session")
app.add_typer(incidents.app, name="incidents")
app.add_typer(endpoint.app, name="endpoint")
app.command()(explain)
app.command()(savings)
app.add_typer(config.app, name="config")
app.command()(simulate)
app.command()(smoke)
app.command()(version)


def main() -> None:
    """Entry point of the installed command."""
    app()
