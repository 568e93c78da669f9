"""The calls of recorded days, put together again from journal and decision log.

A call that was refused, routed, rerouted, cut short or answered from a cache is on record as it
was asked, without its text. Of one that was allowed as it was asked only its reservation is: what
it needed of a model is not known then, so it counts as text alone, and an output limit that is the
default's as none. A request that was tried again is one call: as it was first asked, with what
became of its last attempt.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cost_sentry.application.candidates import asked_output_limit
from cost_sentry.application.decision_log_ports import RecordedDecision
from cost_sentry.application.ports import PriceBook
from cost_sentry.application.simulated_answers import Repeatable
from cost_sentry.application.simulated_call import CallEnd, SimulatedCall, choice_of
from cost_sentry.domain.answer_cache import CacheHit
from cost_sentry.domain.decision import DecisionKind
from cost_sentry.domain.emergency import is_slot
from cost_sentry.domain.invocation import InvocationPath, InvocationRequest, Needs, Priority
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.price_book import quote_picodollars
from cost_sentry.domain.reservation import Reservation, ReservationState, Resolution
from cost_sentry.domain.retry import request_and_attempt
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.service_tier import FLEX, service_tier_of
from cost_sentry.domain.session import recorded_session
from cost_sentry.domain.token_bound import counted_tokens_within
from cost_sentry.domain.usage import TokenUsage

MALFORMED = "malformed requests, which any configuration refuses"
EMERGENCIES = "calls that an emergency allowance paid for"
CACHED = "calls that were answered from a cache, and of which nobody noted what they asked"
_Name = tuple[str, str]
"""Account and request id."""


@dataclass(slots=True)
class _Kept:
    held: Reservation
    ended: Resolution | None = None
    adjusted: Resolution | None = None
    """The true cost, where it became known after the call had expired."""


@dataclass(slots=True, kw_only=True)
class RecordedCalls:
    """Collects records in any order; ``calls`` are those made from ``start`` to ``end``.

    Args:
        start: the first moment that is replayed.
        end: the first one after it.
        config: says which output limit a call had that named none.
        price_book: tells by a quote whether it allowed for cache writes.
    """

    start: datetime
    end: datetime
    config: SentryConfig
    price_book: PriceBook
    left_out: Counter[str] = field(default_factory=Counter)
    """Records of the time that are no call, by what they are."""
    tried_again: int = 0
    """Requests with more than one attempt on record, once the calls are put together."""
    _kept: dict[_Name, _Kept] = field(default_factory=dict)
    _noted: dict[_Name, RecordedDecision] = field(default_factory=dict)
    """Of calls that went on."""
    _refused: list[RecordedDecision] = field(default_factory=list)
    _hits: list[RecordedDecision] = field(default_factory=list)
    """Of calls that a cache answered."""
    _tags: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = field(default_factory=dict)
    """Each combination once: a day has few."""

    def add(self, record: LedgerEntry | RecordedDecision) -> None:
        """Take one record; one that is not of these days is passed over."""
        if isinstance(record, RecordedDecision):
            self._add_decision(record)
        elif record.reservation is not None and _passed_the_gate(record.reservation):
            self._add_entry(record, record.reservation)

    def __len__(self) -> int:
        """How many calls there are so far."""
        return len(self._kept) + len(self._refused) + len(self._hits)

    def calls(self) -> list[SimulatedCall]:
        """In order of their times, those first that were running when the first day began."""
        hits = [_hit(one, one.decision.cached) for one in self._hits if one.decision.cached]
        repeated = {(call.request.account, call.request.digest) for call in hits}
        refused = (_refusal(one) for one in self._refused)
        found = [*(_repeated(call, repeated) for call in (*self._made(), *refused)), *hits]
        return sorted(found, key=lambda call: call.at)

    def _add_decision(self, noted: RecordedDecision) -> None:
        name = noted.account, noted.decision.request_id
        if not self.start <= noted.at < self.end:
            return
        if noted.slot_id is not None:
            self.left_out[EMERGENCIES] += 1
        elif noted.decision.cached is not None and noted.request is None:
            self.left_out[CACHED] += 1
        elif noted.decision.cached is not None:
            self._hits.append(noted)
        elif noted.decision.kind is not DecisionKind.REJECT:
            self._noted[name] = noted
        elif noted.request is None:
            self.left_out[MALFORMED] += 1
        elif _first_of(name) == name:  # Or else the attempt before is on record, and was voided.
            self._refused.append(noted)

    def _add_entry(self, entry: LedgerEntry, held: Reservation) -> None:
        if held.reserved_at >= self.end:
            return
        kept = self._kept.setdefault((held.account, held.request_id), _Kept(held))
        if entry.kind is EntryKind.ADJUST:
            kept.adjusted = entry.resolution
        elif entry.resolution is not None:
            kept.ended = entry.resolution

    def _made(self) -> Iterator[SimulatedCall]:
        latest = self._latest()
        self.tried_again = len(latest)
        for name, first in self._kept.items():
            if self._is_again(name):
                continue
            last = latest.get(name, first)
            is_counted = first.held.reserved_at >= self.start
            ran_on = last.ended is not None and last.ended.resolved_at >= self.start
            if is_counted or ran_on:
                yield self._call(first, last, self._noted.get(name), is_counted=is_counted)

    def _latest(self) -> dict[_Name, _Kept]:
        """The last attempt of each request that was tried again, by its first one."""
        again = [name for name in self._kept if self._is_again(name)]
        again.sort(key=lambda name: request_and_attempt(name[1])[1])
        return {_first_of(name): self._kept[name] for name in again}

    def _is_again(self, name: _Name) -> bool:
        """Whether it is a later attempt of a request whose first one is on record."""
        first = _first_of(name)
        return first != name and first in self._kept

    def _call(
        self, first: _Kept, last: _Kept, noted: RecordedDecision | None, *, is_counted: bool
    ) -> SimulatedCall:
        held, ended = first.held, last.adjusted or last.ended
        usage = ended.usage if ended else None
        request = noted.request if noted else None
        request = request or self._request(held, usage)
        sent = last.held.output_limit_tokens
        card = self.price_book.card(last.held.model_used)
        return SimulatedCall(
            request=request,
            at=held.reserved_at,
            duration=_ran(last.held, last.ended),
            usage=usage,
            prompt_tokens=usage.prompt_tokens if usage else self._counted(held, request),
            end=_end(ended),
            recorded=(DecisionKind(held.decision), held.model_used, held.output_limit_tokens),
            output_limit_sent_tokens=sent,
            is_lowered=sent < asked_output_limit(request, self.config, card),
            repeatable=Repeatable.UNSAID,
            is_counted=is_counted,
        )

    def _counted(self, held: Reservation, asked: InvocationRequest) -> int | None:
        """What was counted at admission, if the call holds less than by its bytes."""
        card = self.price_book.card(held.model_used)
        clamped = card is not None and held.input_bound_tokens >= card.prompt_tokens_ceiling
        if clamped or held.input_bound_tokens >= asked.input_bound_tokens:
            return None
        return counted_tokens_within(held.input_bound_tokens)

    def _request(self, held: Reservation, usage: TokenUsage | None) -> InvocationRequest:
        tags = self._tags.setdefault(tuple(held.tags.items()), held.tags)
        request = InvocationRequest(
            request_id=held.request_id,
            model_id=held.model_asked,
            tags=tags,
            priority=Priority(held.priority),
            max_tokens=None,
            input_bound_tokens=held.input_bound_tokens,
            input_floor_tokens=0,
            needs=Needs(prompt_cache=self._writes_cache(held, usage)),
            path=InvocationPath.DIRECT,
            digest=held.digest,
            converse={},
            session=recorded_session(tags, held.path_digests, held.retry),
            may_wait=service_tier_of(held.price_version) == FLEX,
        )
        card = self.price_book.card(held.model_used)
        is_default = asked_output_limit(request, self.config, card) == held.output_limit_tokens
        return request if is_default else replace(request, max_tokens=held.output_limit_tokens)

    def _writes_cache(self, held: Reservation, usage: TokenUsage | None) -> bool:
        """The quote says it, or else the usage: a prompt with a cache point is quoted higher."""
        if usage is not None and usage.prompt_tokens > usage.input_tokens:
            return True
        price = self.price_book.price(held.model_used)
        if price is None:
            return False
        plain, cached = (
            quote_picodollars(
                price,
                input_bound_tokens=held.input_bound_tokens,
                output_limit_tokens=held.output_limit_tokens,
                writes_cache=writes,
            )
            for writes in (False, True)
        )
        return plain != held.quote_picodollars == cached


def _passed_the_gate(held: Reservation) -> bool:
    """Not set aside for an outage, which is noted otherwise; no external usage, and no wake."""
    return held.is_model_call and not is_slot(held)


def _first_of(attempt: _Name) -> _Name:
    """The request's name, under which its first attempt is kept."""
    account, attempt_id = attempt
    return account, request_and_attempt(attempt_id)[0]


