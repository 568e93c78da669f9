"""Policies in Cedar, evaluated by Cedar's own engine (``cedarpy``), in this process.

Source: Cedar policy language reference, "Authorization": a request is permitted if some permit is
satisfied and no forbid is. A policy that fails while it is evaluated counts for nothing there; here
nothing may be called then, because a forbid that failed would have forbidden. Where all policies
are in shadow mode everything is permitted, as where there are none.

Asking takes Cedar some hundred microseconds, three times as long with 500 policies as with two. So
it is asked once for each kind of call (``call_kinds``), and told what policies look at. It always
has all policies at hand: to put together those near a call takes longer than to pass others by.
"""

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any, NamedTuple

import cedarpy

from cost_sentry.adapters.call_kinds import (
    APPLICATION,
    NAMESPACE,
    Facts,
    LookedAt,
    NumberTraits,
    Pick,
    Traits,
    looked_at,
)
from cost_sentry.adapters.cedar_entities import context_of, entities_of, seen_of
from cost_sentry.adapters.fair_memory import FairMemory
from cost_sentry.adapters.policy_heads import Heads, caller_names, model_names, places
from cost_sentry.application.policy_ports import CallerFacts, ModelFacts, OfferFacts
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.policy import (
    Policies,
    Policy,
    PolicyMode,
    PolicyNote,
    Verdict,
)

