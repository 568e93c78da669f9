"""Which models of a request are endpoints that sleep, and what becomes of the call meanwhile.

An endpoint that sleeps is struck like a model whose circuit is open, and its ladder serves the
call; or the call waits, while nothing is held for it. Either way somebody wants the endpoint now.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cost_sentry.application.candidate_tries import CandidateTries
from cost_sentry.application.candidates import Candidate, Offer
from cost_sentry.application.refusals import rejection, short_views
from cost_sentry.application.retry_after import retry_after_seconds
from cost_sentry.application.sleep_check_ports import Sleepers
from cost_sentry.domain.decision import Decision, ReasonCode, RungOutcome
from cost_sentry.domain.endpoint_asleep import Asleep
from cost_sentry.domain.endpoint_model import EndpointModel, WhileAsleep
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.sentry_config import SentryConfig

LOOK_AGAIN_SECONDS = 15
"""Between two admissions of a call that waits. A wake takes minutes."""


@dataclass(slots=True, kw_only=True)
class SleepCheck:
    """The endpoints of one request, and those that were found asleep so far."""

    request: InvocationRequest
    config: SentryConfig
    sleepers: Sleepers
    now: datetime
    asked: str
    """Id of the model that the request names, or that was chosen for it."""
    struck: dict[str, Asleep] = field(default_factory=dict)
    """By model."""

    def awake(self, offers: Iterable[Offer]) -> Iterator[Offer]:
        """The same, with those struck that sleep; none after one that the call waits for."""
        for offer in offers:
            asleep = self._asleep(offer) if isinstance(offer, Candidate) else None
            if asleep is None or not isinstance(offer, Candidate):
                yield offer
                continue
            self.struck[offer.model_id] = asleep
            yield RungOutcome(
                model_id=offer.model_id,
                outcome=asleep.in_words(),
                quote_picodollars=offer.quote_picodollars,
            )
            if self._waits_first and offer.model_id == self.asked:
                return

    def _asleep(self, offer: Candidate) -> Asleep | None:
        endpoint = self._endpoint(offer.model_id)
        return self.sleepers.asleep(endpoint.name) if endpoint else None

    def _endpoint(self, model_id: str) -> EndpointModel | None:
        listed = self.config.endpoint_models.get(model_id)
        return listed.endpoint if listed else None

    @property
    def _waits_first(self) -> bool:
        endpoint = self._endpoint(self.asked)
        is_patient = endpoint is not None and endpoint.asleep is WhileAsleep.WAIT
        return is_patient and self._wait_seconds() is not None

    def _wait_seconds(self) -> int | None:
        """Until it is looked at again; ``None``: the call waits no more, or never did.

        A later attempt of a call does not: its execution has no time for that any more.
        """
        endpoint, asleep = self._endpoint(self.asked), self.struck.get(self.asked)
        began = self.request.began_at
        if endpoint is None or asleep is None or began is None or self.request.again:
            return None
        until = began + timedelta(seconds=endpoint.wait_seconds_max)
        left = int((until - self.now).total_seconds())
        return min(LOOK_AGAIN_SECONDS, left) if left > 0 and asleep.comes_by(until) else None

    def wanted(self) -> str | None:
        """The endpoint whose wake this call asks for; ``None``: none, or others have asked."""
        for asleep in self.struck.values():
            if not asleep.is_wanted and self.sleepers.asks_for(asleep.endpoint):
                return asleep.endpoint
        return None

    def why_rerouted(self, named: str) -> str | None:
        """Why the model that was asked for was not called; ``None``: not for its sleep."""
        asleep = self.struck.get(named)
        return asleep.in_words() if asleep else None

    def refuses(self, tries: CandidateTries) -> bool:
        """Whether sleep is why no model is left: else money is, or another rule."""
        return bool(self.struck) and (self.asked in self.struck or not tries.short)

    def refusal(self, tries: CandidateTries) -> Decision:
        """Of a call for which no model is left; or it is told to wait, and asked for again then."""
        asleep = self.struck.get(self.asked) or next(iter(self.struck.values()))
        which = "that may serve it" if tries.is_routed else "of its ladder"
        others = f"; no other model {which} can take its place" if len(tries.rungs) > 1 else ""
        if tries.short:
            short = tries.first_short
            others += f": budget {short.why.hold.budget_id} cannot pay for {short.asked.model_used}"
        message = f"{asleep.in_words()}{others}"
        return replace(
            rejection(self.request, ReasonCode.ENDPOINT_ASLEEP, message),
            budgets=short_views(self.request, self.config, tries),
            rungs=tuple(tries.rungs),
            retry_after_seconds=self._come_again_seconds(tries),
            wait_seconds=self._wait_seconds(),
            uncounted=tuple(tries.bounds.uncounted),
        )

    def _come_again_seconds(self, tries: CandidateTries) -> int | None:
        waits = [asleep.retry_after_seconds(self.now) for asleep in self.struck.values()]
        budgets = {budget.id: budget for budget in self.config.budgets}
        others = retry_after_seconds(tries, budgets, self.now)
        return min(wait for wait in (*waits, others) if wait is not None)
