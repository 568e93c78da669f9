"""Decide one request and hold its money: the verb that everything else exists for.

Rules advise, the ledger decides: what is read before ``ledger.reserve`` may refuse a request that
cannot be served at all, but only the ledger's conditional write spends.
"""

from dataclasses import dataclass, replace

from cost_sentry.application.admission_parts import AdmissionParts
from cost_sentry.application.caller_refusal import as_configured
from cost_sentry.application.emergency_ports import Outage
from cost_sentry.application.inquiry import must_be_asked_first
from cost_sentry.application.ports import Reserved, SameId
from cost_sentry.application.priced_models import priced
from cost_sentry.application.refusals import rejection
from cost_sentry.application.retry_after import after_ledger_fault_seconds
from cost_sentry.application.serve_request import Serving
from cost_sentry.domain.decision import Decision, ReasonCode
from cost_sentry.domain.errors import ConfigurationError, LedgerUnavailable
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.measures_in_force import in_force
from cost_sentry.domain.sentry_config import SentryConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission(AdmissionParts):
    """``decide`` with its ports bound."""

    def decide(self, request: InvocationRequest, attempt: str) -> Decision:
        """Allow, reroute or reject; a fault of the ledger is a rejection too (P9).

        Unless an emergency allowance pays: its money was held when the ledger could be asked.

        Args:
            request: well-formed.
            attempt: names the execution that asks, so that its own repeated write finds itself.
        """
        config = None
        try:
            config = self.config_source.current()
            if config is None:
                message = "no configuration is in force; apply a sentry.yaml first"
                return rejection(request, ReasonCode.NOT_CONFIGURED, message)
            config = in_force(config, self.clock.now())
            request = as_configured(request, config, self.price_book.region)
            return self._decide(
                Serving(parts=self._priced(config), request=request, config=config, attempt=attempt)
            )
        except LedgerUnavailable as error:
            return self._decide_without_ledger(
                Outage(request=request, attempt=attempt, config=config, error=error)
            )
        except ConfigurationError as error:
            return rejection(request, ReasonCode.NOT_CONFIGURED, str(error))

    def _priced(self, config: SentryConfig) -> "Admission":
        """With the prices that the configuration itself gives: of endpoints, if it has some."""
        book = priced(self.price_book, config.endpoint_models)
        return self if book is self.price_book else replace(self, price_book=book)

    def _decide(self, serving: Serving) -> Decision:
        """Whoever was answered before is answered so again, whatever is in force by now (P5)."""
        try:
            decision = serving.decision()
        except ConfigurationError as error:
            decision = rejection(serving.request, ReasonCode.NOT_CONFIGURED, str(error))
        if not must_be_asked_first(decision):
            return decision
        known = _known(serving, decision)
        if isinstance(known, SameId):
            return serving.replayed(known)
        return serving.held_before(known) if known else decision

    def _decide_without_ledger(self, outage: Outage) -> Decision:
        """A ledger that answers, but not now, is none of an emergency's: it may know the id."""
        why, error = "", outage.error
        if error.is_silent and self.without_ledger is not None:
            answer = self.without_ledger(outage)
            if isinstance(answer, Decision):
                return answer
            why = answer and f"; {answer}"
        message = (
            f"the ledger could not be asked, so the answer is no; try a new id later ({error}){why}"
        )
        decision = rejection(outage.request, ReasonCode.LEDGER_UNAVAILABLE, message)
        return replace(decision, retry_after_seconds=after_ledger_fault_seconds(error))


def _known(serving: Serving, refusal: Decision) -> Reserved | SameId | None:
    try:
        return serving.known()
    except LedgerUnavailable as error:
        message = f"{error}; a new id would be refused: {refusal.message}"
        raise type(error)(message) from error