NEAR_KNOWN_MAX = 10_000
"""Sets of policies that may speak of a call; 400 callers and 20 models have at most 8,000."""
LOOKS_KNOWN_MAX = 1_000
"""Of those the ones of which it is known what they look at; and models."""
VERDICTS_KNOWN_MAX = 40_000
"""On kinds of calls: five for each of 400 callers and 20 models, should no two callers be alike."""

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
        self._each_looks_at = [looked_at([rule]) for rule in self._rules.values()]
        self._of_callers = Heads(self._rules.values(), "principal")
        of_models = Heads(self._rules.values(), "resource")
        self._near_model = lru_cache(LOOKS_KNOWN_MAX)(lambda m: of_models.near(*model_names(m)))
        self._near = lru_cache(NEAR_KNOWN_MAX)(self._near_of)
        self._looks_at = lru_cache(LOOKS_KNOWN_MAX)(self._looked_at_by)
        self._same: Callable[[Verdict], Verdict] = lru_cache(LOOKS_KNOWN_MAX)(lambda one: one)
        seen = looked_at(self._rules.values())
        self._sees_everything, self._names = seen.everything, seen.names
        self._call_traits = Traits(seen, seen.names.difference(OFFER_NAMES))
        self._offer_traits = NumberTraits(seen, OFFER_NAMES)
        self._last: _Call | None = None
        self._known = FairMemory[Verdict](VERDICTS_KNOWN_MAX)

    @cached_property
    def _all(self) -> cedarpy.PolicySet:
        return _policy_set(self._rules)

    @cached_property
    def _enforced(self) -> cedarpy.PolicySet:
        rules = {id_: rule for id_, rule in self._rules.items() if id_ not in self._in_shadow}
        return _policy_set(rules)

    def verdict(
        self, caller: CallerFacts, model: ModelFacts, call: Facts, offer: OfferFacts
    ) -> Verdict:
        """See the port."""
        last = self._last
        if last is None or last.facts is not call or last.caller is not caller:
            last = self._last = self._call_of(caller, call)
        near = self._near(last.near & self._near_model(model))
        if near.looks_at_everything:
            return self._asked_about(near.policies, caller, model, call, offer)
        kind = (
            near,
            model,
            near.of_call(last.traits),
            near.of_offer(self._offer_traits.of(offer)),
        )
        known = self._known.get(kind)
        if known is None:
            known = self._same(self._asked_about(near.policies, caller, model, call, offer))
            self._known.keep(caller.team, kind, known)
        return known

    def looks_at(self, fact: str) -> bool:
        """See the port."""
        return self._sees_everything or fact in self._names

    def _asked_about(
        self, near: int, caller: CallerFacts, model: ModelFacts, call: Facts, offer: OfferFacts
    ) -> Verdict:
        question = self._question(near, caller, model, call, offer)
        said = _asked(self._all, question)
        shadow: tuple[PolicyNote, ...] = ()
        if said.error or said.reasons & self._in_shadow or not self._is_any_enforced:
            # Without any of them among its reasons the answer is that of the enforced ones.
            would_be = said
            said = self._said_by_enforced(question)
            shadow = self._of_shadows(would_be, said, model)
        if said.error:
            raise ConfigurationError(f"a policy cannot be evaluated: {said.error}")
        forbidden_by = () if said.is_permitted else self._notes(said.reasons, model)
        return Verdict(is_permitted=said.is_permitted, forbidden_by=forbidden_by, shadow=shadow)

    def _said_by_enforced(self, question: "_Question") -> "_Said":
        if not self._is_any_enforced:
            return _Said(is_permitted=True, reasons=set(), error=None)
        return _asked(self._enforced, question)

    def reasons(
        self, caller: CallerFacts, model: ModelFacts, call: Facts, offer: OfferFacts
    ) -> tuple[PolicyNote, ...]:
        """See the port."""
        near = self._call_of(caller, call).near & self._near_model(model)
        said = self._said_by_enforced(self._question(near, caller, model, call, offer))
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

    def _call_of(self, caller: CallerFacts, call: Facts) -> "_Call":
        return _Call(
            caller=caller,
            facts=call,
            near=self._of_callers.near(*caller_names(caller)),
            traits=self._call_traits.of({**call, **seen_of(caller)}),
        )

    def _near_of(self, near: int) -> "_Near":
        looks_at = self._looks_at(near)
        return _Near(
            policies=near,
            looks_at_everything=looks_at.everything,
            of_call=self._call_traits.seen_by(looks_at),
            of_offer=self._offer_traits.seen_by(looks_at),
        )

    def _looked_at_by(self, near: int) -> LookedAt:
        found = LookedAt()
        for place in places(near):
            found.add(self._each_looks_at[place])
        return found

    def _question(
        self, near: int, caller: CallerFacts, model: ModelFacts, call: Facts, offer: OfferFacts
    ) -> "_Question":
        facts = {**call, **dict(zip(OFFER_NAMES, offer, strict=True))}
        entities = json.dumps(entities_of(caller, model, self._region))
        return _Question(
            request={
                "principal": {"type": APPLICATION, "id": caller.account},
                "action": {"type": f"{NAMESPACE}::Action", "id": "invoke"},
                "resource": {"type": f"{NAMESPACE}::Model", "id": model.model_id},
                "context": context_of(self._looks_at(near).told(facts)),
            },
            entities=cedarpy.Entities.from_json_str(entities),
        )

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


class _Question(NamedTuple):
    """What Cedar is told of a call, beside the policies."""

    request: Mapping[str, Any]
    entities: cedarpy.Entities


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """What is the same for all models of one call."""

    caller: CallerFacts
    facts: Facts
    near: int
    """The policies that may speak of its caller, as ``policy_heads`` has sets."""
    traits: tuple[Hashable, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Near:
    """All that is the same for each call that these policies may speak of."""

    policies: int
    looks_at_everything: bool
    of_call: Pick
    of_offer: Pick
    """The traits that these policies look at."""


def _asked(policies: cedarpy.PolicySet, question: _Question) -> _Said:
    told = cedarpy.is_authorized(dict(question.request), policies, question.entities)
    errors = told.diagnostics.errors
    return _Said(told.allowed, set(told.diagnostics.reasons), errors[0] if errors else None)


def _policy_set(rules: Rules) -> cedarpy.PolicySet:
    told = {"staticPolicies": rules, "templates": {}, "templateLinks": []}
    return cedarpy.PolicySet.from_json_str(json.dumps(told))


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
