"""Emergency allowances whose calls nobody could set aside, or that no request could use."""

from collections import Counter
from collections.abc import Iterator, Sequence

from cost_sentry.application.ports import PriceBook
from cost_sentry.domain.budget import (
    MODEL_TAG,
    BudgetMode,
    Unit,
    amount_in_words,
    parse_amount,
)
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.price_book import quote_picodollars
from cost_sentry.domain.unit import amount_held
from cost_sentry.domain.window import WindowKind
from cost_sentry_client.config_file.problems import Finding, Path, listed, quoted
from cost_sentry_client.config_file.shape_errors import suggestion
from cost_sentry_client.config_file.shapes import BudgetShape, EmergencyAllowanceShape, SentryFile
from cost_sentry_client.config_file.unlisted_model import unlisted_model

_TEAM_TAG = "team"
_SHORT = (WindowKind.MINUTE, WindowKind.HOUR)


def allowance_findings(
    file: SentryFile, book: PriceBook, known: Sequence[str]
) -> Iterator[Finding]:
    """What is wrong with the emergency allowances of a file."""
    first: dict[str, int] = {}
    set_aside: Counter[str] = Counter()
    for i, allowance in enumerate(file.emergency_allowances):
        path: Path = ("emergencyAllowances", i)
        other = first.setdefault(allowance.id, i)
        if other != i:
            yield Finding(
                path=(*path, "id"),
                problem=f"{quoted(allowance.id)} is already the id of emergencyAllowances[{other}]",
                allowed="an id of its own for each allowance",
            )
        yield from _scope(file, allowance, (*path, "scope"))
        if allowance.model not in file.models:
            yield unlisted_model((*path, "model"), allowance.model, file, known)
        else:
            yield from _budgets(file, allowance, path, book, set_aside)


def _scope(file: SentryFile, allowance: EmergencyAllowanceShape, path: Path) -> Iterator[Finding]:
    team = allowance.scope.get(_TEAM_TAG)
    if team is None:
        yield Finding(
            path=path,
            problem="it names no team",
            allowed="the tag team, and others that the requests must carry",
        )
    elif team not in file.teams:
        yield Finding(
            path=(*path, _TEAM_TAG),
            problem=f"there is no team {quoted(team)}{suggestion(team, file.teams)}",
            allowed=f"one of the teams: {listed(file.teams)}",
        )
    if MODEL_TAG in allowance.scope:
        yield Finding(
            path=(*path, MODEL_TAG),
            problem="the scope of an allowance names no model; its field model does",
            allowed="tags that callers send",
            at_key=True,
        )


def _budgets(
    file: SentryFile,
    allowance: EmergencyAllowanceShape,
    path: Path,
    book: PriceBook,
    set_aside: Counter[str],
) -> Iterator[Finding]:
    """``set_aside`` is what the allowances so far hold, by budget; this one's is added to it."""
    facts = {**allowance.scope, MODEL_TAG: base_model_id(allowance.model)}.items()
    # One in shadow mode refuses nothing, and so covers nothing either.
    enforced = [budget for budget in file.budgets if budget.mode is BudgetMode.ENFORCE]
    budgets = [budget for budget in enforced if budget.scope.items() <= facts]
    if not any(budget.unit.is_spent for budget in budgets):
        yield Finding(
            path=path,
            problem="no budget covers its calls, and what no budget covers is refused",
            allowed="the scope and model of a budget; one with an empty scope covers everything",
        )
    for budget in budgets:
        problem = _not_for_a_day(budget) or _too_little(allowance, budget, book, set_aside)
        if problem:
            yield Finding(
                path=path,
                problem=problem,
                allowed="calls that every budget of their scope and model can set aside for a day",
            )


def _not_for_a_day(budget: BudgetShape) -> str | None:
    if budget.unit is Unit.IN_FLIGHT:
        return (
            f"its calls are in flight in budget {budget.id} from the moment they are set aside,"
            " so they would take the places of those that run"
        )
    if budget.window is WindowKind.SESSION:
        return (
            f"budget {budget.id} counts by session, and nobody knows the session of a call before"
            " it is made"
        )
    if budget.window in _SHORT:
        return (
            f"budget {budget.id} has a window of a {budget.window}, and what is set aside in one"
            " pays for nothing in the next"
        )
    return None


def _too_little(
    allowance: EmergencyAllowanceShape,
    budget: BudgetShape,
    book: PriceBook,
    set_aside: Counter[str],
) -> str | None:
    price = book.price(allowance.model)
    try:
        limit = parse_amount(budget.unit, budget.limit)
    except ValueError:
        return None  # A finding of its own, like a model without a price.
    if price is None:
        return None
    one = amount_held(
        budget.unit,
        quote_picodollars=quote_picodollars(
            price,
            input_bound_tokens=allowance.input_tokens_max,
            output_limit_tokens=allowance.output_tokens_max,
            writes_cache=False,
        ),
        input_tokens=allowance.input_tokens_max,
        output_tokens=allowance.output_tokens_max,
    )
    set_aside[budget.id] += allowance.calls_per_day * one
    if set_aside[budget.id] <= limit:
        return None
    others = set_aside[budget.id] - allowance.calls_per_day * one
    together = ", with those of the allowances above," if others else ""
    return (
        f"{allowance.calls_per_day} such calls hold {amount_in_words(budget.unit, one)} each and"
        f"{together} {amount_in_words(budget.unit, set_aside[budget.id])} in all, more than the"
        f" limit of budget {budget.id}, {amount_in_words(budget.unit, limit)}"
    )
