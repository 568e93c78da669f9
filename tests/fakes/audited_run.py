"""A small honest run for the auditor: real ledger and journal adapters on moto, bills to match."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import boto3
from moto import mock_aws

from cost_sentry.adapters import ledger_moves, ledger_refills
from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_walk import shards_of_all
from cost_sentry.application.ports import Reserved
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.reservation import Reservation, ReservationState, charged_in_full
from cost_sentry.domain.usage import TokenUsage
from cost_sentry_local.demo.answers import Answer, Outcome
from cost_sentry_local.demo.audit_evidence import Bill, Evidence, Repeat
from cost_sentry_local.demo.ledger_view import ledger_view
from cost_sentry_local.demo.list_prices import ListPrices
from cost_sentry_local.demo.traffic import Caller, Content
from cost_sentry_local.demo.workload import PlannedCall
from tests.fakes.builders import NOON, ManualClock, budget, hold, reservation, resolution
from tests.fakes.dynamodb_table import create_table

TABLE = "ledger"
MODEL = "us.amazon.nova-lite-v1:0"
LITE_INPUT, LITE_OUTPUT = 60_000, 240_000
QUOTE = 30 * LITE_INPUT + 70 * LITE_OUTPUT
COST = 20 * LITE_INPUT + 10 * LITE_OUTPUT
DOLLARS = budget("search-daily", 10**12)
TOKENS = budget("search-tokens", 100_000, unit=Unit.TOKENS)
COUNTED = (
    (budget("search-input", 1_000, unit=Unit.INPUT_TOKENS), 30),
    (budget("search-output", 1_000, unit=Unit.OUTPUT_TOKENS), 70),
    (budget("search-requests", 10, unit=Unit.REQUESTS), 1),
    (budget("search-calls", 10, unit=Unit.IN_FLIGHT), 1),
)
"""And what a call holds of each."""
PURSE = "search-daily@2026-11-21"
CANARY = "canary-of-a-prompt"

POOLS = 4
NAMES = ("settled", "voided", "pending", "estimated", "expired", "late")

Items = list[dict[str, Any]]


def honest_run() -> tuple[Items, Items]:
    """The table in the middle of a run and at its end.

    One call was settled, one voided, one left pending, one charged in full; of two that expired one
    became known later. There were more at once than a shard holds, and pools stand between the
    windows and the shards that came later.
    """
    with _table() as client, _crowded_from_the_second_place_on():
        calls = LedgerCalls(client, TABLE)
        ledger = DynamoDbLedger(calls, lambda _attempt: None)
        books = DynamoDbBooks(calls, lambda _attempt: None, ManualClock())
        for each in (DOLLARS, TOKENS, *(of for of, _ in COUNTED)):
            books.define(each, "2026-11-21")
        held = {name: _reserve(ledger, name) for name in NAMES}
        usage = TokenUsage(input_tokens=20, output_tokens=10)
        ledger.resolve(held["settled"], resolution(COST, total_tokens=30, usage=usage))
        for name in ("expired", "late"):
            ledger.resolve(held[name], charged_in_full(held[name], NOON))
        halfway = client.scan(TableName=TABLE)["Items"]
        ledger.resolve(held["late"], resolution(COST, total_tokens=30, usage=usage))
        ledger.resolve(
            held["voided"], resolution(0, ReservationState.VOIDED, reason="ThrottlingException")
        )
        ledger.resolve(
            held["estimated"],
            resolution(QUOTE, total_tokens=100, estimated=True, reason="no usage"),
        )
        return halfway, client.scan(TableName=TABLE)["Items"]


@contextmanager
def _crowded_from_the_second_place_on() -> Iterator[None]:
    """Windows are crowded at half a hundred shards; here at two.

    With few pools, because moto reads only 25 items together.
    """
    with (
        patch.object(ledger_moves, "DIRECT_PLACES_MAX", 1),
        patch.object(ledger_refills, "DIRECT_PLACES_MAX", 1),
        patch.object(ledger_refills, "POOLS", POOLS),
    ):
        yield


def evidence(items: Items, *seen: Items) -> Evidence:
    """All that an auditor gets of that run, and of what was ``seen`` while it was on."""
    settled = _answer("settled", Outcome.ALLOWED, status="SETTLED", cost="0.0000036")
    return Evidence(
        ledger=ledger_view(items),
        samples=tuple(ledger_view(instant) for instant in (seen or (items,))),
        answers=(
            settled,
            _answer("voided", Outcome.FAILED, status="VOIDED", cost="0.00"),
            _answer("pending", Outcome.FAILED, status="PENDING", cost=None),
            _answer("estimated", Outcome.ALLOWED, status="SETTLED", cost="0.0000186"),
            _answer("expired", Outcome.FAILED, status="PENDING", cost=None),
            _answer("late", Outcome.ALLOWED, status="SETTLED", cost="0.0000036"),
            refused(left="0.00", needed="0.0000186"),
        ),
        repeats=(
            Repeat(first=settled, again=again(settled, replayed=True), same_content=True),
            Repeat(
                first=settled, again=again(settled, code="REQUEST_ID_REUSED"), same_content=False
            ),
        ),
        without_ledger=without_ledger("without ledger"),
        bills=(
            bill("settled"),
            bill("voided", billed=False),
            bill("estimated"),
            bill("expired"),
            bill("late"),
        ),
        prices=ListPrices.read(),
        texts={
            "table items": tuple(json.dumps(item, default=str) for item in items),
            "log events": ("WITHIN_BUDGETS",),
            "mails": ("past 50%",),
        },
        canaries=(CANARY,),
    )


def bill(request_id: str | None, **changes: Any) -> Bill:
    given: dict[str, Any] = {
        "request_id": request_id,
        "model_id": MODEL,
        "billed": True,
        "input_tokens": 20,
        "output_tokens": 10,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
    }
    return Bill(**{**given, **changes})


def again(first: Answer, **changes: Any) -> Answer:
    """The answer to the same id sent once more."""
    return Answer(
        call=first.call,
        outcome=first.outcome,
        sentry={**first.sentry, **changes},
        response={},
        error=None,
        seconds=0.1,
    )


def refused(*, left: str, needed: str, binding: bool = True) -> Answer:
    """A refusal for lack of money."""
    view = {**_budget(), "left": left, "needed": needed, "binding": binding}
    return _rejected("refused", "BUDGET_EXHAUSTED", [view])


def without_ledger(request_id: str, **changes: Any) -> Answer:
    """The refusal of a call while the table was out of reach."""
    return replace(_rejected(request_id, "LEDGER_UNAVAILABLE", []), **changes)


def _rejected(request_id: str, code: str, budgets: list[dict[str, Any]]) -> Answer:
    block = _block(request_id, status=None, cost=None)
    refusal = {"decision": "REJECT", "code": code, "modelUsed": None, "budgets": budgets}
    return Answer(
        call=_call(request_id),
        outcome=Outcome.REJECTED,
        sentry={**block, **refusal},
        response={},
        error=None,
        seconds=0.1,
    )


@contextmanager
def _table() -> Iterator[Any]:
    """A table whose every new version of a shard goes to the journal, as its stream carries it."""
    with mock_aws():
        client = boto3.client(
            "dynamodb",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        create_table(client, TABLE)
        calls = LedgerCalls(client, TABLE)
        journal = DynamoDbJournal(JournalCalls(client, TABLE), calls, lambda _attempt: None)

        def project(**_call: Any) -> None:
            for shard in shards_of_all(calls):
                entry = shard.last_entry()
                if entry is not None and (entry.place, entry.sequence) not in told:
                    told.add((entry.place, entry.sequence))
                    journal.write([entry])

        told: set[tuple[str, int]] = set()
        for operation in ("UpdateItem", "TransactWriteItems"):
            client.meta.events.register(f"after-call.dynamodb.{operation}", project)
        yield client


def _reserve(ledger: DynamoDbLedger, name: str) -> Reservation:
    """As its shard holds it."""
    done = ledger.reserve(_reservation(name))
    assert isinstance(done, Reserved)
    return done.reservation


def _reservation(name: str) -> Reservation:
    return reservation(
        name,
        hold(QUOTE, DOLLARS),
        hold(100, TOKENS),
        *(hold(amount, of) for of, amount in COUNTED),
        model_asked=MODEL,
        model_used=MODEL,
        quote_picodollars=QUOTE,
        now=NOON,
    )


def _call(name: str) -> PlannedCall:
    return PlannedCall(
        request_id=name,
        after_seconds=0.0,
        caller=Caller(team="search", application="web", model_id=MODEL),
        content=Content.TEXT,
        input={},
    )


def _answer(name: str, outcome: Outcome, *, status: str, cost: str | None) -> Answer:
    answered = outcome is Outcome.ALLOWED
    return Answer(
        call=_call(name),
        outcome=outcome,
        sentry=_block(name, status=status, cost=cost),
        response={"output": {"message": {}}, "stopReason": "end_turn"} if answered else {},
        error=None if answered else "ThrottlingException",
        seconds=0.1,
    )


def _block(name: str, *, status: str | None, cost: str | None) -> dict[str, Any]:
    return {
        "requestId": name,
        "decision": "ALLOW",
        "code": "WITHIN_BUDGETS",
        "message": "every budget can pay for it",
        "modelAsked": MODEL,
        "modelUsed": MODEL,
        "path": "DIRECT",
        "maxTokens": 70,
        "reservedUsd": "0.0000186",
        "costUsd": cost,
        "status": status,
        "replayed": False,
        "priceBook": "2026-11-21+0123456789ab",
        "budgets": [_budget()],
    }


def _budget() -> dict[str, Any]:
    return {
        "id": "search-daily",
        "window": "2026-11-21",
        "unit": "usd",
        "limit": "1.00",
        "left": "0.90",
        "leftAsOf": "2026-11-21T12:00:00+00:00",
        "needed": "0.0000186",
        "resetsAt": "2026-11-22T00:00:00+00:00",
        "binding": False,
    }
