"""P6 and P7: the provider's own bills, priced from the price book's rows, against the ledger."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from cost_sentry_local.demo.audit_evidence import Bill, Evidence, Finding
from cost_sentry_local.demo.ledger_records import EndView, HeldView
from cost_sentry_local.demo.ledger_view import LedgerView


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """One request that got money: its reservation, how it ended, and what was billed."""

    id: str
    held: HeldView
    endings: tuple[EndView, ...]
    """A second one if the true cost became known after it had expired."""
    bills: tuple[Bill, ...]
    instances: int
    """What a wake owes for its instances, in picodollars."""

    @property
    def ended(self) -> EndView | None:
        """What counts."""
        return self.endings[-1] if self.endings else None

    @property
    def unknown(self) -> bool:
        """Nobody knows the true cost."""
        return self.ended is None or self.ended.estimated


def unknown_never_free(evidence: Evidence) -> Finding:
    """P6: nothing billed without a reservation or a price, and posted is what was billed."""
    broken = [*_unreserved(evidence), *_misjudged(evidence), *_window_breaches(evidence)]
    requests = _requests(evidence)
    billed = sum(bill.billed for bill in evidence.bills)
    unknown = sum(request.unknown for request in requests)
    count = len(evidence.wakes)
    wakes = f" and {count} wake{'s' if count > 1 else ''} of endpoints" if count else ""
    checked = (
        f"{billed} billed calls{wakes}, each with a reservation and a price; their cost is what is"
        f" posted, budget by budget; {unknown} unknown outcomes are held or charged in full"
    )
    return Finding(
        promise="P6", title="Unknown is never free", checked=checked, broken=tuple(broken)
    )


def quote_is_upper_bound(evidence: Evidence) -> Finding:
    """P7: what was billed is at most what was reserved, on the model that was reserved."""
    requests = [request for request in _requests(evidence) if request.bills]
    broken = [breach for request in requests for breach in _above_quote(request, evidence)]
    checked = (
        f"cost, prompt and answer of {len(requests)} billed calls are within what was reserved,"
        " on the reserved model"
    )
    return Finding(promise="P7", title="A quote is a bound", checked=checked, broken=tuple(broken))


def _requests(evidence: Evidence) -> list[_Request]:
    billed, endings = evidence.billed(), evidence.ledger.endings()
    return [
        _Request(
            id=request_id,
            held=held,
            endings=tuple(end for _, end in endings.get(request_id, ())),
            bills=tuple(billed.get(request_id, ())),
            instances=evidence.wakes.get(request_id, 0),
        )
        for request_id, held in _reserved(evidence.ledger).items()
    ]


def _reserved(ledger: LedgerView) -> dict[str, HeldView]:
    """Every reservation ever made, whether the journal or a shard tells of it."""
    found = {e.held.request_id: e.held for e in ledger.entries if e.held is not None}
    for shard in ledger.shards.values():
        found |= shard.pending
    return found


def _unreserved(evidence: Evidence) -> Iterator[str]:
    known = _reserved(evidence.ledger)
    for request_id, bills in evidence.billed().items():
        if request_id not in known:
            yield f"{len(bills)} billed calls of {request_id!r} have no reservation"
        for bill in bills:
            if not evidence.prices.knows(bill.model_id):
                yield f"{bill.model_id} was billed and has no price"


def _misjudged(evidence: Evidence) -> Iterator[str]:
    for request in _requests(evidence):
        if len(request.bills) > 1:
            yield f"{request.id} was billed {len(request.bills)} times"
        yield from _wrong_charge(request, evidence)


def _wrong_charge(request: _Request, evidence: Evidence) -> Iterator[str]:
    quote = request.held.quote_picodollars
    billed = request.instances + sum(_cost(bill, evidence) for bill in request.bills)
    for ended in request.endings:
        cost, tokens = ended.cost_picodollars, ended.tokens
        if ended.state == "VOIDED":
            if request.bills:
                yield f"{request.id} was voided and billed {billed}"
        elif ended.estimated:
            if cost != quote:
                yield f"{request.id} has no known cost and was charged {cost}, not {quote}"
        elif cost != billed:
            yield f"{request.id} was charged {cost} and billed {billed}"
        elif tokens != sum(bill.tokens for bill in request.bills):
            yield f"{request.id} was charged {tokens} tokens, which is not what was billed"


def _window_breaches(evidence: Evidence) -> Iterator[str]:
    """Every budget's balance, from the bills: exact where known, the quote where not."""
    posted: Counter[str] = Counter()
    for request in _requests(evidence):
        if request.ended is None:
            continue
        for purse, unit in request.held.units.items():
            posted[purse] += _owed(request, request.ended, purse, unit, evidence)
    for purse in evidence.ledger.windows:
        kept = evidence.ledger.posted(purse)
        if posted[purse] != kept:
            yield f"{purse}: bills come to {posted[purse]}, posted is {kept}"


def _owed(request: _Request, ended: EndView, purse: str, unit: str, evidence: Evidence) -> int:
    if ended.estimated:
        return ended.charges(request.held)[purse]
    instances = request.instances if unit == "usd" else 0
    return instances + sum(_billed(bill, unit, evidence) for bill in request.bills)


def _billed(bill: Bill, unit: str, evidence: Evidence) -> int:
    match unit:
        case "usd":
            return _cost(bill, evidence)
        case "input_tokens":
            return bill.tokens - bill.output_tokens
        case "output_tokens":
            return bill.output_tokens
        case "requests":
            return 1
        case "in_flight":
            return 0
        case _:
            return bill.tokens


def _above_quote(request: _Request, evidence: Evidence) -> Iterator[str]:
    held = request.held
    for bill in request.bills:
        prompt = bill.tokens - bill.output_tokens
        for what, used, reserved in (
            ("cost", _cost(bill, evidence), held.quote_picodollars),
            ("prompt tokens", prompt, held.input_bound_tokens),
            ("answer tokens", bill.output_tokens, held.output_limit_tokens),
        ):
            if used > reserved:
                yield f"{request.id}: {what} {used} above the reserved {reserved}"
        if bill.model_id != held.model_used:
            yield f"{request.id}: {bill.model_id} was called, {held.model_used} was reserved"


def _cost(bill: Bill, evidence: Evidence) -> int:
    """The list price of a bill; a bill without a price is named by ``_unreserved``."""
    if not evidence.prices.knows(bill.model_id):
        return 0
    return evidence.prices.cost(
        bill.model_id,
        fresh=bill.input_tokens,
        output=bill.output_tokens,
        cache_read=bill.cache_read_tokens,
        cache_write=bill.cache_write_tokens,
    )
