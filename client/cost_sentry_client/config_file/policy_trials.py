"""What Cedar itself says of a configuration's callers and models, asked when a file is checked."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import cached_property
from itertools import product
from typing import NamedTuple

from cost_sentry.adapters.call_kinds import LookedAt, looked_at
from cost_sentry.adapters.cedar_policies import CedarPolicies
from cost_sentry.adapters.policy_heads import (
    may_speak_of,
    may_speak_of_caller,
    may_speak_of_model,
)
from cost_sentry.application.policy_facts import model_facts_at
from cost_sentry.application.policy_ports import CallerFacts, ModelFacts
from cost_sentry.application.ports import PriceBook
from cost_sentry.domain.caller import Caller
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.policy import REGIONAL, Policies, Policy, PolicyMode, PolicyNote, Verdict
from cost_sentry.domain.routing_rules import TASK_TYPE_TAG
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry_client.config_file.policy_callers import CallerKind, Claim, kinds_of_callers
from cost_sentry_client.config_file.policy_checks import WrittenPolicy
from cost_sentry_client.config_file.policy_kinds import Call, KindsOfCalls, Tags, kinds_of_calls
from cost_sentry_client.config_file.policy_words import patterns_of, words_of

WORK_MAX = 60_000
"""In tens of microseconds or so: a check takes a second or two more, and not minutes."""
_QUESTION = 10
"""Of that one question to Cedar takes so much, and four policies that are sorted out for it 1."""


_NO_POLICY = PolicyNote(policy_id="", sentence="", model_id="")
_UNEVALUATED = Verdict(is_permitted=False, forbidden_by=(_NO_POLICY,))
"""Of a call for which some policy cannot be evaluated."""


class Outcome(StrEnum):
    """Whether a model may be called."""

    PERMITTED = "permitted"
    REFUSED = "refused"
    """By every call that there is."""
    UNSEEN = "unseen"
    """None of the calls that were tried was permitted; there are others."""
    UNASKED = "unasked"
    """There was no time to ask."""


class Answer(NamedTuple):
    """Of one question, or of many."""

    outcome: Outcome
    forbidden_by: tuple[str, ...] = ()
    """Policies that forbade some of the calls, those of the ordinary one first; empty also where
    none permits it."""


class Wanted(NamedTuple):
    """A model that is asked for."""

    model_id: str
    pinned: tuple[bool, ...] = (True, False)
    """Whether the request may name it, or leave the choice to the router."""
    task_type: str | None = None
    """That the request has."""


class Pair(NamedTuple):
    """A caller, as a request presents it, and a model."""

    claim: Claim
    model: ModelFacts


class _Near(NamedTuple):
    """The policies that may speak of a caller and a model, and what of a call they look at."""

    policies: tuple[WrittenPolicy, ...]
    looked: LookedAt


class Trials:
    """Asks the policies that are enforced, as long as there is ``WORK_MAX``.

    Args:
        config: with its callers and models; each of these has a price.
        book: the prices.
        written: its policies, each in order by itself.
    """

    def __init__(
        self, config: SentryConfig, book: PriceBook, written: Sequence[WrittenPolicy]
    ) -> None:
        self.config, self._book = config, book
        self.enforced = [one for one in written if one.mode is PolicyMode.ENFORCE]
        self._engine = self.engine_of(self.enforced)
        self._left = WORK_MAX
        self._live: set[str] = set()
        """Permits by which something is permitted."""
        self.forbade: dict[str, None] = {}
        """Policies that forbade what the permit that was asked about last permits alone."""
        self._known: dict[tuple[Caller, Wanted], Answer] = {}
        self._near_of: dict[tuple[CallerFacts, ModelFacts], _Near] = {}
        self._looked: dict[tuple[str, ...], LookedAt] = {}

    def engine_of(self, policies: Sequence[WrittenPolicy]) -> CedarPolicies:
        """Some policies as if they were all, and enforced."""
        rules = (Policy(id=one.id, text=one.text, sentence=one.sentence) for one in policies)
        return CedarPolicies(Policies(rules=tuple(rules)))

    def spend_question(self) -> None:
        """Cedar is asked once more."""
        self._left -= _QUESTION

    @property
    def is_cut_short(self) -> bool:
        """Not all was asked."""
        return self._left <= 0

    @cached_property
    def callers(self) -> tuple[CallerKind, ...]:
        """Those of which policies may say different things."""
        return kinds_of_callers(self.config, [one.rule for one in self.enforced])

    def answer(self, kind: CallerKind, wanted: Wanted) -> Answer:
        """Whether such a caller may call this model at all."""
        key = kind.callers[0], wanted
        if key not in self._known:
            pairs = self._pairs(kind, wanted.model_id)
            self._known[key] = best(self._of_pair(pair, wanted) for pair in pairs)
        return self._known[key]

    def is_dead(self, permit: WrittenPolicy) -> bool:
        """Whether nothing that a permit speaks of is permitted; ``False`` if nobody can tell."""
        if permit.id in self._live:
            return False
        alone, found, self.forbade = self.engine_of([permit]), set(), {}
        for pair in self.spoken_of(permit):
            found.add(self._decides(alone, pair))
            if self.is_cut_short or Outcome.PERMITTED in found:
                return False
        return Outcome.UNASKED in found or Outcome.UNSEEN not in found

    def spoken_of(self, policy: WrittenPolicy) -> Iterator[Pair]:
        """The callers and models that a policy may be about."""
        claims = [claim for kind in self.callers for claim in kind.claims]
        self._left -= len(claims)
        claims = [one for one in claims if may_speak_of_caller(policy.rule, one.facts)]
        models = [model for id_ in self.config.models for model in self._models(id_)]
        models = [one for one in models if may_speak_of_model(policy.rule, one)]
        return (Pair(claim, model) for claim, model in product(claims, models))

    def _decides(self, alone: CedarPolicies, pair: Pair) -> Outcome:
        """Whether something is permitted that one permit permits alone; unasked: only alone."""
        wanted = Wanted(pair.model.model_id)
        answer = self._of_pair(pair, wanted)
        if answer.outcome is Outcome.REFUSED:
            self.forbade |= dict.fromkeys(answer.forbidden_by)
            return Outcome.REFUSED
        kinds, is_met = self._kinds(pair, wanted), False
        for call in kinds.calls:
            if self.is_cut_short:
                break
            if self._asked(alone, pair, call).is_permitted:
                is_met = True
                verdict = self._asked(self._engine, pair, call)
                if verdict.is_permitted:
                    return Outcome.PERMITTED
                self.forbade |= dict.fromkeys(note.policy_id for note in verdict.forbidden_by)
        if is_met:
            return Outcome.UNASKED
        return Outcome.REFUSED if kinds.are_all else Outcome.UNSEEN

    def _of_pair(self, pair: Pair, wanted: Wanted) -> Answer:
        if self.is_cut_short:
            return Answer(Outcome.UNASKED)
        kinds, by = self._kinds(pair, wanted), dict[str, None]()
        is_first = True
        for call in kinds.calls:
            if self.is_cut_short:
                return Answer(Outcome.UNASKED)
            verdict = self._asked(self._engine, pair, call)
            if verdict.is_permitted:
                self._note_live(pair, call)
                return Answer(Outcome.PERMITTED)
            by |= dict.fromkeys(note.policy_id for note in verdict.forbidden_by)
            if is_first and self._is_whatever_the_call(pair, tuple(by)):
                break
            is_first = False
        else:
            return Answer(Outcome.REFUSED if kinds.are_all else Outcome.UNSEEN, tuple(by))
        return Answer(Outcome.REFUSED, tuple(by))

    def _note_live(self, pair: Pair, call: Call) -> None:
        self._left -= _QUESTION
        told = self._engine.reasons(pair.claim.facts, pair.model, *call)
        self._live.update(note.policy_id for note in told)

    def _is_whatever_the_call(self, pair: Pair, forbidden_by: tuple[str, ...]) -> bool:
        """Whether what refuses one call of a caller to a model looks at nothing of the call."""
        near = self._near(pair).policies
        if forbidden_by:
            return any(_is_blind([one]) for one in near if one.id in forbidden_by)
        return _is_blind([one for one in near if one.rule["effect"] == "permit"])

    def _kinds(self, pair: Pair, wanted: Wanted) -> KindsOfCalls:
        typed: Tags = {} if wanted.task_type is None else {TASK_TYPE_TAG: wanted.task_type}
        tags = {**pair.claim.tags, **typed}
        return kinds_of_calls(self._near(pair).looked, tags, wanted.pinned, self.config)

    def _near(self, pair: Pair) -> _Near:
        key = pair.claim.facts, pair.model
        if key not in self._near_of:
            near = tuple(one for one in self.enforced if may_speak_of(one.rule, *key))
            self._left -= len(self.enforced) // 4
            ids = tuple(one.id for one in near)
            if ids not in self._looked:
                self._looked[ids] = looked_at(one.rule for one in near)
                self._left -= len(near)
            self._near_of[key] = _Near(near, self._looked[ids])
        return self._near_of[key]

    def _pairs(self, kind: CallerKind, model_id: str) -> Iterator[Pair]:
        models = list(self._models(model_id))
        return (Pair(claim, model) for claim in kind.claims for model in models)

    def _models(self, model_id: str) -> Iterator[ModelFacts]:
        """As it may be called: in which Region a model without a profile is, a deployment says."""
        price = self._book.price(model_id)
        if price is None:
            return
        tier = self.config.models[model_id].tier
        facts = model_facts_at(model_id, price.rates.output, tier)
        yield facts
        if facts.geography == REGIONAL and facts.region is None:
            yield from (facts._replace(region=region) for region in self._regions)

    @cached_property
    def _regions(self) -> list[str]:
        """That policies speak of; of a pattern such as ``us-*`` one that is like it."""
        asked = "resource", "region"
        rules = [one.rule for one in self.enforced]
        return sorted(
            {name for rule in rules for name in words_of(rule, *asked) | patterns_of(rule, *asked)}
        )

    def _asked(self, engine: CedarPolicies, pair: Pair, call: Call) -> Verdict:
        self._left -= _QUESTION
        try:
            return engine.verdict(pair.claim.facts, pair.model, *call)
        except ConfigurationError:  # As where calls are decided: nothing is permitted then.
            return _UNEVALUATED


def best(answers: Iterator[Answer]) -> Answer:
    """Of several: one that permits, else the one that says least for certain."""
    order = (Outcome.UNASKED, Outcome.UNSEEN, Outcome.REFUSED)
    worst, by = Outcome.REFUSED, dict[str, None]()
    for answer in answers:
        if answer.outcome is Outcome.PERMITTED:
            return answer
        by |= dict.fromkeys(answer.forbidden_by)
        worst = min(worst, answer.outcome, key=order.index)
    return Answer(worst, tuple(by))


def _is_blind(policies: Sequence[WrittenPolicy]) -> bool:
    """Whether they look at nothing of a call but who calls and which model."""
    looked = looked_at(one.rule for one in policies)
    return not looked.everything and not looked.names
