"""Which of the models that may serve a request are asked now; advice, it never spends.

A model whose circuit is open is struck. So is one that is half open, but for the one call that
takes the probe. On a retry, models that have just refused come last, and after a short wait.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from cost_sentry.application.candidate_tries import CandidateTries, Ended, TooLong
from cost_sentry.application.candidates import Candidate, Offer
from cost_sentry.application.circuit_ports import Circuits
from cost_sentry.application.ports import Clock, Reserved, SameId
from cost_sentry.application.refusals import rejection, short_views
from cost_sentry.application.retry_after import seconds_until
from cost_sentry.domain.circuit import Circuit, CircuitRules, CircuitState, prober_of
from cost_sentry.domain.decision import Decision, ReasonCode, RungOutcome
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.retry import Again
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.service_tier import STANDARD, model_held, served_model

Result = Ended | TooLong | None
PROBED_SECONDS = 5
"""After which a call may ask again for a model that one call tries now; nobody knows when."""


@dataclass(slots=True, kw_only=True)
class CircuitCheck:
    """The circuits of one Region at one request, and what was struck so far."""

    request: InvocationRequest
    rules: CircuitRules | None
    """``None``: no circuit is looked at."""
    circuits: Circuits | None
    clock: Clock
    pause: Callable[[], None]
    asked: str
    """Id of the model that the request names, or that was chosen for it."""
    struck: dict[str, RungOutcome] = field(default_factory=dict)
    """By model, as its service tier serves it."""
    _waits: list[int] = field(default_factory=list)
    _took: tuple[str, Circuit] | None = None
    """Model, as it is served, and its circuit, if this invocation took the probe."""
    _has_asked: bool = False
    """Whether it asked to be that, with or without success."""

    @property
    def _again(self) -> Again | None:
        return self.request.again

    def run(self, tries: CandidateTries, offers: Iterable[Offer]) -> Result:
        """``tries.run`` with the models that are asked now.

        A probe that this very invocation took is given back if its call is not made, however that
        came about, unless the ledger is silent: then nobody could be told, and the probe lapses.
        """
        is_kept = False
        try:
            result = tries.run(self._asked(offers))
            is_kept = self._is_under_way(result)
        except LedgerUnavailable as error:
            is_kept = error.is_silent
            raise
        finally:
            if not is_kept:
                self._give_back()
        return result

    def _is_under_way(self, result: Result) -> bool:
        """Whether a call of this request id asks the probed model, whichever execution made it."""
        if not isinstance(result, Reserved | SameId) or self._took is None:
            return False
        has_ended = isinstance(result, SameId) and result.resolution is not None
        return not has_ended and model_held(result.reservation) == self._took[0]

    def _asked(self, offers: Iterable[Offer]) -> Iterator[Offer]:
        """The offers in order, those last that have just refused; lazily, as they are needed."""
        if self.rules is None and self._again is None:
            yield from offers
            return
        refused_by = self._again.refused_by if self._again else ()
        last = []
        for offer in offers:
            if isinstance(offer, Candidate) and _served(offer) in refused_by:
                last.append(offer)
            else:
                yield self._looked_at(offer)
        for number, offer in enumerate(last):
            if number == 0:
                self.pause()
            yield self._looked_at(offer)

    def _looked_at(self, offer: Offer) -> Offer:
        if self.rules is None or self.circuits is None or isinstance(offer, RungOutcome):
            return offer
        model = _served(offer)
        circuit = self.circuits.current().get(model)
        if circuit is None or self._may_probe(model, circuit):
            return offer
        return self._strike(offer, circuit, self.rules)

    def _may_probe(self, model: str, circuit: Circuit) -> bool:
        """Whether this call is the one that tries the model; it asks for one of them, and once."""
        now = self.clock.now()
        prober = prober_of(self.request.account, self.request.request_id)
        if circuit.probe == prober and circuit.state(now) is CircuitState.PROBED:
            # Another invocation took it, or another execution of this id: theirs to give back.
            self._has_asked = True
            return True
        if circuit.state(now) is not CircuitState.DUE or self._has_asked or self.circuits is None:
            return False
        self._has_asked = True
        probed = circuit.probed_by(prober, now)
        if not self.circuits.changed(model, circuit, probed):
            return False
        self._took = model, probed
        return True

    def _give_back(self) -> None:
        if self._took and self.circuits:
            model, circuit = self._took
            self.circuits.changed(model, circuit, circuit.given_back())
            self._took = None

    def _strike(self, candidate: Candidate, circuit: Circuit, rules: CircuitRules) -> RungOutcome:
        now = self.clock.now()
        wait = seconds_until(circuit.due_at, now) or 0
        self._waits.append(wait if now < circuit.due_at else PROBED_SECONDS)
        outcome = RungOutcome(
            model_id=candidate.model_id,
            outcome=in_words(circuit, rules, now, candidate.service_tier),
            quote_picodollars=candidate.quote_picodollars,
        )
        self.struck[_served(candidate)] = outcome
        return outcome

    def refuses(self, tries: CandidateTries) -> bool:
        """Whether circuits are why no model is left: else money is, or a policy."""
        return bool(self.struck) and (self.asked in self.struck or not tries.short)

    def refusal(self, tries: CandidateTries, config: SentryConfig) -> Decision:
        """Of a call for which no model is left; names the budget where that is why."""
        others = "; no other model of its ladder can take its place" if len(tries.rungs) > 1 else ""
        if tries.short:
            short = tries.first_short
            others += f": budget {short.why.hold.budget_id} cannot pay for {short.asked.model_used}"
        decision = rejection(self.request, ReasonCode.CIRCUIT_OPEN, f"{self._first()}{others}")
        return replace(
            decision,
            budgets=short_views(self.request, config, tries),
            rungs=tuple(tries.rungs),
            retry_after_seconds=min(self._waits),
            uncounted=tuple(tries.bounds.uncounted),
        )

    def why_rerouted(self) -> tuple[ReasonCode, str, str] | None:
        """The code, the sentence, and its end; ``None`` if the asked model was asked."""
        if self.asked in self.struck:
            return ReasonCode.REROUTED_BY_CIRCUIT, self._first(), "is called instead"
        if self._again and self.asked in self._again.refused_by:
            refused = f"Amazon Bedrock refused {self.asked} a moment ago ({self._again.error})"
            return ReasonCode.REROUTED_TO_RETRY, refused, "is tried instead"
        return None

    def _first(self) -> str:
        """Of the model that was asked for, or else of the one that was struck first."""
        first = next(iter(self.struck.values()))
        struck = self.struck.get(self.asked, first)
        return f"{struck.model_id} is {struck.outcome}"


def _served(candidate: Candidate) -> str:
    return served_model(candidate.model_id, candidate.service_tier)


def in_words(
    circuit: Circuit, rules: CircuitRules, now: datetime, service_tier: str = STANDARD
) -> str:
    """Why a model is not asked, since when, and until when."""
    tally, since = circuit.tally, circuit.opened_at.isoformat(timespec="seconds")
    failed = f"{tally.failures} of {tally.calls} calls within {rules.within_seconds} s failed"
    if now < circuit.due_at:
        until = f"it is tried again at {circuit.due_at.isoformat(timespec='seconds')}"
    else:
        until = "one call tries it now"
    tier = "" if service_tier == STANDARD else f" at service tier {service_tier}"
    return f"not asked{tier} since {since}, when {failed}; {until}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitAdvice:
    """What an environment knows of models, however many requests it decides."""

    circuits: Circuits | None = None
    """``None``: every circuit is closed."""
    pause: Callable[[], None] = lambda: None
    """A short wait before a model is asked again that has just refused."""

    def of(
        self, request: InvocationRequest, rules: CircuitRules | None, clock: Clock, asked: str
    ) -> CircuitCheck:
        """For one request; ``asked`` is the model that it names, or that was chosen for it."""
        return CircuitCheck(
            request=request,
            rules=rules,
            circuits=self.circuits,
            clock=clock,
            pause=self.pause,
            asked=asked,
        )
