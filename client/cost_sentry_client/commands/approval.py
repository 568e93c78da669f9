from typing import TYPE_CHECKING, Annotated, Any

import typer

from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.listing_group import ListingGroup
from cost_sentry_client.run import Run, deployed_command

if TYPE_CHECKING:
    from cost_sentry.application.answer_request import Verb

app = typer.Typer(
    cls=ListingGroup,
    help="Ask for more than a budget has, or for dearer models; and answer who asks.",
)

ApprovalId = Annotated[str, typer.Argument(metavar="ID", help="The request, such as ap-….")]
Why = Annotated[str, typer.Option("--why", help="What whoever reads the record is told.")]


@app.command()
@deployed_command
def ask(
    run: Run,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why; the approvers read it.")],
    until: Annotated[
        str, typer.Option("--until", help="How long: 12h, 7d, or an instant with its offset.")
    ],
    budget: Annotated[str | None, typer.Option("--budget", help="The budget to raise.")] = None,
    amount: Annotated[
        str | None, typer.Option("--amount", help="By how much: dollars, or a whole number.")
    ] = None,
    price_class: Annotated[
        str | None,
        typer.Option("--price-class", help="Or: models up to low, middle, high or premium."),
    ] = None,
    team: Annotated[str | None, typer.Option("--team", help="Of a price class: for whom.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="NAME=VALUE that such calls carry, too.")
    ] = None,
    request: Annotated[
        str | None,
        typer.Option(
            "--id", help="Of a request whose answer was lost: once more, with its --until."
        ),
    ] = None,
) -> None:
    """Ask the approvers of sentry.yaml. They get a mail; what they approve ends by itself."""
    from cost_sentry_client.approval_calls import ask as asked
    from cost_sentry_client.approval_calls import new_approval_id, until_of
    from cost_sentry_client.tag_options import parse_tags

    if (budget is None) == (price_class is None) or (budget is None) != (amount is None):
        raise typer.BadParameter("say --budget and --amount, or --price-class and --team")
    now = run.operator.clock.now()
    id_, ends = request or new_approval_id(now), until_of(until, now).isoformat()
    scope = {"scope": parse_tags(tag or (), team)} if price_class else {}
    wanted = {"budget": budget, "amount": amount, "priceClass": price_class}
    body: dict[str, Any] = {
        "id": id_,
        "reason": reason,
        "until": ends,
        **{name: value for name, value in wanted.items() if value is not None},
        **scope,
    }
    run.note(f"request: {id_}, until {ends}", style="dim")
    _, approval = asked(run.operator, body)
    _show(run, approval)


@app.command("list")
@deployed_command
def list_approvals(
    run: Run,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those of which nothing can come any more.")
    ] = False,
) -> ExitCode:
    """Requests that wait for an answer, and what is in force; the newest first."""
    from cost_sentry.application.rows import Rows
    from cost_sentry_client.approval_calls import LISTED_MAX
    from cost_sentry_client.approval_report import approval_json, approvals_table
    from cost_sentry_client.unreadable_report import told_unreadable, unreadable_json

    now = run.operator.clock.now()
    newest = run.operator.approvals.newest(LISTED_MAX)
    shown = [one for one in newest if everything or (one.is_open and now < one.next_at)]
    run.answer(
        [*(approval_json(one, now) for one in shown), *unreadable_json(newest)],
        approvals_table(Rows(shown, newest.unreadable), now),
    )
    return told_unreadable(run, newest)


@app.command()
@deployed_command
def show(run: Run, approval_id: ApprovalId) -> ExitCode:
    """One request: what it is bound to, and everything that became of it."""
    from cost_sentry_client.approval_calls import known_approval

    return _show(run, known_approval(run.operator, approval_id))


@app.command()
@deployed_command
def approve(run: Run, approval_id: ApprovalId, why: Why = "") -> None:
    """Approve a request, as an approver of sentry.yaml: signed with your AWS credentials."""
    from cost_sentry.application.answer_request import Verb

    _answer(run, Verb.APPROVE, approval_id, why)


@app.command()
@deployed_command
def deny(run: Run, approval_id: ApprovalId, why: Why = "") -> None:
    """Deny a request, as an approver."""
    from cost_sentry.application.answer_request import Verb

    _answer(run, Verb.DENY, approval_id, why)


@app.command()
@deployed_command
def withdraw(run: Run, approval_id: ApprovalId, why: Why = "") -> None:
    """Take back a request of yours that nobody answered yet."""
    from cost_sentry.application.answer_request import Verb

    _answer(run, Verb.WITHDRAW, approval_id, why)


@app.command()
@deployed_command
def end(run: Run, approval_id: ApprovalId, why: Why = "") -> None:
    """End what was approved before its time: as an approver, or if you asked for it."""
    from cost_sentry.application.answer_request import Verb

    _answer(run, Verb.END, approval_id, why)


def _answer(run: Run, verb: "Verb", approval_id: str, why: str) -> None:
    from cost_sentry_client.approval_calls import answer

    _, approval = answer(run.operator, verb, approval_id, why)
    _show(run, approval)


def _show(run: Run, approval: Any) -> ExitCode:  # noqa: ANN401 - an Approval; --help need not load it
    from cost_sentry_client.approval_report import approval_facts, approval_json, history_table
    from cost_sentry_client.tables import facts_table
    from cost_sentry_client.unreadable_report import told_unreadable, unreadable_json

    now = run.operator.clock.now()
    changes = run.operator.approvals.history(approval.request.id)
    run.answer(
        {**approval_json(approval, now), "history": [*changes, *unreadable_json(changes)]},
        f"request {approval.request.id}",
        facts_table(approval_facts(approval, now)),
        "",
        history_table(changes),
    )
    return told_unreadable(run, changes)
