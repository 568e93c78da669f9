"""The ``sentry`` block of an answer, for people."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.text import Text

from cost_sentry.domain.budget import Unit, parse_amount
from cost_sentry.domain.service_tier import STANDARD
from cost_sentry_client.budget_report import moment_text
from cost_sentry_client.money_display import left_text, seconds_text, spent_text, usd_text
from cost_sentry_client.routing_report import model_text, routing_report
from cost_sentry_client.tables import amounts_table, facts_table

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

Block = Mapping[str, Any]
FORBADE = "policies that forbade a model:"
WOULD_HAVE = "in shadow mode, which would have decided otherwise as far as is known:"


def sentry_report(sentry: Block, usage: Mapping[str, Any] | None = None) -> "list[RenderableType]":
    """Everything that the block says (P8), as tables of at most 80 columns."""
    first = headline(sentry["decision"], sentry["message"], sentry.get("errors"))
    parts: list[RenderableType] = [first, facts_table(_facts(sentry, usage))]
    if sentry.get("budgets"):
        parts += ["", answer_budgets(sentry["budgets"])]
    if sentry.get("routing"):
        parts += ["", *routing_report(sentry["routing"])]
    if len(sentry.get("rungs") or ()) > 1:
        parts += ["", "models tried:", rungs_table(sentry["rungs"])]
    if sentry.get("policies"):
        parts += ["", FORBADE, policies_table(sentry["policies"])]
    parts += shadow_report(sentry.get("shadow"), sentry.get("shadowLeftOut"))
    if sentry.get("errors"):
        parts += ["", errors_table(sentry["errors"])]
    return parts


def shadow_report(notes: Sequence[Block] | None, left_out: int | None) -> "list[RenderableType]":
    """What would have decided otherwise, and how many more; nothing if there is none."""
    if not notes:
        return []
    more = [Text(f"and {left_out} more, for which an answer has no room")] if left_out else []
    return ["", WOULD_HAVE, policies_table(notes), *more]


def headline(decision: str, message: str, errors: Sequence[object] | None) -> Text:
    """The decision and its reason; a list of errors below says it better than one sentence."""
    return Text(f"{decision}: {'the request is not valid' if errors else message}")


def _facts(sentry: Block, usage: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    facts = [("request id", str(sentry["requestId"])), ("code", str(sentry["code"]))]
    if (sentry.get("attempts") or 0) > 1:
        facts.append(("attempts", str(sentry["attempts"])))
    asked, used = sentry.get("modelAsked"), sentry.get("modelUsed")
    facts.append(("model", model_text(asked, used, is_routed=bool(sentry.get("routing")))))
    if sentry.get("serviceTier") not in (None, STANDARD):
        facts.append(("service tier", str(sentry["serviceTier"])))
    if (sentry.get("maxTokensAsked") or 0) > (sentry.get("maxTokens") or 0):
        limits = f"{sentry.get('maxTokens')} instead of {sentry['maxTokensAsked']} tokens"
        facts.append(("output limit", limits))
    if sentry.get("retryAfterSeconds") is not None:
        facts.append(("try again", f"in {seconds_text(sentry['retryAfterSeconds'])}"))
    if usage:
        facts.append(("tokens", f"{usage['inputTokens']} in, {usage['outputTokens']} out"))
    if sentry.get("cache"):
        facts += [("cost", "nothing"), ("avoided", avoided_text(sentry["cache"]))]
    if sentry.get("status"):
        facts.append(("cost", _cost(sentry)))
    return facts


def avoided_text(cache: Block) -> str:
    """What a kept answer has spared, how old it is, and when it ends."""
    age, ends = seconds_text(cache["ageSeconds"]), moment_text(cache["endsAt"])
    return f"{usd_text(cache['avoidedUsd'])} (the answer is {age} old, and kept until {ends})"


def _cost(sentry: Block) -> str:
    reserved = f"{usd_text(sentry.get('reservedUsd'))} reserved, {str(sentry['status']).lower()}"
    if sentry.get("costUsd") is None:
        return f"not known yet ({reserved})"
    charged = "charged in full, the true cost is unknown" if sentry.get("costEstimated") else ""
    return f"{usd_text(sentry['costUsd'])} ({', '.join(p for p in (reserved, charged) if p)})"


def answer_budgets(budgets: Sequence[Block]) -> "Table":
    """Each budget of the answer; what the deciding write did not see is unknown, not zero.

    What is left was true at a moment (UTC): other callers may have spent of it since.
    """
    table = amounts_table("budget", "resets", amounts=("needed", "left", "as of", "limit"))
    for budget in budgets:
        unit = Unit(budget["unit"])
        marked = f"{budget['id']} (refused)" if budget.get("binding") else str(budget["id"])
        table.add_row(
            marked,
            moment_text(budget.get("resetsAt")),
            spent_text(unit, amount_of(unit, budget["needed"]) or 0),
            _shown(unit, budget.get("left")),
            _clock_text(budget.get("leftAsOf")),
            _shown(unit, budget.get("limit")),
        )
    return table


def rungs_table(rungs: Sequence[Block]) -> "Table":
    """The models that were tried, in order, and what became of each."""
    rows = []
    for number, rung in enumerate(rungs, start=1):
        quote = amount_of(Unit.USD, rung.get("quoteUsd"))
        price = "" if quote is None else f", at most {spent_text(Unit.USD, quote)}"
        rows.append((f"{number}.", f"{rung['modelId']}: {rung['outcome']}{price}"))
    return facts_table(rows)


def policies_table(notes: Sequence[Block]) -> "Table":
    """Each policy with the model that it spoke of, and its sentence."""
    rows = [(str(note["id"]), f"{note['modelId']}: {note['sentence']}") for note in notes]
    return facts_table(rows)


def errors_table(errors: Sequence[Block]) -> "Table":
    """What is wrong with the request, field by field."""
    rows = []
    for error in errors:
        rows += [(str(error["field"]), str(error["problem"]))]
        rows += [("", f"allowed: {error['allowed']}")]
    return facts_table(rows)


def amount_of(unit: Unit, text: str | None) -> int | None:
    """A decimal string of an answer in the ledger's unit; ``left`` may be negative."""
    if text is None:
        return None
    amount = parse_amount(unit, text.removeprefix("-"))
    return -amount if text.startswith("-") else amount


def _clock_text(moment: str | None) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(UTC):%H:%M:%S}" if moment else "–"


def _shown(unit: Unit, text: str | None) -> str:
    amount = amount_of(unit, text)
    return "–" if amount is None else left_text(unit, amount)
