"""What no single field shows: names that must exist elsewhere, and orders that must hold."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

from cost_sentry.application.ports import PriceBook
from cost_sentry.domain.budget import MODEL_TAG, Unit
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.session import CHILDREN_MAX, PATH_NAMES_MAX
from cost_sentry.domain.unit import MANY, noun
from cost_sentry_client.config_file.anomaly_checks import anomaly_findings
from cost_sentry_client.config_file.approval_checks import approval_findings
from cost_sentry_client.config_file.caller_checks import find_caller_problems
from cost_sentry_client.config_file.circuit_checks import circuit_findings
from cost_sentry_client.config_file.coverage import find_crowded
from cost_sentry_client.config_file.emergency_checks import allowance_findings
from cost_sentry_client.config_file.endpoint_checks import endpoint_findings
from cost_sentry_client.config_file.endpoint_model_checks import endpoint_model_findings
from cost_sentry_client.config_file.external_checks import external_findings
from cost_sentry_client.config_file.flex_checks import flex_findings
from cost_sentry_client.config_file.ladder_checks import ladder_findings
from cost_sentry_client.config_file.problems import Finding, Path, listed, quoted
from cost_sentry_client.config_file.routing_checks import routing_findings
from cost_sentry_client.config_file.shape_errors import suggestion
from cost_sentry_client.config_file.shapes import BudgetShape, SentryFile
from cost_sentry_client.config_file.window_checks import window_findings, zone_findings

LIMIT_MAX = {
    Unit.USD: 10**9,
    Unit.TOKENS: 10**15,
    Unit.INPUT_TOKENS: 10**15,
    Unit.OUTPUT_TOKENS: 10**15,
    Unit.REQUESTS: 10**12,
    Unit.IN_FLIGHT: 10**6,
    Unit.RETRIES: 10**6,
    Unit.DEPTH: PATH_NAMES_MAX,
    Unit.CHILDREN: CHILDREN_MAX,
}
"""In dollars, tokens, requests and calls: beyond any bill, well within the ledger's numbers."""


def find_contradictions(file: SentryFile, book: PriceBook, known: Sequence[str]) -> list[Finding]:
    """Every finding in a file whose fields are each in order.

    ``known``: model ids to suggest for one that has no price.
    """
    return [
        *_defaults(file),
        *_addresses(file),
        *_models(file, book, known),
        *ladder_findings(file, book, known),
        *_budget_ids(file.budgets),
        *find_crowded(file),
        *(f for i, b in enumerate(file.budgets) for f in _budget(file, b, ("budgets", i))),
        *allowance_findings(file, book, known),
        *find_caller_problems(file),
        *circuit_findings(file),
        *external_findings(file),
        *routing_findings(file, book, known),
        *flex_findings(file, book),
        *endpoint_model_findings(file),
        *approval_findings(file),
        *anomaly_findings(file),
        *endpoint_findings(file),
        *_policies(file),
    ]


def _policies(file: SentryFile) -> Iterator[Finding]:
    if file.policies:
        yield from zone_findings(file.policies.time_zone, ("policies", "timeZone"))


def _defaults(file: SentryFile) -> Iterator[Finding]:
    usual, most = file.defaults.output_tokens, file.defaults.output_tokens_max
    if usual > most:
        yield Finding(
            path=("defaults", "outputTokens"),
            problem=f"{quoted(usual)} is above outputTokensMax",
            allowed=f"at most {most}",
        )
    least = file.defaults.output_tokens_min
    if least > most and "output_tokens_min" in file.defaults.model_fields_set:
        yield Finding(
            path=("defaults", "outputTokensMin"),
            problem=f"{quoted(least)} is above outputTokensMax",
            allowed=f"at most {most}",
        )
    yield from _tags(("defaults", "requiredTags"), file.defaults.required_tags)
    yield from _tags(("defaults", "knownTags"), file.defaults.known_tags)


def _tags(tags: Path, names: Sequence[str]) -> Iterator[Finding]:
    yield from _twice(tags, names)
    for i, tag in enumerate(names):
        if tag == MODEL_TAG:
            yield Finding(
                path=(*tags, i),
                problem='"model" is not a tag that callers send',
                allowed="tag names other than model; the model of a request is always known",
            )


def _addresses(file: SentryFile) -> Iterator[Finding]:
    yield from _twice(("alerts", "addresses"), file.alerts.addresses)
    for id_, team in file.teams.items():
        yield from _twice(("teams", id_, "owners"), team.owners if team else ())
    for i, budget in enumerate(file.budgets):
        yield from _twice(("budgets", i, "owners"), budget.owners)


