"""What becomes of a request that names a virtual model, or nothing but a task type."""

import pytest

from cost_sentry.domain.budget import Stages
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.invocation import Needs
from cost_sentry.domain.route import DecidedBy
from cost_sentry.domain.routing import LARGE, MIDDLE, SMALL
from cost_sentry.domain.routing_rules import NO_ROUTING
from cost_sentry.domain.sentry_config import Model
from tests.fakes.admissions import BLIND, CHEAP, DAY, DEAR, STRANGER, UNPRICED, Counter, request
from tests.fakes.builders import budget
from tests.fakes.routings import models, routed, routing, rule, sentry, virtual

PLENTY = budget(limit=1_000_000)
"""Of a model that costs 1 a token, a call holds 200; of cheap 400, of dear 2,000."""


def decide(*budgets, request=None, **changes):
    return sentry(*(budgets or (PLENTY,)), **changes).decide(request or routed())


def order(decision):
    return [place.model.model_id for place in decision.route.order]


def test_the_cheapest_that_reaches_the_tier_is_called_and_the_answer_says_why():
    decision = decide(request=routed("large"))

    assert (decision.kind, decision.code) == (DecisionKind.ALLOW, ReasonCode.ROUTED)
    assert (decision.model_asked, decision.model_used) == ("large", DEAR)
    assert decision.message == f"large asks for tier large; {DEAR} fits"
    assert decision.route.decided_by is DecidedBy.VIRTUAL_MODEL
    assert decision.reservation.quote_picodollars == 2_000


def test_without_any_rule_the_cheapest_is_enough_and_the_larger_ones_come_after_it():
    decision = decide()

    assert decision.model_used == BLIND
    assert decision.route.decided_by is DecidedBy.PRICE
    assert "routing.answerWorth is not set" in decision.message
    assert order(decision) == [BLIND, CHEAP, DEAR]


def test_a_model_that_cannot_do_the_job_is_passed_over_and_the_answer_says_why():
    decision = decide(request=routed(needs=Needs(modalities=frozenset({"text", "image"}))))

    assert decision.model_used == CHEAP
    assert decision.kind is DecisionKind.ALLOW
    assert decision.route.passed_over == ((BLIND, "it takes no image"),)


def test_a_later_choice_is_a_reroute_as_on_a_ladder():
    of_blind = budget("blind", scope={"team": "search", "model": BLIND}, limit=1)
    decision = decide(PLENTY, of_blind, request=routed(lower_output_limit=False))

    assert (decision.kind, decision.code) == (DecisionKind.REROUTE, ReasonCode.REROUTED_TO_FIT)
    assert decision.model_used == CHEAP
    assert [rung.model_id for rung in decision.rungs] == [BLIND, CHEAP]


def test_what_is_written_is_a_promise_and_nothing_below_it_is_called():
    decision = decide(budget(limit=500), request=routed("large", lower_output_limit=False))

    assert (decision.kind, decision.code) == (DecisionKind.REJECT, ReasonCode.BUDGET_EXHAUSTED)
    assert [rung.model_id for rung in decision.rungs] == [DEAR]
    assert "no other model that may serve it fits either" in decision.message
    assert (CHEAP, "tier middle is below the required large") in decision.route.passed_over


def test_a_ladder_may_say_that_a_smaller_model_stands_in():
    ladders = {DEAR: (CHEAP, BLIND)}
    decision = decide(budget(limit=500), request=routed("large"), ladders=ladders)

    assert (decision.kind, decision.model_used) == (DecisionKind.REROUTE, CHEAP)
    assert [rung.model_id for rung in decision.rungs] == [DEAR, CHEAP]


@pytest.mark.parametrize(
    ("estimate", "worth", "used"),
    [(1000, 10_000, DEAR), (1000, 0, BLIND), (0, 10**9, BLIND), (500, 900, CHEAP)],
)
def test_the_estimate_goes_up_a_tier_only_where_that_is_worth_its_price(estimate, worth, used):
    decision = decide(of=routing(worth=worth), complexity=lambda _: estimate)

    assert decision.model_used == used
    assert decision.route.decided_by is DecidedBy.ESTIMATE
    assert decision.route.complexity_thousandths == estimate
    assert f"the prompt is estimated at {estimate} of 1000" in decision.message


def test_what_is_estimated_is_advice_and_smaller_models_come_last():
    sure = {"of": routing(worth=10**9), "complexity": lambda _: 1000}
    decision = decide(budget(limit=500), **sure, request=routed(lower_output_limit=False))

    assert order(decision) == [DEAR, CHEAP, BLIND]
    assert (decision.kind, decision.model_used) == (DecisionKind.REROUTE, CHEAP)
    assert decision.code is ReasonCode.REROUTED_TO_FIT
    assert decision.message == f"budget search-daily cannot pay for {DEAR}; {CHEAP} fits"


