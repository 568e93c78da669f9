"""What the configuration wants done about anomalies, by scope and severity."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.budget import MODEL_TAG

COOL_DOWN_MINUTES = 60
"""How long an incident lasts after its last sign, where nobody chose otherwise."""
SCOPES_PER_HOUR_MAX = 5
"""Scopes that may be acted on within an hour of the clock, where nobody chose otherwise."""
_ORDER = {Severity.WARNING: 0, Severity.CRITICAL: 1}


class Action(StrEnum):
    """What is done, from the mildest to the strictest."""

    TELL = "tell"
    TIGHTEN = "tighten"
    FREEZE = "freeze"


_STRICTNESS = {Action.TELL: 0, Action.TIGHTEN: 1, Action.FREEZE: 2}


def stricter(one: Action, other: Action) -> Action:
    """Of two."""
    return max(one, other, key=_STRICTNESS.__getitem__)


def worse(one: Severity, other: Severity) -> bool:
    """Whether the first is."""
    return _ORDER[one] > _ORDER[other]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyRule:
    """Of the anomalies of some scope, from some severity on."""

    scope: Mapping[str, str]
    """Tags that the anomaly's scope must have; empty: any anomaly."""
    severity: Severity = Severity.WARNING
    action: Action = Action.TELL
    percent: int | None = None
    """To tighten: of what is usual in a minute, so much is left."""
    floor: int | None = None
    """To tighten: and never less than so many picodollars a minute, nor less known than this."""
    cool_down_minutes: int = COOL_DOWN_MINUTES
    tell: tuple[str, ...] = ()
    """E-mail addresses beside the owners'."""

    def applies(self, scope: Mapping[str, str], severity: Severity) -> bool:
        """Whether an anomaly of this scope and severity is one of its."""
        return self.scope.items() <= scope.items() and not worse(self.severity, severity)

    def picodollars_per_minute(self, usual: int | None) -> int:
        """What is left of a scope that is tightened; of an unknown usual the floor."""
        floor = self.floor or 0
        return floor if usual is None else max(floor, usual * (self.percent or 0) // 100)


TELL_ONLY = AnomalyRule(scope={})
"""Where no rule applies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyRules:
    """All of them; the first that applies to a scope decides about it."""

    rules: tuple[AnomalyRule, ...] = ()
    scopes_per_hour_max: int = SCOPES_PER_HOUR_MAX
    """Of more than these the owners are told only."""

    def rule_for(self, scope: Mapping[str, str], severity: Severity) -> AnomalyRule:
        """What decides about this anomaly."""
        return next((one for one in self.rules if one.applies(scope, severity)), TELL_ONLY)

    def rule_for_cause(
        self, cause: Mapping[str, str], models: Iterable[str], severity: Severity
    ) -> AnomalyRule:
        """What decides about a cause that is seen in these models too, without geography.

        Its own rule, and for each model the first that names it: the strictest counts, and of
        equally strict ones the cause's own. Whatever is done concerns the cause alone, and only its
        calls of the model where nothing but that model's rule wants anything done: ``scope`` of the
        answer says so.
        """
        found = [self.rule_for(cause, severity)]
        for model in models:
            facts = {MODEL_TAG: model, **cause}
            named = (one for one in self.rules if MODEL_TAG in one.scope)
            found += [one for one in named if one.applies(facts, severity)][:1]
        strictest = max(found, key=lambda one: _STRICTNESS[one.action])
        acting = [{**cause, **one.scope}.items() for one in found if one.action is not Action.TELL]
        if acting:
            scope = dict(item for item in acting[0] if all(item in one for one in acting))
            strictest = replace(strictest, scope=scope)
        told = (address for one in found for address in one.tell)
        return replace(strictest, tell=tuple(dict.fromkeys(told)))


NO_ANOMALY_RULES = AnomalyRules()
