"""Policies in Cedar, evaluated by Cedar's own engine (``cedarpy``), in this process.

Source: Cedar policy language reference, "Authorization": a request is permitted if some permit is
satisfied and no forbid is. A policy that fails while it is evaluated counts for nothing there; here
nothing may be called then, because a forbid that failed would have forbidden. Where all policies
are in shadow mode everything is permitted, as where there are none.

Asking takes Cedar 40 to 100 microseconds, most of them to read the call. So it is asked once for
each kind of call (``call_kinds``), and told what policies look at.
"""

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

import cedarpy

from cost_sentry.adapters.call_kinds import (
    Facts,
    LookedAt,
    NumberTraits,
    Pick,
    Traits,
    looked_at,
)
from cost_sentry.adapters.cedar_entities import NAMESPACE, context_of, entities_of
from cost_sentry.application.policy_ports import CallerFacts, ModelFacts, OfferFacts
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.policy import (
    Policies,
    Policy,
    PolicyMode,
    PolicyNote,
    Verdict,
)

PAIRS_KNOWN_MAX = 1_000
"""Callers and models for which the policies that may speak of them are known; and such sets."""
VERDICTS_KNOWN_MAX = 10_000
"""On kinds of calls; some three megabytes."""

OFFER_NAMES = ("outputTokens", "inputTokensMax", "rung")
"""Of an ``OfferFacts`` in the published schema."""

UNPERMITTED = "In force with the others it would refuse this: none of them permits it."

Rules = Mapping[str, Mapping[str, Any]]
"""Policies in Cedar's JSON form, by id."""


class CedarPolicies:
    """``application.policy_ports.PolicyEngine``.

    Args:
        policies: all of a configuration.
        region: where models without a profile are called; ``None``: nobody knows.
    """

    def __init__(self, policies: Policies, region: str | None = None) -> None:
        self._region = region
        self._by_id = {policy.id: policy for policy in policies.rules}
        self._rules = parsed(policies.rules)
        self._in_shadow = {
            policy.id for policy in policies.rules if policy.mode is PolicyMode.SHADOW
        }
        self._is_any_enforced = len(self._in_shadow) < len(self._rules)
        self._slice = lru_cache(PAIRS_KNOWN_MAX)(self._slice_of)
        self._looked_at = lru_cache(PAIRS_KNOWN_MAX)(self._looked_at_by)
        self._policy_set = lru_cache(PAIRS_KNOWN_MAX)(self._policy_set_of)
        seen = looked_at(self._rules.values())
        self._sees_everything, self._names = seen.everything, seen.names
        self._call_traits = Traits(seen, seen.names.difference(OFFER_NAMES))
        self._offer_traits = NumberTraits(seen, OFFER_NAMES)
        self._last_call: tuple[Facts, tuple[Hashable, ...]] = ({}, ())
        self._slices_made = 0
        self._known: dict[Hashable, Verdict] = {}

    def verdict(
        self, caller: CallerFacts, model: ModelFacts, call: Facts, offer: OfferFacts
    ) -> Verdict:
        """See the port."""
        found = self._slice(caller, model)
        if found.looks_at.everything:
            return self._asked_about(found, model, call, offer)
        if self._last_call[0] is not call:
            self._last_call = call, self._call_traits.of(call)
        kind = (
            found.number,
            found.of_call(self._last_call[1]),
            found.of_offer(self._offer_traits.of(offer)),
        )
        known = self._known.get(kind)
        if known is None:
            known = self._asked_about(found, model, call, offer)
            if len(self._known) >= VERDICTS_KNOWN_MAX:
                self._known.clear()
            self._known[kind] = known
        return known

    def looks_at(self, fact: str) -> bool:
        """See the port."""
        return self._sees_everything or fact in self._names

    def _asked_about(
        self, found: "_Slice", model: ModelFacts, call: Facts, offer: OfferFacts
    ) -> Verdict:
        facts = {**call, **dict(zip(OFFER_NAMES, offer, strict=True))}
        request = {**found.request, "context": context_of(found.looks_at.told(facts))}
        said = _asked(request, self._policy_set(found.near), found.entities)
        shadow: tuple[PolicyNote, ...] = ()
        if said.error or said.reasons & self._in_shadow or not self._is_any_enforced:
            # Without any of them among its reasons the answer is that of the enforced ones.
            would_be = said
            said = self._said_by_enforced(found, request)
            shadow = self._of_shadows(would_be, said, model)
        if said.error:
            raise ConfigurationError(f"a policy cannot be evaluated: {said.error}")
        forbidden_by = () if said.is_permitted else self._notes(said.reasons, model)
        return Verdict(is_permitted=said.is_permitted, forbidden_by=forbidden_by, shadow=shadow)

    def _said_by_enforced(self, found: "_Slice", request: Mapping[str, Any]) -> "_Said":
        if not self._is_any_enforced:
            return _Said(is_permitted=True, reasons=set(), error=None)
        enforced = tuple(id_ for id_ in found.near if id_ not in self._in_shadow)
        return _asked(request, self._policy_set(enforced), found.entities)

    def reasons(
        self, caller: CallerFacts, model: ModelFacts, call: Facts, offer: OfferFacts
    ) -> tuple[PolicyNote, ...]:
        """See the port."""
        found = self._slice(caller, model)
        facts = {**call, **dict(zip(OFFER_NAMES, offer, strict=True))}
        request = {**found.request, "context": context_of(found.looks_at.told(facts))}
        said = self._said_by_enforced(found, request)
        if said.error:
            raise ConfigurationError(f"a policy cannot be evaluated: {said.error}")
        return self._notes(said.reasons, model)

    def _of_shadows(
        self, would_be: "_Said", said: "_Said", model: ModelFacts
    ) -> tuple[PolicyNote, ...]:
        """What policies in shadow mode would have changed; one that fails would refuse the call."""
        if would_be.error:
            failed = [self._by_id[id_] for id_ in self._in_shadow if f"`{id_}`" in would_be.error]
            sentence = f"It would refuse every such call: {would_be.error}."
            return tuple(
                PolicyNote(policy_id=one.id, sentence=sentence, model_id=model.model_id)
                for one in failed
            )
        if would_be.is_permitted == said.is_permitted:
            return ()
        turned = self._notes(would_be.reasons & self._in_shadow, model)
        return turned or self._unpermitted(model)

    def _unpermitted(self, model: ModelFacts) -> tuple[PolicyNote, ...]:
        """Of a set that is in shadow mode as a whole: told by its first permit, if it has any."""
        permits = (id_ for id_, rule in self._rules.items() if rule["effect"] == "permit")
        return tuple(
            PolicyNote(policy_id=id_, sentence=UNPERMITTED, model_id=model.model_id)
            for id_ in islice(permits, 1)
        )

    def _slice_of(self, caller: CallerFacts, model: ModelFacts) -> "_Slice":
        """The policies that may speak of them, by their scopes; most speak of somebody else."""
        near = tuple(id_ for id_, rule in self._rules.items() if may_speak_of(rule, caller, model))
        looks_at = self._looked_at(near)
        self._slices_made += 1
        return _Slice(
            number=self._slices_made,
            near=near,
            looks_at=looks_at,
            of_call=self._call_traits.seen_by(looks_at),
            of_offer=self._offer_traits.seen_by(looks_at),
            request={
                "principal": {"type": f"{NAMESPACE}::Application", "id": caller.account},
                "action": {"type": f"{NAMESPACE}::Action", "id": "invoke"},
                "resource": {"type": f"{NAMESPACE}::Model", "id": model.model_id},
            },
            entities=cedarpy.Entities.from_json_str(
                json.dumps(entities_of(caller, model, self._region))
            ),
        )

    def _looked_at_by(self, ids: tuple[str, ...]) -> LookedAt:
        return looked_at(self._rules[id_] for id_ in ids)

    def _policy_set_of(self, ids: tuple[str, ...]) -> cedarpy.PolicySet:
        rules = {id_: self._rules[id_] for id_ in ids}
        told = {"staticPolicies": rules, "templates": {}, "templateLinks": []}
        return cedarpy.PolicySet.from_json_str(json.dumps(told))

    def _notes(self, ids: set[str], model: ModelFacts) -> tuple[PolicyNote, ...]:
        named = (self._by_id[id_] for id_ in self._rules if id_ in ids)
        return tuple(
            PolicyNote(policy_id=policy.id, sentence=policy.sentence, model_id=model.model_id)
            for policy in named
        )