def test_nothing_is_estimated_where_it_could_not_decide():
    def never(_request):
        raise AssertionError

    written = decide(of=routing(virtual("auto", LARGE), worth=5), complexity=never)
    unpriced = decide(complexity=never)
    alone = decide(of=routing(virtual("auto", None, BLIND), worth=5), complexity=never)
    named = decide(of=routing(worth=5), complexity=never, request=request())

    assert [d.code for d in (written, unpriced, alone)] == [ReasonCode.ROUTED] * 3
    assert named.code is ReasonCode.WITHIN_BUDGETS


def test_a_prompt_without_text_is_no_reason_for_a_larger_model():
    decision = decide(of=routing(worth=10**9), complexity=lambda _: None)

    assert decision.model_used == BLIND
    assert "there is no text to estimate" in decision.message


def test_a_rule_of_the_task_type_comes_before_the_estimate_and_after_the_virtual_model():
    rules = routing(virtual("auto"), virtual("small", SMALL), rule("contract", LARGE), worth=10**9)
    by_rule = decide(of=rules, request=routed("auto", task_type="contract"))
    by_name = decide(of=rules, request=routed("small", task_type="contract"))

    assert (by_rule.model_used, by_rule.route.decided_by) == (DEAR, DecidedBy.TASK_TYPE)
    assert by_rule.message.startswith("the rule of task type contract asks for tier large")
    assert (by_name.model_used, by_name.route.decided_by) == (BLIND, DecidedBy.VIRTUAL_MODEL)


@pytest.mark.parametrize(
    ("parts", "used", "virtual_model"),
    [
        ((rule("summary", MIDDLE),), CHEAP, None),
        ((rule("summary", MIDDLE), virtual("auto", None, DEAR, BLIND)), DEAR, "auto"),
        ((rule("summary", SMALL), virtual("auto", LARGE)), BLIND, "auto"),
        ((rule("summary", model="drafts"), virtual("drafts", LARGE)), DEAR, "drafts"),
        ((rule("summary", model=CHEAP),), CHEAP, None),
        ((virtual("auto", MIDDLE),), CHEAP, "auto"),
    ],
)
def test_a_request_that_names_nothing_but_its_task_type_is_served_by_its_rule_or_by_auto(
    parts, used, virtual_model
):
    decision = decide(of=routing(*parts), request=routed(None, task_type="summary"))

    assert (decision.kind, decision.model_used) == (DecisionKind.ALLOW, used)
    assert decision.model_asked == "taskType=summary"
    assert decision.route.virtual_model == virtual_model
    assert decision.route.task_type == "summary"


def test_a_rule_that_names_a_model_lets_its_ladder_stand_in():
    decision = decide(
        budget(limit=500),
        of=routing(rule("legacy", model=DEAR)),
        ladders={DEAR: (CHEAP,)},
        request=routed(None, task_type="legacy"),
    )

    assert (decision.kind, decision.model_used) == (DecisionKind.REROUTE, CHEAP)


def test_a_task_type_that_nothing_speaks_of_is_refused_and_the_answer_names_what_there_is():
    decision = decide(of=routing(rule("summary", SMALL)), request=routed(None, task_type="poem"))

    assert decision.code is ReasonCode.UNKNOWN_MODEL
    (error,) = decision.errors
    assert error.field == "modelId"
    assert error.problem == "is missing, and no rule names task type 'poem'"
    assert "summary as task type" in error.allowed
    assert DEAR in error.allowed


def test_without_routing_a_model_must_be_named():
    bare = {"of": NO_ROUTING, "request": routed(None, task_type="poem")}
    decision = decide(**bare)

    assert decision.code is ReasonCode.UNKNOWN_MODEL
    assert decision.errors[0].allowed == "a model, for sentry.yaml has no routing"
    assert decide(of=NO_ROUTING, request=routed("auto")).code is ReasonCode.UNKNOWN_MODEL


def test_where_no_candidate_can_do_it_the_refusal_says_why_of_each():
    picture = Needs(modalities=frozenset({"text", "video"}))
    decision = decide(request=routed("large", needs=picture))

    assert (decision.kind, decision.code) == (DecisionKind.REJECT, ReasonCode.MODEL_UNSUITABLE)
    for model in (DEAR, CHEAP, BLIND):
        assert f"{model}: it takes no video" in decision.message
    assert [rung.model_id for rung in decision.rungs] == [DEAR, CHEAP, BLIND]


def test_where_none_that_can_do_it_reaches_the_tier_the_refusal_says_so():
    picture = Needs(modalities=frozenset({"text", "image"}))
    only = routing(virtual("drafts", LARGE, CHEAP, BLIND))
    decision = decide(of=only, request=routed("drafts", needs=picture))

    assert decision.code is ReasonCode.MODEL_UNSUITABLE
    assert f"{CHEAP}: tier middle is below the required large" in decision.message
    assert f"{BLIND}: it takes no image" in decision.message


