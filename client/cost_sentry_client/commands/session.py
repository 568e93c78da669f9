import typer

from cost_sentry_client.run import Run, local_command

app = typer.Typer(help="Runs of agents, each with budgets of its own.", no_args_is_help=True)


@app.command()
@local_command
def new(run: Run) -> None:
    """A fresh id for an agent run that begins now, a UUID of version 7: for 24 hours."""
    from cost_sentry_client.request_id import new_session_id

    session = new_session_id()
    run.answer({"session": session}, session)


@app.callback()
def _session() -> None:
    """So that ``new`` stays a word of its own while it is the only one."""