class _Said(NamedTuple):
    """Cedar's answer about some policies."""

    is_permitted: bool
    reasons: set[str]
    """Ids of the policies that decided."""
    error: str | None
    """Of a policy that cannot be evaluated, named in it between backquotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slice:
    """All that is the same for each call of one caller to one model."""

    number: int
    near: tuple[str, ...]
    """Ids of the policies that may speak of them, in shadow mode or not."""
    looks_at: LookedAt
    of_call: Pick
    of_offer: Pick
    """The traits that these policies look at."""
    request: Mapping[str, Any]
    entities: cedarpy.Entities


def parsed(policies: Sequence[Policy]) -> Rules:
    """Their JSON form, in order; ``ConfigurationError`` if one is no Cedar."""
    rules = {}
    for policy in policies:
        try:
            told = json.loads(cedarpy.policies_to_json_str(policy.text))
            (rules[policy.id],) = told["staticPolicies"].values()
        except ValueError as error:
            raise ConfigurationError(f"policy {policy.id!r} cannot be read: {error}") from error
    return rules


def _asked(
    request: Mapping[str, Any], policies: cedarpy.PolicySet, entities: cedarpy.Entities
) -> _Said:
    told = cedarpy.is_authorized(dict(request), policies, entities)
    errors = told.diagnostics.errors
    return _Said(told.allowed, set(told.diagnostics.reasons), errors[0] if errors else None)


def may_speak_of(rule: Mapping[str, Any], caller: CallerFacts, model: ModelFacts) -> bool:
    """By the head of a policy alone, in Cedar's JSON form."""
    return may_speak_of_caller(rule, caller) and may_speak_of_model(rule, model)


def may_speak_of_caller(rule: Mapping[str, Any], caller: CallerFacts) -> bool:
    """Whether the principal of the head may be this one."""
    return _may_match(rule["principal"], _caller_names(caller))


def may_speak_of_model(rule: Mapping[str, Any], model: ModelFacts) -> bool:
    """Whether the resource of the head may be this one."""
    return _may_match(rule["resource"], _model_names(model))


def _caller_names(caller: CallerFacts) -> set[tuple[str, str]]:
    return {("Application", caller.account), ("Team", caller.team)}


def _model_names(model: ModelFacts) -> set[tuple[str, str]]:
    return {("Model", model.model_id), ("Provider", model.provider)}


def _may_match(scope: Mapping[str, Any], names: set[tuple[str, str]]) -> bool:
    """What stands in ``when`` is Cedar's business.

    ``==`` and ``in`` name one entity, ``in`` several too; ``is`` a type, with or without ``in``.
    """
    inner = scope.get("in", scope) if scope["op"] == "is" else scope
    named = inner.get("entities") or ([inner["entity"]] if "entity" in inner else [])
    if not named:
        return True
    return any((one["type"].removeprefix(f"{NAMESPACE}::"), one["id"]) in names for one in named)
