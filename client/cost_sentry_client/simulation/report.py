"""What a simulation found, for people: a page of 80 columns."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from rich.text import Text

from cost_sentry.application.simulation_tally import Change, ChangeKey, Outcome
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import ReasonCode
from cost_sentry_client.money_display import shown_amount
from cost_sentry_client.simulation.comparison import Comparison
from cost_sentry_client.simulation.report_json import (
    Spend,
    changes_by_size,
    spend_by_model,
    spend_by_team,
)
from cost_sentry_client.tables import amounts_table, facts_table

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

ROWS_MAX = 20
"""Of a table; the JSON has all."""
EXAMPLES_SHOWN_MAX = 4
"""Changes of which the page names the first calls."""


def comparison_report(found: Comparison, assumptions: Sequence[str]) -> "list[RenderableType]":
    """First what would change, in a sentence; then the figures; last what is assumed."""
    parts: list[RenderableType] = [Text(headline(found)), "", _decisions(found)]
    parts += ["", _spend("spent by team", spend_by_team(found), found)]
    parts += ["", _spend("spent on model", spend_by_model(found), None)]
    if any(found.tally.hits):
        parts += ["", _cache(found)]
    changes = changes_by_size(found)
    if changes:
        parts += ["", _affected(changes), "", "for example:", _examples(changes)]
    if found.tally.shadow:
        parts += ["", _shadow(found)]
    return [*parts, "", "assumed:", *(Text(f"- {one}") for one in assumptions)]


def headline(found: Comparison) -> str:
    """How many calls are decided otherwise, how, and what that does to the spend."""
    tally, before, after = found.tally, found.cost_before, found.cost_after
    if not tally.changed:
        return (
            f"Both configurations decide all {tally.calls:,} calls alike; they cost"
            f" {_dollars(before, of=before)}."
        )
    return (
        f"{tally.changed:,} of {tally.calls:,} calls would be decided otherwise:"
        f" {', '.join(_becomes(found))}. They would cost {_dollars(after, of=after)}"
        f" instead of {_dollars(before, of=before)} ({_change_text(before, after)})."
    )


def _becomes(found: Comparison) -> Iterator[str]:
    """By what they become; these add up to all that change."""
    words = {
        Outcome.REJECTED: "refused",
        Outcome.REROUTED: "rerouted",
        Outcome.LOWERED: "shortened",
        Outcome.AS_ASKED: "allowed as asked",
        Outcome.CACHED: "answered from a cache",
        Outcome.REPEATED: "answered before",
    }
    for outcome, word in words.items():
        new = found.tally.moved(to=outcome)
        other = found.tally.moved_within(outcome)
        if new:
            yield f"{new:,} {word}"
        if other:
            yield f"{other:,} {word} otherwise"


def _decisions(found: Comparison) -> "Table":
    tally = found.tally
    table = amounts_table("decision", amounts=("before", "after", "change"))
    order = list(Outcome)
    rows = sorted(tally.before.keys() | tally.after.keys(), key=lambda r: (order.index(r[0]), r[1]))
    for outcome, code in rows:
        before, after = tally.before[outcome, code], tally.after[outcome, code]
        change = f"{after - before:+,}" if after != before else "–"
        table.add_row(_decision_text(outcome, code), f"{before:,}", f"{after:,}", change)
    return table


def _decision_text(outcome: Outcome, code: ReasonCode) -> str:
    is_plain = (outcome, code) == (Outcome.AS_ASKED, ReasonCode.WITHIN_BUDGETS)
    return outcome.value if is_plain else f"{outcome.value}: {code.value}"


def _spend(name: str, rows: Sequence[Spend], total: Comparison | None) -> "Table":
    table = amounts_table(name, amounts=("before", "after", "difference", "%"))
    shown = [*rows[:ROWS_MAX], *_rest(rows[ROWS_MAX:])]
    if total is not None:
        shown.append(("all", total.cost_before, total.cost_after))
    size = max((max(before, after) for _, before, after in shown), default=0)
    for who, before, after in shown:
        amounts = (_dollars(amount, of=size) for amount in (before, after))
        table.add_row(who, *amounts, _difference(after - before, size), _percent(before, after))
    return table


def _rest(rows: Sequence[Spend]) -> list[Spend]:
    if not rows:
        return []
    return [(f"{len(rows)} others", sum(row[1] for row in rows), sum(row[2] for row in rows))]


def _affected(changes: Sequence[tuple[ChangeKey, Change]]) -> "Table":
    table = amounts_table("who is affected", "change", amounts=("calls",))
    table.add_column("decided by", overflow="fold")
    table.columns[1].no_wrap = False
    for key, change in changes[:ROWS_MAX]:
        what = f"{key.before.value} → {key.after.value}"
        table.add_row(f"{key.team}/{key.application}", what, f"{change.calls:,}", key.by)
    if len(changes) > ROWS_MAX:
        rest = sum(change.calls for _, change in changes[ROWS_MAX:])
        table.add_row(f"{len(changes) - ROWS_MAX} more rows", "", f"{rest:,}", "--json has them")
    return table


def _examples(changes: Sequence[tuple[ChangeKey, Change]]) -> "Table":
    return facts_table(_example(change) for _, change in changes[:EXAMPLES_SHOWN_MAX])


def _example(change: Change) -> tuple[str, str]:
    """When the first one came, which it is and what it is told; then the ids of the next."""
    first, *others = change.examples
    more = ", ".join(f"{one.request_id} ({one.at:%H:%M:%S})" for one in others)
    also = f"; also {more}" if more else ""
    text = f"{first.request_id}: {first.after.code.value}, {first.after.message}{also}"
    return f"{first.at:%Y-%m-%d %H:%M:%S}", text


def _cache(found: Comparison) -> "Table":
    """How often, and what that spared: it is in no other amount of the page."""
    tally = found.tally
    spared = tally.avoided_before, tally.avoided_after
    table = amounts_table("answered from a cache", amounts=("before", "after", "difference"))
    before, after = tally.hits
    table.add_row("calls", f"{before:,}", f"{after:,}", f"{after - before:+,}")
    amounts = (_dollars(amount, of=max(spared)) for amount in spared)
    table.add_row("avoided cost", *amounts, _difference(spared[1] - spared[0], max(spared)))
    return table


def _shadow(found: Comparison) -> "Table":
    table = amounts_table("in shadow mode, new configuration", amounts=("would say no",))
    each = sorted(found.tally.shadow.items(), key=lambda pair: (-pair[1], pair[0]))
    for (kind, name), calls in each:
        table.add_row(f"{kind} {name}", f"{calls:,}")
    return table


def _dollars(amount: int, *, of: int) -> str:
    return shown_amount(Unit.USD, amount, of=of, up=True)


def _difference(difference: int, size: int) -> str:
    """With its sign; rounded away from nothing, so that what changes is never shown as nothing."""
    if difference == 0:
        return "–"
    sign = "+" if difference > 0 else "-"
    return sign + _dollars(abs(difference), of=size)


def _change_text(before: int, after: int) -> str:
    return f"{_difference(after - before, max(before, after))}, {_percent(before, after)}"


def _percent(before: int, after: int) -> str:
    """Of what it was, to a tenth: ``-8.1 %``."""
    if before == after:
        return "–"
    if before == 0:
        return "new"
    tenths = round(Fraction(1000 * (after - before), before))
    whole, tenth = divmod(abs(tenths), 10)
    return f"{'-' if tenths < 0 else '+'}{whole:,}.{tenth} %"
