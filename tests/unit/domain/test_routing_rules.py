"""What a request asks of the router."""

import pytest

from cost_sentry.domain.route import DecidedBy
from cost_sentry.domain.routing import LARGE, MIDDLE, SMALL
from cost_sentry.domain.routing_rules import NO_ROUTING, is_unnamed, unnamed_model, wish_of
from tests.fakes.routings import routing, rule, virtual


def test_a_model_that_is_none_of_the_virtual_ones_asks_nothing_of_the_router():
    assert wish_of("amazon.nova-lite-v1:0", {"taskType": "summary"}, routing()) is None
    assert wish_of("auto", {}, NO_ROUTING) is None


def test_a_model_that_was_left_out_has_a_name_that_no_request_can_give():
    name = unnamed_model("contract review")

    assert name == "taskType=contract review"
    assert is_unnamed(name)
    assert not is_unnamed("taskType")


@pytest.mark.parametrize(
    ("name", "rule_tier", "tier", "by"),
    [
        ("auto", None, None, None),
        ("auto", MIDDLE, MIDDLE, DecidedBy.TASK_TYPE),
        ("large", None, LARGE, DecidedBy.VIRTUAL_MODEL),
        ("large", SMALL, LARGE, DecidedBy.VIRTUAL_MODEL),
    ],
)
def test_the_virtual_models_own_tier_comes_before_the_rule_of_the_task_type(
    name, rule_tier, tier, by
):
    rules = [] if rule_tier is None else [rule("summary", rule_tier)]
    given = routing(virtual("auto"), virtual("large", LARGE), *rules)

    wish = wish_of(name, {"taskType": "summary"}, given)

    assert (wish.virtual_model, wish.tier, wish.decided_by) == (name, tier, by)


def test_a_rule_that_names_a_model_is_for_requests_that_name_none():
    given = routing(virtual("auto"), virtual("large", LARGE), rule("legal", model="large"))
    tags = {"taskType": "legal"}

    assert wish_of("auto", tags, given).tier is None
    assert wish_of(unnamed_model("legal"), tags, given).virtual_model == "large"


def test_a_task_type_without_a_rule_is_for_auto_and_for_nobody_where_there_is_no_auto():
    unnamed, tags = unnamed_model("poem"), {"taskType": "poem"}

    assert wish_of(unnamed, tags, routing()).virtual_model == "auto"
    assert wish_of(unnamed, tags, routing(virtual("large", LARGE))) is None
