from typing import Annotated

import typer

from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.run import Run, deployed_command


@deployed_command
def smoke(
    run: Run,
    model: Annotated[str | None, typer.Option("--model", help="Else the cheapest.")] = None,
    team: Annotated[str | None, typer.Option("--team", help="Who pays; else the first.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="NAME=VALUE", help="A tag; repeatable.")
    ] = None,
) -> ExitCode:
    """Prove on a deployment that one call is allowed and one is refused.

    The allowed call really runs and asks one token of the cheapest configured model; the team pays
    it, a few millionths of a dollar. For the refused call a budget of $0 over the tag
    application=cost-sentry-smoke-refused is put into the configuration in force for some seconds
    and taken out again: no other call carries that tag, and no other budget is touched.
    """
    from cost_sentry_client.smoke_test import caller_for, prove_allowed, prove_refused
    from cost_sentry_client.tables import facts_table
    from cost_sentry_client.tag_options import parse_tags

    caller = caller_for(run.operator, model, team, parse_tags(tag or [], None))
    with run.progress("a call that must be allowed"):
        allowed = prove_allowed(run.operator, caller)
    with run.progress("a call that must be refused"):
        refused = prove_refused(run.operator, caller)
    proofs = (allowed, refused)
    passed = all(proof.proven for proof in proofs)
    document = {"passed": passed, **{proof.name: proof.to_json() for proof in proofs}}
    rows = [(("✓ " if p.proven else "✗ ") + p.name, p.text) for p in proofs]
    run.answer(document, facts_table(rows), "passed" if passed else "FAILED")
    return ExitCode.OK if passed else ExitCode.REFUSED
