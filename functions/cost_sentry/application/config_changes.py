"""What applying a configuration would change. Pure: the same three inputs, the same list."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from cost_sentry.application.config_changes_anomalies import anomaly_parts, anomaly_rules
from cost_sentry.application.config_changes_endpoints import endpoint_groups, endpoint_parts
from cost_sentry.application.config_changes_routing import (
    breaker_parts,
    endpoint_told,
    flex_text,
    retry_parts,
    routing_parts,
    task_types,
    tier_text,
    virtual_models,
)
from cost_sentry.application.config_document_approvals import approval_parts
from cost_sentry.application.config_document_external import external_parts
from cost_sentry.domain.answer_cache import AnswerCaching
from cost_sentry.domain.budget import Budget, amount_in_words
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.sentry_config import SentryConfig, scope_text

_Parts = Mapping[str, str]
_Things = Mapping[str, _Parts]


class ChangeKind(StrEnum):
    """What happens to the thing."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    DRIFTED = "drifted"
    """The ledger's limit is not what the configuration in force says; it will be set right."""


class ChangedThing(StrEnum):
    """Which part of ``sentry.yaml`` it is in."""

    DEFAULTS = "defaults"
    ALERTS = "alerts"
    TEAM = "team"
    APPLICATION = "application"
    MODEL = "model"
    BUDGET = "budget"
    EMERGENCY_ALLOWANCE = "emergency allowance"
    POLICIES = "policies"
    POLICY = "policy"
    CIRCUIT_BREAKER = "circuit breaker"
    RETRIES = "retries"
    ROUTING = "routing"
    VIRTUAL_MODEL = "virtual model"
    TASK_TYPE = "task type"
    EXTERNAL_USAGE = "external usage"
    APPROVALS = "approvals"
    ANOMALIES = "anomalies"
    ANOMALY_RULE = "anomaly rule"
    ENDPOINTS = "endpoints"
    ENDPOINT_GROUP = "endpoint group"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigChange:
    """One difference, as an operator reads it. Amounts are decimal text with their unit."""

    kind: ChangeKind
    thing: ChangedThing
    id: str = ""
    """Of the team, model, budget, allowance or policy; empty for what there is one of."""
    field: str = ""
    """As ``sentry.yaml`` names it; empty when the whole thing was added or removed."""
    before: str | None = None
    after: str | None = None

    @property
    def text(self) -> str:
        """One line: ``changed budget search-daily: limit 1.00 usd → 2.00 usd``."""
        subject = " ".join(part for part in (self.thing.value, self.id) if part)
        shown = [part for part in (self.before, self.after) if part is not None]
        detail = " ".join(part for part in (self.field, " → ".join(shown)) if part)
        return (
            f"{self.kind.value} {subject}: {detail}" if detail else f"{self.kind.value} {subject}"
        )


