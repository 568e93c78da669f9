"""What policies strike from the models that may serve a request; rules advise, they never spend."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from cost_sentry.application.candidates import Candidate
from cost_sentry.application.policy_facts import (
    LEFT_PERCENT,
    call_facts,
    caller_facts,
    model_facts,
    offer_facts,
)
from cost_sentry.application.policy_ports import PolicyEngine, PolicyEngines
from cost_sentry.application.ports import Clock
from cost_sentry.application.shadow_notes import NOTES_MAX
from cost_sentry.application.time_zones import time_zone_named
from cost_sentry.domain.decision import RungOutcome
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.policy import Policies, PolicyNote, Verdict

UNSPOKEN = "no policy permits it"
NAMED_MAX = 3
"""Policies that the outcome of one model names."""


def ask_what_is_left(policies: Policies, engines: PolicyEngines | None) -> bool:
    """Whether a policy may look at what is left of a budget, which must be read for it.

    ``ConfigurationError`` if the policies cannot be understood.
    """
    if not policies.rules:
        return False
    return _engine(policies, engines).looks_at(LEFT_PERCENT)


@dataclass(slots=True, kw_only=True)
class PolicyCheck:
    """The policies of one configuration at one request, and what they said so far."""

    request: InvocationRequest
    policies: Policies
    engines: PolicyEngines | None
    clock: Clock
    left_percent: int | None = None
    """Of the budget of the asked model that is used up most; ``None`` if nobody knows."""
    is_pinned: bool = True
    """The request names its model."""
    granted: Sequence[str] = ()
    """Price classes that approvals give it."""
    struck: list[RungOutcome] = field(default_factory=list)
    notes: list[PolicyNote] = field(default_factory=list)
    """Policies that forbade a model."""
    shadow: list[PolicyNote] = field(default_factory=list)
    """Policies in shadow mode that would have decided otherwise, by model."""

    def permitted(
        self, candidates: Iterable[Candidate | RungOutcome]
    ) -> Iterator[Candidate | RungOutcome]:
        """The same, with those struck that a policy forbids; asked one by one, as they are needed.

        ``ConfigurationError`` if the policies cannot be understood: then nothing is permitted.
        """
        if not self.policies.rules:
            yield from candidates
            return
        ask = None
        for rung, candidate in enumerate(candidates):
            if isinstance(candidate, RungOutcome):
                yield candidate
                continue
            ask = ask or self._asking()
            verdict = ask(candidate, rung)
            self.shadow += verdict.shadow
            yield candidate if verdict.is_permitted else self._strike(candidate, verdict)

    def _asking(self) -> Callable[[Candidate, int], Verdict]:
        """Asks about a candidate so far down the ladder; what is the same for all is in hand."""
        local = self.clock.now().astimezone(_zone(self.policies))
        verdict, caller = _engine(self.policies, self.engines).verdict, caller_facts(self.request)
        call = call_facts(
            self.request,
            local=local,
            left_percent=self.left_percent,
            is_pinned=self.is_pinned,
            granted=self.granted,
        )
        return lambda candidate, rung: verdict(
            caller, model_facts(candidate), call, offer_facts(candidate, rung)
        )

    def has_struck(self, model_id: str) -> bool:
        """Whether a policy keeps this model from the call."""
        return any(one.model_id == model_id for one in self.struck)

    def why(self) -> str:
        """Of the model that was struck first: by which policies, and what the first one says."""
        first, said = self.struck[0], f" ({self.notes[0].sentence})" if self.notes else ""
        if first.outcome == UNSPOKEN:
            return f"no policy permits {first.model_id}"
        return f"{first.model_id} is {first.outcome}{said}"

    def _strike(self, candidate: Candidate, verdict: Verdict) -> RungOutcome:
        if len(self.notes) < NOTES_MAX:
            self.notes = [*self.notes, *verdict.forbidden_by][:NOTES_MAX]
        struck = RungOutcome(
            model_id=candidate.model_id,
            outcome=why_forbidden(verdict),
            quote_picodollars=candidate.quote_picodollars,
        )
        self.struck.append(struck)
        return struck


def _engine(policies: Policies, engines: PolicyEngines | None) -> PolicyEngine:
    if engines is None:
        raise ConfigurationError("this sentry cannot read policies: deploy one that can")
    return engines(policies)


def _zone(policies: Policies) -> tzinfo:
    try:
        return time_zone_named(policies.time_zone)
    except ValueError as error:
        message = f"the policies' hours cannot be told: {error}; apply sentry.yaml again"
        raise ConfigurationError(message) from error


def why_forbidden(verdict: Verdict) -> str:
    """By which policies; their sentences stand in the answer's notes."""
    named = [note.policy_id for note in verdict.forbidden_by[:NAMED_MAX]]
    if not named:
        return UNSPOKEN
    more = len(verdict.forbidden_by) - len(named)
    return f"forbidden by policy {', '.join(named)}" + (f" and {more} more" if more else "")
