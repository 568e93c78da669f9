"""What a wake may be charged is told by the stand-in's log and the list, and by nobody else."""

from dataclasses import replace

import pytest

from cost_sentry_local.demo.audit_instances import hourly_picodollars, wakes_owed
from cost_sentry_local.demo.background import Background
from cost_sentry_local.demo.ledger_records import HeldView
from cost_sentry_local.demo.waiting import RuleNotMet, when
from tests.fakes.tampered_run import broken

G5_HOURLY = 1_408_000_000_000


def held(request_id, model):
    return HeldView(
        request_id=request_id,
        place="support/summaries",
        model_used=model,
        input_bound_tokens=0,
        output_limit_tokens=0,
        quote_picodollars=1,
        amounts={},
        units={},
        tags={},
    )


def span(endpoint="chat", count=1, instance_type="ml.g5.xlarge"):
    return {"endpoint": endpoint, "instanceType": instance_type, "count": count}


WAKE = held("wake:chat:1.0", "sagemaker:chat")


def test_a_wake_owes_its_instances_for_the_minutes_that_it_is_paid_for():
    owed = wakes_owed([WAKE, held("call", "us.amazon.nova-lite-v1:0")], [span(), span(count=2)], 5)

    assert hourly_picodollars("ml.g5.xlarge") == G5_HOURLY
    assert owed == {"wake:chat:1.0": -(-2 * G5_HOURLY * 5 // 60)}


def test_each_wake_owes_the_instances_that_it_brought_back_and_no_other_endpoints():
    again = held("wake:chat:2.0", "sagemaker:chat")
    spans = [span("other"), span(), span("other", 3), span(count=2), span(count=4)]

    owed = wakes_owed([again, WAKE], spans, 60)

    assert owed == {"wake:chat:1.0": 2 * G5_HOURLY, "wake:chat:2.0": 4 * G5_HOURLY}


def test_a_wake_that_brought_nothing_back_owes_nothing():
    assert wakes_owed([WAKE], [span()], 5) == {"wake:chat:1.0": 0}


def test_an_instance_without_a_price_is_no_instance_for_nothing():
    with pytest.raises(KeyError):
        wakes_owed([WAKE], [span(), span(instance_type="ml.unheard.of")], 5)


def test_a_wake_that_was_charged_something_else_breaks_a_promise(honest):
    assert broken(honest) == []
    assert broken(replace(honest, wakes={"settled": 1})) == ["P6"]


def test_what_goes_on_beside_the_traffic_tells_its_outcome_or_what_went_wrong():
    def fail():
        raise RuleNotMet("it did not come")

    assert Background(lambda: 7, "well").outcome() == 7
    with pytest.raises(RuleNotMet, match="it did not come"):
        Background(fail, "unwell").outcome()


def test_what_does_not_come_in_time_is_named():
    seen = []

    with pytest.raises(RuleNotMet, match=r"no mail came within 0 seconds"):
        when(lambda: seen.append(1), "no mail came", seconds=0.3)
    assert seen
