"""A promise is only checked if breaking it is noticed: one tampered run per way to break it."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cost_sentry_local.demo.answers import Answer
from cost_sentry_local.demo.audit_evidence import Evidence, Repeat
from cost_sentry_local.demo.auditor import CHECKS, audit
from cost_sentry_local.demo.ledger_view import ledger_view
from tests.fakes import audited_run as run
from tests.fakes.audited_run import Items, bill


@pytest.fixture(scope="module")
def kept() -> Items:
    return run.honest_items()


@pytest.fixture
def items(kept: Items) -> Items:
    return copy.deepcopy(kept)


@pytest.fixture
def honest(items: Items) -> Evidence:
    return run.evidence(items)


def broken(evidence: Evidence) -> list[str]:
    return [finding.promise for finding in audit(evidence) if finding.broken]


def test_an_honest_run_keeps_every_promise(honest):
    assert [finding.broken for finding in audit(honest)] == [()] * len(CHECKS)


def test_overspending_is_seen_in_the_end_and_at_an_instant_of_the_run(items):
    account = find(items, "ACCOUNT#search/web", "SHARD#0")
    account["posted"]["M"][run.PURSE] = {"N": str(10**12)}
    honest = run.evidence(run.honest_items())

    assert "P1" in broken(replace(honest, ledger=ledger_view(items)))
    assert "P1" in broken(replace(honest, samples=(*honest.samples, ledger_view(items))))


def test_a_run_that_nobody_watched_proves_nothing(honest):
    assert broken(replace(honest, samples=())) == ["P1"]


@pytest.mark.parametrize(
    "answer",
    [
        run.refused(left="0.0000186", needed="0.0000186"),
        run.refused(left="0.00", needed="0.0000186", binding=False),
    ],
    ids=["enough was left", "no budget was short"],
)
def test_a_false_refusal_is_seen(honest, answer):
    assert "P2" in broken(replace(honest, answers=(*honest.answers[:-1], answer)))


def one_picodollar_more(items: Items) -> None:
    window = find(items, "BUDGET#search-daily", "WINDOW#2026-11-21")
    window["unallotted"]["N"] = str(int(window["unallotted"]["N"]) + 1)


def a_balance_without_entry(items: Items) -> None:
    """Posted and free of one account changed together: the sum is right, the journal is not."""
    account = find(items, "ACCOUNT#search/web", "SHARD#0")
    for place, change in (("posted", 1), ("free", -1)):
        amounts = account[place]["M"]
        amounts[run.PURSE] = {"N": str(int(amounts[run.PURSE]["N"]) + change)}


def an_entry_lost(items: Items) -> None:
    items.remove(next(i for i in items if i["pk"]["S"].startswith("ENTRIES#")))


def an_entry_twice(items: Items) -> None:
    entry = copy.deepcopy(next(i for i in items if i["pk"]["S"].startswith("ENTRIES#")))
    items.append({**entry, "sk": {"S": "again"}})


def totals_too_low(items: Items) -> None:
    totals = find(items, "BUDGET#search-daily", "TOTALS#2026-11-21")
    totals["posted"]["N"] = str(int(totals["posted"]["N"]) - 1)


@pytest.mark.parametrize(
    "tamper",
    [
        one_picodollar_more,
        a_balance_without_entry,
        an_entry_lost,
        an_entry_twice,
        totals_too_low,
    ],
)
def test_money_made_or_lost_is_seen(items, tamper: Callable[[Items], None]):
    tamper(items)

    assert "P3" in broken(run.evidence(items))


def test_a_reservation_that_ended_and_is_still_pending_is_seen(items):
    account = find(items, "ACCOUNT#search/web", "SHARD#0")
    account["pending"]["M"]["settled"] = account["pending"]["M"]["pending"]

    assert "P4" in broken(run.evidence(items))


def test_a_reservation_that_vanished_is_seen(items):
    del find(items, "ACCOUNT#search/web", "SHARD#0")["pending"]["M"]["pending"]

    assert "P4" in broken(run.evidence(items))


def test_a_caller_who_was_told_another_ending_is_seen(honest):
    assert broken(with_answer(honest, "voided", status="SETTLED")) == ["P4"]


@pytest.mark.parametrize(
    ("same_content", "changes"),
    [
        (True, {"replayed": True, "costUsd": "0.01"}),
        (True, {"replayed": False}),
        (False, {"code": "WITHIN_BUDGETS"}),
    ],
    ids=["another cost", "run again", "other content was served"],
)
def test_another_answer_to_the_same_id_is_seen(honest, same_content, changes):
    first = honest.answers[0]
    repeat = Repeat(first=first, again=run.again(first, **changes), same_content=same_content)

    assert broken(replace(honest, repeats=(repeat,))) == ["P5"]


def test_a_request_that_reached_the_provider_twice_is_seen(honest):
    assert "P5" in broken(replace(honest, bills=(*honest.bills, bill("voided", billed=False))))


@pytest.mark.parametrize(
    "extra",
    [
        bill("never-reserved"),
        bill(None),
        bill("pending", model_id="us.anthropic.claude-nobody-priced-v1:0"),
        bill("voided"),
        bill("settled"),
    ],
    ids=["no reservation", "no id", "no price", "voided and billed", "billed twice"],
)
def test_a_call_that_somebody_got_for_free_is_seen(honest, extra):
    assert "P6" in broken(replace(honest, bills=(*honest.bills, extra)))


def test_a_charge_below_the_bill_is_seen(honest):
    dearer = bill("settled", output_tokens=11)

    assert "P6" in broken(replace(honest, bills=(dearer, *honest.bills[1:])))


def test_an_unknown_cost_that_is_not_charged_in_full_is_seen(items):
    entry = find(items, "REQUEST#estimated", "search/web#RESOLVED")
    entry["record"]["S"] = entry["record"]["S"].replace(f'"cost":{run.QUOTE}', f'"cost":{run.COST}')

    assert "P6" in broken(run.evidence(items))


@pytest.mark.parametrize(
    "changed",
    [
        {"output_tokens": 71},
        {"input_tokens": 31},
        {"cache_write_tokens": 11},
        {"model_id": "us.amazon.nova-micro-v1:0"},
        {"model_id": "us.amazon.nova-pro-v1:0", "input_tokens": 30, "output_tokens": 70},
    ],
    ids=["answer", "prompt", "prompt with cache", "another model", "a dearer model"],
)
def test_a_bill_above_the_reservation_is_seen(honest, changed):
    assert "P7" in broken(replace(honest, bills=(bill("settled", **changed), *honest.bills[1:])))


@pytest.mark.parametrize(
    "missing",
    ["message", "code", "decision", "modelUsed", "reservedUsd", "costUsd", "budgets", "priceBook"],
)
def test_an_answer_that_does_not_say_why_is_seen(honest, missing):
    assert "P8" in broken(with_answer(honest, "settled", **{missing: None}))


@pytest.mark.parametrize("missing", ["limit", "left", "leftAsOf", "needed", "resetsAt"])
def test_an_answer_that_does_not_say_what_is_left_is_seen(honest, missing):
    views = honest.answers[0].sentry["budgets"]
    silent = [{**view, missing: None} for view in views]

    assert broken(with_answer(honest, "settled", budgets=silent)) == ["P8"]


def test_a_failure_without_a_word_is_seen(honest):
    silent = [
        replace(answer, sentry={}) if answer.call.request_id == "pending" else answer
        for answer in honest.answers
    ]

    assert "P8" in broken(replace(honest, answers=tuple(silent)))


def test_a_reroute_that_calls_itself_allowed_is_seen(honest):
    assert broken(with_answer(honest, "settled", modelUsed="us.amazon.nova-micro-v1:0")) == ["P8"]


@pytest.mark.parametrize("place", ["table items", "log events", "mails"])
def test_text_of_a_prompt_is_found_wherever_it_was_kept(honest, place):
    texts = {**honest.texts, place: (*honest.texts[place], f"say: {run.CANARY} and so on")}

    assert broken(replace(honest, texts=texts)) == ["P10"]


def test_a_search_that_found_nothing_to_search_proves_nothing(honest):
    assert broken(replace(honest, texts={**honest.texts, "log events": ()})) == ["P10"]


def find(items: Items, pk: str, sk: str) -> dict[str, Any]:
    return next(item for item in items if item["pk"]["S"] == pk and item["sk"]["S"] == sk)


def with_answer(evidence: Evidence, request_id: str, **changes: Any) -> Evidence:
    def changed(answer: Answer) -> Answer:
        if answer.call.request_id != request_id:
            return answer
        return replace(answer, sentry={**answer.sentry, **changes})

    return replace(evidence, answers=tuple(changed(answer) for answer in evidence.answers))