def test_a_model_that_no_budget_covers_is_passed_over():
    only_cheap = budget("cheap", scope={"team": "search", "model": CHEAP}, limit=10**6)
    decision = decide(only_cheap)

    assert decision.model_used == CHEAP
    assert (BLIND, "no budget covers it") in decision.route.passed_over


def test_where_no_budget_covers_any_of_them_the_code_says_so():
    decision = decide(budget(scope={"team": "support"}, limit=10**6))

    assert decision.code is ReasonCode.NO_BUDGET


def test_a_virtual_model_without_a_model_that_has_a_price_is_refused():
    strange = models(**{UNPRICED: Model(id=UNPRICED, tier=SMALL)})
    decision = decide(
        of=routing(virtual("odd", None, UNPRICED)), models=strange, request=routed("odd")
    )

    assert decision.code is ReasonCode.MODEL_UNSUITABLE
    assert f"{UNPRICED}: it has no price" in decision.message


def test_a_model_that_is_not_listed_is_passed_over_also_if_a_document_names_it():
    decision = decide(of=routing(virtual("auto", None, "gone", BLIND)))

    assert decision.model_used == BLIND
    assert decision.route.passed_over == (("gone", "it is not in sentry.yaml"),)


def test_ladders_come_after_the_order_and_each_model_once_also_in_a_circle():
    ladders = {BLIND: (STRANGER, CHEAP, BLIND), CHEAP: (BLIND, STRANGER)}
    decision = decide(
        budget(limit=1),
        of=routing(virtual("auto", None, BLIND, CHEAP)),
        ladders=ladders,
        request=routed(lower_output_limit=False),
    )

    assert [rung.model_id for rung in decision.rungs] == [BLIND, CHEAP, STRANGER]


def test_a_prompt_that_is_too_long_for_the_first_choice_goes_to_the_next():
    long = {"input_bound_tokens": 20_000, "input_floor_tokens": 100}
    only = {"of": routing(virtual("auto", None, CHEAP, DEAR)), "request": routed(**long)}
    decision = decide(counter=Counter(cheap=10_001, dear=900), **only)
    refused = decide(counter=Counter(cheap=10_001, dear=10_002), **only)

    assert (decision.kind, decision.model_used) == (DecisionKind.REROUTE, DEAR)
    assert refused.code is ReasonCode.MODEL_UNSUITABLE
    assert f"{CHEAP}: its context window is 10000 tokens" in refused.message


def test_parts_made_for_one_provider_go_to_a_choice_of_that_provider_only():
    parts = {"needs": Needs(vendor_parts=frozenset({"outputConfig"}))}
    mixed = models(**{STRANGER: Model(id=STRANGER, tier=SMALL)})
    alone = decide(request=routed(**parts))
    among_others = decide(request=routed(**parts), models=mixed)

    assert alone.code is ReasonCode.ROUTED
    assert among_others.code is ReasonCode.MODEL_UNSUITABLE
    assert "nobody says whose models its outputConfig is made for" in among_others.message


def test_the_same_id_is_answered_as_it_was_whatever_the_router_would_choose_now():
    one = sentry(PLENTY)
    first = one.decide(routed())
    changed = sentry(PLENTY, of=routing(virtual("auto", LARGE)))
    changed.ledger = one.ledger
    object.__setattr__(changed.admission, "ledger", one.ledger)

    again = changed.decide(routed(), attempt="execution-2")
    other = changed.decide(routed(digest="d2"), attempt="execution-3")

    assert first.model_used == again.model_used == BLIND
    assert (again.code, again.route) == (ReasonCode.ALREADY_ANSWERED, None)
    assert other.code is ReasonCode.REQUEST_ID_REUSED


def test_a_stage_that_prefers_the_ladder_prefers_what_is_cheaper_and_never_what_is_dearer():
    saving = budget(limit=10**6, stages=Stages(prefer_ladder_percent=50))
    sure = {"of": routing(worth=10**9), "complexity": lambda _: 500}
    full, half = (sentry(saving, **sure) for _ in range(2))
    half.totals.posted["search-daily", DAY] = 600_000
    cheap_first = sentry(saving)
    cheap_first.totals.posted["search-daily", DAY] = 600_000

    assert full.decide(routed()).model_used == DEAR
    rerouted = half.decide(routed())
    assert (rerouted.model_used, rerouted.code) == (CHEAP, ReasonCode.REROUTED_TO_SAVE)
    unmoved = cheap_first.decide(routed())
    assert (unmoved.model_used, unmoved.code) == (BLIND, ReasonCode.ROUTED)