def plan_config(
    current: SentryConfig | None, wanted: SentryConfig, limits: Mapping[str, int]
) -> tuple[ConfigChange, ...]:
    """Every change from ``current`` to ``wanted``, in the order of ``sentry.yaml``.

    Args:
        current: The configuration in force; ``None`` before the first.
        wanted: The one to put in force.
        limits: What the ledger holds, by budget id, in the ledger's unit.

    Raises:
        ConfigurationError: A budget of ``current`` would change its unit, window or time zone; what
            was spent is counted in the old ones, so the new budget needs a new id.
    """
    refuse_new_measure(current, wanted)
    return (
        *_fields(ChangedThing.DEFAULTS, "", _defaults(current), _defaults(wanted)),
        *_fields(ChangedThing.ALERTS, "", _alerts(current), _alerts(wanted)),
        *_things(ChangedThing.TEAM, _teams(current), _teams(wanted)),
        *_things(ChangedThing.APPLICATION, _applications(current), _applications(wanted)),
        *_things(ChangedThing.MODEL, _models(current), _models(wanted)),
        *_things(ChangedThing.BUDGET, _budgets(current), _budgets(wanted)),
        *_things(ChangedThing.EMERGENCY_ALLOWANCE, _allowances(current), _allowances(wanted)),
        *_fields(ChangedThing.POLICIES, "", _all_policies(current), _all_policies(wanted)),
        *_things(ChangedThing.POLICY, _policies(current), _policies(wanted)),
        *_all_or_none(ChangedThing.CIRCUIT_BREAKER, breaker_parts(current), breaker_parts(wanted)),
        *_all_or_none(ChangedThing.RETRIES, retry_parts(current), retry_parts(wanted)),
        *_all_or_none(ChangedThing.EXTERNAL_USAGE, _external(current), _external(wanted)),
        *_fields(ChangedThing.ROUTING, "", routing_parts(current), routing_parts(wanted)),
        *_things(ChangedThing.VIRTUAL_MODEL, virtual_models(current), virtual_models(wanted)),
        *_things(ChangedThing.TASK_TYPE, task_types(current), task_types(wanted)),
        *_all_or_none(ChangedThing.APPROVALS, approval_parts(current), approval_parts(wanted)),
        *_all_or_none(ChangedThing.ANOMALIES, anomaly_parts(current), anomaly_parts(wanted)),
        *_things(ChangedThing.ANOMALY_RULE, anomaly_rules(current), anomaly_rules(wanted)),
        *_all_or_none(ChangedThing.ENDPOINTS, endpoint_parts(current), endpoint_parts(wanted)),
        *_things(ChangedThing.ENDPOINT_GROUP, endpoint_groups(current), endpoint_groups(wanted)),
        *_drift(current, wanted, limits),
    )


def refuse_new_measure(current: SentryConfig | None, wanted: SentryConfig) -> None:
    """``ConfigurationError`` if a budget keeps its id but not its unit, window or time zone."""
    before = {budget.id: budget for budget in current.budgets} if current else {}
    for budget in wanted.budgets:
        old = before.get(budget.id, budget)
        if (old.unit, old.window_text) != (budget.unit, budget.window_text):
            raise ConfigurationError(
                f"budget {budget.id} counts {old.unit} per {old.window_text} and cannot become "
                f"{budget.unit} per {budget.window_text}: what it has spent is counted the old "
                f"way; give the new budget a new id, such as {budget.id}-2"
            )


def _drift(
    current: SentryConfig | None, wanted: SentryConfig, limits: Mapping[str, int]
) -> Iterator[ConfigChange]:
    before = {budget.id: budget for budget in current.budgets} if current else {}
    for budget in wanted.budgets:
        held, old = limits.get(budget.id), before.get(budget.id)
        wanted_limit = budget.in_ledger.limit
        known = {wanted_limit, old.in_ledger.limit} if old else {wanted_limit, None}
        if held not in known:
            yield ConfigChange(
                kind=ChangeKind.DRIFTED,
                thing=ChangedThing.BUDGET,
                id=budget.id,
                field="limit",
                before="none in the ledger" if held is None else _amount(budget, held),
                after=_amount(budget, wanted_limit),
            )


def _things(thing: ChangedThing, before: _Things, after: _Things) -> Iterator[ConfigChange]:
    for id_, parts in after.items():
        if id_ in before:
            yield from _fields(thing, id_, before[id_], parts)
        else:
            yield ConfigChange(kind=ChangeKind.ADDED, thing=thing, id=id_, after=_summary(parts))
    for id_ in before:
        if id_ not in after:
            yield ConfigChange(kind=ChangeKind.REMOVED, thing=thing, id=id_)


def _fields(thing: ChangedThing, id_: str, before: _Parts, after: _Parts) -> Iterator[ConfigChange]:
    for field, value in after.items():
        if before.get(field) != value:
            kind = ChangeKind.CHANGED if field in before else ChangeKind.ADDED
            yield ConfigChange(
                kind=kind, thing=thing, id=id_, field=field, before=before.get(field), after=value
            )