def _twice(path: Path, items: Sequence[str]) -> Iterator[Finding]:
    for i, item in enumerate(items):
        if item in items[:i]:
            yield Finding(
                path=(*path, i), problem=f"{quoted(item)} is named twice", allowed="each once"
            )


def _models(file: SentryFile, book: PriceBook, known: Sequence[str]) -> Iterator[Finding]:
    for id_ in file.models:
        if book.price(id_) is None:
            hint = suggestion(id_, known)
            yield Finding(
                path=("models", id_),
                problem=f"{quoted(id_)} is not in price book {book.version}{hint}",
                allowed="a model with a known price: an unknown price is never free",
                at_key=True,
            )


def _budget_ids(budgets: Sequence[BudgetShape]) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for i, budget in enumerate(budgets):
        first = seen.setdefault(budget.id, i)
        if first != i:
            yield Finding(
                path=("budgets", i, "id"),
                problem=f"{quoted(budget.id)} is already the id of budgets[{first}]",
                allowed="an id of its own for each budget",
            )


def _budget(file: SentryFile, budget: BudgetShape, path: Path) -> Iterator[Finding]:
    if fault := limit_fault(budget.unit, budget.limit):
        yield Finding(path=(*path, "limit"), problem=fault[0], allowed=fault[1])
    yield from window_findings(budget, path)
    yield from _scope(file, budget.scope, (*path, "scope"))
    yield from _stages(budget, (*path, "stages"))
    for i, (before, after) in enumerate(
        zip(budget.thresholds, budget.thresholds[1:], strict=False)
    ):
        if after <= before:
            yield Finding(
                path=(*path, "thresholds", i + 1),
                problem=f"{after} comes after {before}",
                allowed="rising percentages, such as [50, 80, 100]",
            )


def _stages(budget: BudgetShape, path: Path) -> Iterator[Finding]:
    """Each is harder than the one before, so it must not come sooner."""
    given = [
        (name, percent)
        for name, percent in budget.stages.model_dump(by_alias=True).items()
        if percent is not None
    ]
    if given and not budget.unit.is_spent:
        yield Finding(
            path=(*path, given[0][0]),
            problem=f"{noun(budget.unit, MANY)} do not run out",
            allowed="stages of a budget that is spent",
        )
    for (before, first), (after, then) in pairwise(given):
        if then < first:
            yield Finding(
                path=(*path, after),
                problem=f"{then} comes before {before} at {first}",
                allowed=f"at least {first}: first the ladder, then shorter answers, then refusals",
            )


def limit_fault(unit: Unit, text: str) -> tuple[str, str] | None:
    """What is wrong with a limit of plain digits, and what is allowed; ``None`` if nothing is."""
    amount, most = Decimal(text), LIMIT_MAX[unit]
    # With none of the tree of a run its root calls alone; with none of what calls hold nobody does.
    may_be_zero = not unit.is_held
    if amount > most or amount < 0 or (amount == 0 and not may_be_zero):
        return (
            f"{quoted(text)} {noun(unit, MANY)} is no limit",
            f"{'from' if may_be_zero else 'above'} 0, at most {most} {noun(unit, MANY)}",
        )
    if unit is not Unit.USD and amount != amount.to_integral_value():
        return f"{quoted(text)} is no whole number", f"whole {noun(unit, MANY)}"
    return None


def _scope(file: SentryFile, scope: Mapping[str, str], path: Path) -> Iterator[Finding]:
    team, model = scope.get("team"), scope.get(MODEL_TAG)
    if team is not None and team not in file.teams:
        yield Finding(
            path=(*path, "team"),
            problem=f"there is no team {quoted(team)}{suggestion(team, file.teams)}",
            allowed=f"one of the teams: {listed(file.teams)}",
        )
    base_ids = sorted({base_model_id(id_) for id_ in file.models})
    if model is not None and model not in base_ids:
        yield Finding(
            path=(*path, MODEL_TAG),
            problem=_model_problem(model, base_ids),
            allowed=f"one of the models, without geography: {listed(base_ids)}",
        )


def _model_problem(model: str, base_ids: Sequence[str]) -> str:
    base = base_model_id(model)
    if base != model:
        return f"{quoted(model)} names a geography; a budget counts the model everywhere as {base}"
    return f"there is no model {quoted(model)}{suggestion(model, base_ids)}"
