"""Proof, after any deployment, that one call is allowed and one is refused."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from cost_sentry.adapters.config_document import config_to_document, with_version
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.errors import LedgerContention
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.price_book import quote_picodollars
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.window import WindowKind
from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.operations import Operator
from cost_sentry_client.problems import Problem

SMOKE_TAG, REFUSED = "cost-sentry-smoke", "refused"

BUDGET = Budget(
    id="cost-sentry-smoke",
    scope={SMOKE_TAG: REFUSED},
    unit=Unit.USD,
    window=WindowKind.NONE,
    limit=0,
    thresholds_percent=(),
)
"""Nothing may be spent under a tag that only the smoke test uses; nobody else's call matches."""

_PROMPT = "Say yes."
_ASKED_AS = {"input_bound_tokens": 64, "output_limit_tokens": 1, "writes_cache": False}
_TRIES_MAX = 5
_SETTLING_SECONDS = 1.2
"""Functions look at the configuration at most once a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls which model in the test."""

    model_id: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One of the two calls, and whether it went as it must."""

    name: str
    proven: bool
    text: str
    sentry: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        return {"proven": self.proven, "text": self.text, "sentry": dict(self.sentry)}


def caller_for(
    operator: Operator, model_id: str | None, team: str | None, tags: Mapping[str, str]
) -> Caller:
    """The cheapest configured model and the first team that some budget covers, unless given."""
    config = operator.config()
    teams = [team] if team else sorted(config.teams)
    models = [model_id] if model_id else _cheapest_first(operator, config)
    for candidate in teams:
        filled = dict.fromkeys(config.required_tags, SMOKE_TAG)
        named = {"application": next(iter(config.teams[candidate].applications), SMOKE_TAG)}
        all_tags = {**filled, **named, **tags, "team": candidate}
        for model in models:
            if config.is_covered(all_tags, base_model_id(model)):
                return Caller(model_id=model, tags=all_tags)
    raise Problem(
        "no budget covers a call of the smoke test, and what no budget covers is refused",
        where=f"configuration {config.version}: teams {', '.join(teams)}",
        fix="name a caller that a budget covers with --team, --tag and --model",
        exit_code=ExitCode.REFUSED,
    )


def prove_allowed(operator: Operator, caller: Caller) -> Proof:
    """One token of the cheapest model, called and settled for its real cost."""
    answer = _call(operator, caller, caller.tags)
    sentry = answer["sentry"]
    proven = "output" in answer and sentry["status"] == "SETTLED"
    text = (
        f"{sentry['decision']}, {sentry['modelUsed']} answered and cost ${sentry['costUsd']}"
        if proven
        else f"{sentry['decision']} {sentry['code']}: {sentry['message']}"
    )
    return Proof(name="allowed", proven=proven, text=text, sentry=sentry)


def prove_refused(operator: Operator, caller: Caller) -> Proof:
    """The same call under a budget of nothing: refused before a token is paid for."""
    tags = {**caller.tags, SMOKE_TAG: REFUSED}
    with _budget_of_nothing(operator):
        for _ in range(_TRIES_MAX):
            time.sleep(_SETTLING_SECONDS)
            answer = _call(operator, caller, tags)
            if "output" not in answer:
                break
    return _refusal(answer["sentry"], called="output" in answer)


def _refusal(sentry: Mapping[str, Any], *, called: bool) -> Proof:
    binding = [b["id"] for b in sentry.get("budgets", []) if b.get("binding")]
    proven = not called and sentry["code"] == "BUDGET_EXHAUSTED" and BUDGET.id in binding
    what = f"{sentry['decision']} {sentry['code']}"
    text = f"{what}, no token was paid for" if proven else f"{what}: {sentry['message']}"
    return Proof(name="refused", proven=proven, text=text, sentry=sentry)


def _call(operator: Operator, caller: Caller, tags: Mapping[str, str]) -> dict[str, Any]:
    return operator.caller(dict(tags)).converse(
        modelId=caller.model_id,
        messages=[{"role": "user", "content": [{"text": _PROMPT}]}],
        inferenceConfig={"maxTokens": 1},
        priority="low",
    )


@contextmanager
def _budget_of_nothing(operator: Operator) -> Iterator[None]:
    """``BUDGET`` in force, beside all others, for as long as the block runs."""
    config = operator.config()
    before = replace(config, budgets=tuple(b for b in config.budgets if b.id != BUDGET.id))
    during = with_version(replace(before, budgets=(*before.budgets, BUDGET)))
    operator.books.define(BUDGET, BUDGET.window_at(operator.clock.now()).id)
    _put(operator, during, replaces=config.version)
    try:
        yield
    finally:
        # Somebody may have applied a configuration meanwhile; theirs holds, without this budget.
        with suppress(LedgerContention):
            _put(operator, with_version(before), replaces=during.version)


def _put(operator: Operator, config: SentryConfig, *, replaces: str) -> None:
    operator.config_store.write(config.version, config_to_document(config), replaces)


def _cheapest_first(operator: Operator, config: SentryConfig) -> list[str]:
    prices = {model: operator.price_book.price(model) for model in config.models}
    priced = {
        model: quote_picodollars(price, **_ASKED_AS)  # type: ignore[arg-type]
        for model, price in prices.items()
        if price is not None
    }
    return sorted(priced, key=lambda model: (priced[model], model))
