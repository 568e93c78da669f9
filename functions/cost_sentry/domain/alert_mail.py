"""The mail that tells a budget's owners about a threshold.

The first lines answer what happened, whose budget it is, who spends it, on what, and when it runs
out.
"""

import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC
from decimal import ROUND_HALF_EVEN, Decimal

from cost_sentry.domain.alert import WHOLE_PERCENT, Alert, Crossing
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.mail_text import (
    COLUMNS,
    NAME_CHARACTERS_MAX,
    SUBJECT_CHARACTERS_MAX,
    TEXT_COLUMNS,
    harmless,
    moment,
    row,
)
from cost_sentry.domain.money import PICODOLLARS_PER_DOLLAR, dollars_text
from cost_sentry.domain.sentry_config import SentryConfig, scope_text
from cost_sentry.domain.spend import top
from cost_sentry.domain.unit import noun
from cost_sentry.domain.window import WindowKind

_TABLE_COLUMNS = 72
"""Of a name and an amount together; the longest amounts take some from the names."""
_ID_CHARACTERS_MAX = 63
"""Of a budget in ``sentry.yaml``."""
_PERCENT_SHOWN_MAX = 999


def write_alert(crossing: Crossing, recipients: Sequence[str]) -> Alert:
    """The alert of this crossing, with its mail."""
    return Alert(
        key=crossing.key,
        unit=crossing.budget.unit,
        limit=crossing.limit,
        posted=crossing.totals.posted,
        recorded_at=crossing.at,
        recipients=tuple(recipients),
        subject=_subject(crossing),
        body="\n".join(_body(crossing)) + "\n",
    )


def recipients_of(budget: Budget, config: SentryConfig) -> tuple[str, ...]:
    """Who hears about a budget: its owners, those of the team it is for, and the organisation's."""
    team = config.teams.get(budget.scope.get("team", ""))
    addresses = (*budget.owners, *(team.owners if team else ()), *config.alert_addresses)
    return tuple(dict.fromkeys(addresses))


def amount_shown(unit: Unit, amount: int) -> str:
    """An amount for people, rounded: ``$1,234.50``, ``$0.0042``, ``15,000 tokens``."""
    if unit is not Unit.USD:
        return f"{amount:,} {noun(unit, amount)}"
    dollars = Decimal(amount) / PICODOLLARS_PER_DOLLAR
    step = Decimal("0.01") if abs(dollars) >= 1 or amount == 0 else Decimal("0.000001")
    rounded = dollars.quantize(step, rounding=ROUND_HALF_EVEN)
    text = f"{rounded:,}" if rounded or not amount else dollars_text(amount)
    whole, _, fraction = text.partition(".")
    return f"${whole}.{fraction.rstrip('0').ljust(2, '0')}"


def _subject(crossing: Crossing) -> str:
    budget = crossing.budget
    limit = amount_shown(budget.unit, crossing.limit)
    end = (
        f" used up: {_percent_spent(crossing)} of {limit} spent"
        if crossing.is_used_up
        else f" at {crossing.threshold_percent}% of {limit}"
    )
    start = "Cost sentry: budget "
    room = SUBJECT_CHARACTERS_MAX - len(start) - len(end)
    return f"{start}{harmless(budget.id, room)}{end}"


def _body(crossing: Crossing) -> Iterator[str]:
    budget, spend = crossing.budget, crossing.spend
    yield from row("What", _what(crossing))
    yield from row("Budget", _budget(budget))
    yield from row("Who", _lead(crossing, spend.by_application()))
    yield from row("Model", _lead(crossing, spend.by_model()))
    yield from row("Runs out", _runs_out(crossing))
    yield from row("Resets", _resets(crossing))
    if _is_of_a_run(crossing):
        yield from row("Run", crossing.window.id)
    yield ""
    yield from textwrap.wrap(_next(crossing), COLUMNS)
    yield ""
    yield from _table(crossing, "By team", spend.by_team())
    yield from _table(crossing, "By application", spend.by_application())
    yield from _table(crossing, "By model", spend.by_model())
    if crossing.totals.overrun:
        yield f"Above what was held for the calls: {_amount(crossing, crossing.totals.overrun)}"
    if crossing.totals.estimated:
        estimated = _amount(crossing, crossing.totals.estimated)
        yield f"Charged in full because the true cost is unknown: {estimated}"
    if crossing.totals.overrun or crossing.totals.estimated:
        yield ""
    yield from _command("Look:", "cost-sentry budget show", budget, "")
    yield from _command("Change:", "cost-sentry budget set", budget, " NEW_LIMIT")


