"""A promise is only checked if breaking it is noticed: one tampered run per way to break it."""

from dataclasses import replace

import pytest

from cost_sentry_local.demo.answers import Outcome
from cost_sentry_local.demo.audit_evidence import Repeat
from cost_sentry_local.demo.auditor import CHECKS, audit
from tests.fakes import audited_run as run
from tests.fakes.audited_run import bill
from tests.fakes.tampered_run import (
    COST,
    STATE,
    broken,
    change_ending,
    find,
    holder,
    with_answer,
)


def test_an_honest_run_keeps_every_promise(honest):
    assert [finding.broken for finding in audit(honest)] == [()] * len(CHECKS)


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


def test_a_reservation_that_ended_and_is_still_pending_is_seen(items):
    pending = holder(items, "pending")["pending"]["M"]
    pending["settled"] = pending["pending"]

    assert "P4" in broken(run.evidence(items))


def test_a_reservation_that_two_shards_hold_is_seen(items):
    holding = holder(items, "pending")
    for bits in ("", "0", "1"):
        shard = find(items, "ACCOUNT#search/web", f"SHARD#{bits}")
        shard["pending"]["M"]["pending"] = holding["pending"]["M"]["pending"]

    assert "P4" in broken(run.evidence(items))


def test_a_reservation_that_vanished_is_seen(items):
    del holder(items, "pending")["pending"]["M"]["pending"]

    assert "P4" in broken(run.evidence(items))


@pytest.mark.parametrize("state", ["SETTLED", "VOIDED"])
def test_an_ending_that_was_changed_without_having_expired_is_seen(items, state):
    change_ending(items, "late", "RESOLVED", STATE, state)

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


@pytest.mark.parametrize("request_id", ["estimated", "expired", "late"])
def test_an_unknown_cost_that_is_not_charged_in_full_is_seen(items, request_id):
    change_ending(items, request_id, "RESOLVED", COST, run.COST)

    assert "P6" in broken(run.evidence(items))


def test_a_true_cost_that_is_not_the_bill_is_seen(items):
    change_ending(items, "late", "ADJUSTED", COST, run.COST - 1)

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


@pytest.mark.parametrize(
    "changes",
    [
        {"without_ledger": run.without_ledger("open", outcome=Outcome.ALLOWED)},
        {"without_ledger": run.without_ledger("other", sentry={"code": "WITHIN_BUDGETS"})},
        {"without_ledger": run.without_ledger("silent", sentry={})},
        {"without_ledger": run.without_ledger("voided")},
        {"without_ledger": run.without_ledger("pending"), "bills": ()},
        {"bills": (bill("without ledger", billed=False),)},
    ],
    ids=["allowed", "another reason", "no word", "called", "held", "called unbilled"],
)
def test_a_call_that_passes_without_a_ledger_is_seen(honest, changes):
    assert "P9" in broken(replace(honest, **changes))


@pytest.mark.parametrize("place", ["table items", "log events", "mails"])
def test_text_of_a_prompt_is_found_wherever_it_was_kept(honest, place):
    texts = {**honest.texts, place: (*honest.texts[place], f"say: {run.CANARY} and so on")}

    assert broken(replace(honest, texts=texts)) == ["P10"]


def test_a_search_that_found_nothing_to_search_proves_nothing(honest):
    assert broken(replace(honest, texts={**honest.texts, "log events": ()})) == ["P10"]