def _refusal(noted: RecordedDecision) -> SimulatedCall:
    recorded = choice_of(noted.decision)
    return SimulatedCall(
        request=_asked(noted), at=noted.at, recorded=recorded, repeatable=Repeatable.UNSAID
    )


def _hit(noted: RecordedDecision, cached: CacheHit) -> SimulatedCall:
    """A model that answers it uses as many tokens as the one whose answer was kept."""
    return SimulatedCall(
        request=_asked(noted),
        at=noted.at,
        usage=cached.usage,
        prompt_tokens=cached.usage.prompt_tokens,
        end=CallEnd.SETTLED,
        recorded=choice_of(noted.decision),
        repeatable=Repeatable.ALWAYS,
    )


def _repeated(call: SimulatedCall, repeated: Collection[_Name]) -> SimulatedCall:
    """What a cache answered once it may answer again, and keep."""
    is_one = (call.request.account, call.request.digest) in repeated
    return replace(call, repeatable=Repeatable.ALWAYS) if is_one else call


def _asked(noted: RecordedDecision) -> InvocationRequest:
    if noted.request is None:
        raise ValueError("not a request that was well-formed")
    return noted.request


def _ran(held: Reservation, ended: Resolution | None) -> timedelta | None:
    return max(ended.resolved_at - held.reserved_at, timedelta(0)) if ended else None


def _end(last: Resolution | None) -> CallEnd:
    if last is None:
        return CallEnd.UNKNOWN
    return CallEnd.VOIDED if last.state is ReservationState.VOIDED else CallEnd.SETTLED