def _command(label: str, verb: str, budget: Budget, tail: str) -> Iterator[str]:
    """A line to copy into a shell: the id is never cut, the line is broken where a shell may."""
    words = f"{harmless(budget.id, _ID_CHARACTERS_MAX)}{tail}"
    line = f"{label:<9}{verb} {words}"
    yield from (line,) if len(line) <= COLUMNS else (f"{label:<9}{verb} \\", f"  {words}")


def _what(crossing: Crossing) -> str:
    """On one line of the mail: the longest telling that fits."""
    unit, posted = crossing.budget.unit, crossing.totals.posted
    spent = _amount(crossing, posted).removesuffix(f" {noun(unit, posted)}")
    start = "used up" if crossing.is_used_up else f"past {crossing.threshold_percent}%"
    shortest = f"{start}: {spent} of {_amount(crossing, crossing.limit)}"
    amounts = f"{shortest} spent"
    with_percent = f"{amounts} ({_percent_spent(crossing)})"
    refused = f"{with_percent}, calls {'were' if crossing.is_over else 'are'} refused"
    texts = (*((refused,) if crossing.is_used_up else ()), with_percent, amounts)
    return next((text for text in texts if len(text) <= TEXT_COLUMNS), shortest)


def _percent_spent(crossing: Crossing) -> str:
    percent = crossing.totals.posted * 100 // max(crossing.limit, 1)
    return f"{percent}%" if percent <= _PERCENT_SHOWN_MAX else f"over {_PERCENT_SHOWN_MAX}%"


def _budget(budget: Budget) -> str:
    per = "" if budget.window is WindowKind.NONE else f" ({budget.window.value})"
    return f"{harmless(budget.id, 28)}{per}, for {harmless(scope_text(budget.scope), 28)}"


def _lead(crossing: Crossing, ranked: Sequence[tuple[str, int]]) -> str:
    """The largest and the sum of the rest, on one line of the mail."""
    texts = []
    for count, characters_max in ((2, NAME_CHARACTERS_MAX), (1, NAME_CHARACTERS_MAX), (1, 20)):
        parts = (
            f"{harmless(n, characters_max)} {_amount(crossing, a)}" for n, a in top(ranked, count)
        )
        texts.append(", ".join(parts))
    return next((text for text in texts if len(text) <= TEXT_COLUMNS), texts[-1])


def _runs_out(crossing: Crossing) -> str:
    at = crossing.runs_out_at()
    if crossing.totals.posted >= crossing.limit:
        return "now: the limit is reached"
    if crossing.is_used_up and not crossing.is_over:
        return "now: what is left does not pay for a call like the one refused"
    if at is not None:
        return f"{moment(at)}, at the rate so far"
    if crossing.window.end is None:
        return "no date can be told yet"
    end = "it is over" if _is_of_a_run(crossing) else "it resets"
    return f"not before {end}, at the rate so far"


def _resets(crossing: Crossing) -> str:
    if crossing.window.end is None:
        return "never; the limit is for all time"
    if _is_of_a_run(crossing):
        return f"never; this run may call until {moment(crossing.window.end)}"
    zone = crossing.budget.time_zone
    whose = "" if zone is UTC else f", by the clocks of {zone}"
    ended = " (it has ended)" if crossing.is_over else ""
    return f"{moment(crossing.window.end)}{ended}{whose}"


def _next(crossing: Crossing) -> str:
    if crossing.is_over and _is_of_a_run(crossing):
        return "Next: nothing. The run is over; every other has a limit of its own."
    if crossing.is_over:
        return "Next: nothing. The window is over; calls are charged to the one that follows it."
    if crossing.threshold_percent < WHOLE_PERCENT and crossing.totals.posted < crossing.limit:
        return (
            "Next: calls go on. One that no longer fits is rerouted to a cheaper model where its "
            "ladder has one that fits, and rejected before it costs anything otherwise. The limit "
            "is not overspent."
        )
    until = "" if _is_of_a_run(crossing) else "the budget resets or "
    return (
        "Next: a call that does not fit is rerouted to a cheaper model where its ladder has one "
        f"that fits, and rejected before it costs anything otherwise, until {until}its limit is "
        "raised. Calls that are running finish."
    )


def _is_of_a_run(crossing: Crossing) -> bool:
    """Whether the window is an agent run, which has no other after it."""
    return crossing.budget.window is WindowKind.SESSION


def _table(crossing: Crossing, title: str, ranked: Sequence[tuple[str, int]]) -> Iterator[str]:
    yield title
    for name, amount in top(ranked, 5):
        shown = f"{_amount(crossing, amount):>26}"
        columns = _TABLE_COLUMNS - len(shown)
        yield f"  {harmless(name, columns):<{columns}} {shown}"
    yield ""


def _amount(crossing: Crossing, amount: int) -> str:
    return amount_shown(crossing.budget.unit, amount)
