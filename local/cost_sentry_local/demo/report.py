"""The tables at the end, for a terminal of 80 columns."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from cost_sentry.domain.budget import Unit
from cost_sentry_client.budget_report import budget_table
from cost_sentry_client.money_display import spent_text
from cost_sentry_client.tables import amounts_table
from cost_sentry_local.demo.answers import Answer, Outcome
from cost_sentry_local.demo.report_acts import anomaly_report, endpoint_report
from cost_sentry_local.demo.report_mails import alert_report
from cost_sentry_local.demo.report_rules import rules_report
from cost_sentry_local.demo.result import Result

_MODEL_NAME = re.compile(r"^(?:\w+\.)?\w+\.(?P<name>.+?)(?:-\d{8})?-v\d+:\d+$")
_BECOMES = {
    "VOIDED": "it never ran: all of it went back",
    "PENDING": "it may have run: held in full until it expires",
}


def print_report(console: Console, result: Result) -> None:
    """Everything, top to bottom."""
    for title, parts in (
        ("Decisions", _decisions(result)),
        ("Spend against budget", _budgets(result)),
        ("Who spent it, on which model", [_spend(result)]),
        ("What rerouting saved", _savings(result)),
        ("An anomaly, its mail and its lifting", anomaly_report(result.acts.freeze)),
        ("An endpoint sleeps, and is woken", endpoint_report(result.acts)),
        ("Rules at work", rules_report(result.scenes)),
        ("Alert mails", alert_report(result)),
        ("The first rejected call's full answer", _first_rejection(result)),
        ("Promises, checked from outside", [_promises(result)]),
    ):
        console.rule(f"[bold]{title}", align="left")
        for part in parts:
            console.print(part)
        console.print()


def model_name(model_id: str) -> str:
    """``us.anthropic.claude-haiku-4-5-20251001-v1:0`` as people say it: ``claude-haiku-4-5``."""
    match = _MODEL_NAME.match(model_id)
    return match["name"] if match else model_id


def _decisions(result: Result) -> Iterator[RenderableType]:
    table = amounts_table("team", amounts=("calls", *(outcome.value for outcome in Outcome)))
    teams = sorted({answer.call.caller.team for answer in result.answers})
    for team in (*teams, None):
        of_team = [a for a in result.answers if team in (None, a.call.caller.team)]
        counts = Counter(answer.outcome for answer in of_team)
        if team is None:
            table.add_section()
        row = (str(n) for n in (len(of_team), *(counts[outcome] for outcome in Outcome)))
        table.add_row(team or "all", *row, style="bold" if team is None else "")
    yield table
    yield ""
    yield from _reasons(result)


def _reasons(result: Result) -> Iterator[Text]:
    binding: Counter[str] = Counter()
    failed: Counter[tuple[str, str]] = Counter()
    for answer in result.answers:
        if answer.outcome is Outcome.REJECTED:
            binding[_rejected_by(answer)] += 1
        elif answer.outcome is Outcome.FAILED:
            error = (answer.error or "").removeprefix("BedrockRuntime.")
            failed[error, answer.sentry.get("status", "")] += 1
    for budget, count in binding.most_common():
        yield Text(f"{count:>5}  rejected by budget {budget}, before they cost anything")
    for (error, status), count in failed.most_common():
        yield Text(f"{count:>5}  failed with {error}:\n       {_BECOMES.get(status, status)}")


def _rejected_by(answer: Answer) -> str:
    budgets = (b["id"] for b in answer.sentry.get("budgets", ()) if b.get("binding"))
    return next(budgets, str(answer.sentry.get("code")))


def _budgets(result: Result) -> Iterator[RenderableType]:
    yield budget_table(result.budgets)
    yield ""
    yield Text(
        "posted: charged for good. pending: held for calls whose outcome nobody knows yet;"
        " each is charged in full when it expires. Posted + pending never pass the limit.",
        style="dim",
    )
    if result.expired:
        yield Text(f"{result.expired} overdue reservations were expired: charged in full.")
    change = result.closing
    yield Text(
        f"{change.budget_id} was closed in mid-run: its limit was cut to what was spent and"
        f" held, {change.before} → {change.after} {change.unit}, while a last call ran. That"
        " call's answer reported no usage, so all that was held for it is charged.",
        style="dim",
    )


def _spend(result: Result) -> Table:
    calls: Counter[tuple[str, str]] = Counter()
    cost: Counter[tuple[str, str]] = Counter()
    tokens: Counter[tuple[str, str]] = Counter()
    for endings in result.evidence.ledger.endings().values():
        held, end = endings[-1]
        if end.state != "VOIDED":
            key = held.tags["team"], held.model_used
            calls[key] += 1
            cost[key] += end.cost_picodollars
            tokens[key] += end.tokens
    table = amounts_table("team", "model", amounts=("calls", "tokens", "cost"))
    for team, model in sorted(calls, key=lambda key: (key[0], -cost[key])):
        table.add_row(
            team,
            model_name(model),
            str(calls[team, model]),
            f"{tokens[team, model]:,}",
            spent_text(Unit.USD, cost[team, model]),
        )
    table.add_section()
    total = spent_text(Unit.USD, cost.total())
    table.add_row("all", "", str(calls.total()), f"{tokens.total():,}", total, style="bold")
    return table


def _savings(result: Result) -> Iterator[RenderableType]:
    if not result.savings:
        yield Text("No call was rerouted.")
        return
    table = amounts_table("asked for", "got", amounts=("calls", "would have", "cost", "saved"))
    for line in result.savings:
        table.add_row(
            model_name(line.model_asked),
            model_name(line.model_used),
            str(line.calls),
            *(spent_text(Unit.USD, n) for n in (line.asked_cost, line.real_cost, line.saved)),
        )
    table.add_section()
    totals = (
        sum(line.asked_cost for line in result.savings),
        sum(line.real_cost for line in result.savings),
        sum(line.saved for line in result.savings),
    )
    calls = str(sum(line.calls for line in result.savings))
    amounts = (spent_text(Unit.USD, amount) for amount in totals)
    table.add_row("all", "", calls, *amounts, style="bold")
    yield table
    yield ""
    yield Text(
        "would have: the same tokens at the list price of the model that was asked for.",
        style="dim",
    )


def _first_rejection(result: Result) -> Iterator[RenderableType]:
    rejected = next((a for a in result.answers if a.outcome is Outcome.REJECTED), None)
    if rejected is None:
        yield Text("No call was rejected.")
        return
    yield Text(_pretty({**rejected.response, "sentry": rejected.sentry}))


def _pretty(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _promises(result: Result) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in result.findings:
        state = "[red]BROKEN" if finding.broken else "[green]held"
        table.add_row(finding.promise, state, f"[bold]{finding.title}[/bold]: {finding.checked}")
    table.add_row(
        "P11", "[dim]–", "[dim]cannot be seen in a run like this; a test of its own shows it"
    )
    return table