def _all_or_none(thing: ChangedThing, before: _Parts, after: _Parts) -> Iterator[ConfigChange]:
    """Of what there is one of, or none."""
    yield from _things(thing, {"": before} if before else {}, {"": after} if after else {})


def _summary(parts: _Parts) -> str:
    return ", ".join(f"{field} {value}" for field, value in parts.items())


def _defaults(config: SentryConfig | None) -> _Parts:
    if config is None:
        return {}
    return {
        "outputTokens": str(config.output_tokens_default),
        "outputTokensMax": str(config.output_tokens_max),
        "outputTokensMin": str(config.output_tokens_min),
        "requiredTags": _listed(config.required_tags),
        "knownTags": _listed(config.known_tags),
        "holdSeconds": str(config.hold_seconds),
    }


def _alerts(config: SentryConfig | None) -> _Parts:
    return {"addresses": _listed(config.alert_addresses)} if config else {}


def _teams(config: SentryConfig | None) -> _Things:
    teams = config.teams.values() if config else ()
    return {team.id: {"owners": _listed(team.owners)} for team in teams}


def _applications(config: SentryConfig | None) -> _Things:
    """As ``team/application``."""
    return {
        f"{team.id}/{one.id}": {
            "environment": one.environment or "none",
            "answerCache": _answer_cache(one.answer_cache),
        }
        for team in (config.teams.values() if config else ())
        for one in team.applications.values()
    }


def _answer_cache(caching: AnswerCaching | None) -> str:
    if caching is None:
        return "none"
    kept = "any temperature" if caching.any_temperature else "temperature 0"
    return f"{caching.ttl_seconds} s, {kept}"


def _models(config: SentryConfig | None) -> _Things:
    models = config.models.values() if config else ()
    return {
        model.id: {
            "ladder": _listed(model.ladder),
            "tier": tier_text(model.tier),
            "flex": flex_text(model.flex),
            **endpoint_told(model.endpoint),
        }
        for model in models
    }


def _budgets(config: SentryConfig | None) -> _Things:
    return {budget.id: _budget(budget) for budget in config.budgets} if config else {}


def _budget(budget: Budget) -> _Parts:
    return {
        "limit": _amount(budget, budget.limit),
        "window": budget.window_text,
        "scope": scope_text(dict(sorted(budget.scope.items()))),
        "owners": _listed(budget.owners),
        "thresholds": _listed(str(percent) for percent in budget.thresholds_percent),
        "stages": _listed(f"{name} {percent}" for name, percent in budget.stages.given.items()),
        "mode": budget.mode.value,
    }


def _allowances(config: SentryConfig | None) -> _Things:
    return {
        allowance.id: {
            "callsPerDay": str(allowance.calls_per_day),
            "model": allowance.model_id,
            "scope": scope_text(dict(sorted(allowance.scope.items()))),
            "inputTokensMax": str(allowance.input_tokens_max),
            "outputTokensMax": str(allowance.output_tokens_max),
        }
        for allowance in (config.emergency_allowances if config else ())
    }


def _all_policies(config: SentryConfig | None) -> _Parts:
    is_used = config is not None and config.policies.rules
    return {"timeZone": config.policies.time_zone} if config and is_used else {}


def _policies(config: SentryConfig | None) -> _Things:
    """The text is told as a digest, which changes with any letter of it."""
    return {
        rule.id: {
            "mode": rule.mode.value,
            "sentence": rule.sentence,
            "text": sha256(rule.text.encode()).hexdigest()[:12],
        }
        for rule in (config.policies.rules if config else ())
    }


def _external(config: SentryConfig | None) -> _Parts:
    return external_parts(config.external_usage) if config else {}


def _amount(budget: Budget, amount: int) -> str:
    return amount_in_words(budget.unit, amount)


def _listed(items: Iterable[str]) -> str:
    return ", ".join(items) or "none"
