"""Routing that could serve nobody is found, with line, field and what is allowed."""

import pytest

from cost_sentry import bootstrap
from cost_sentry.domain.routing import LARGE, SMALL
from cost_sentry.domain.routing_rules import NO_ROUTING, TaskRule, VirtualModel
from tests.fakes.sentry_files import GOOD, load, problems

PRO, LITE = "us.amazon.nova-pro-v1:0", "us.amazon.nova-lite-v1:0"
TIERED = GOOD.replace("lite-v1:0]}", "lite-v1:0], tier: large}").replace(
    "lite-v1:0:\n", "lite-v1:0: {tier: small}\n"
)
TOO_LARGE = "taskTypes: {x: {tier: large}}"
WHOLE = f"""\
routing:
  virtualModels:
    auto:
    small: {{tier: small}}
    drafts: {{models: [{LITE}]}}
  taskTypes:
    summary: {{tier: small}}
    contract review: {{model: drafts}}
    legacy: {{model: {PRO}}}
  answerWorth: 0.002
"""


def test_what_is_written_is_what_the_sentry_goes_by(file):
    config = load(file, TIERED + WHOLE).config

    assert (config.models[PRO].tier, config.models[LITE].tier) == (LARGE, SMALL)
    assert config.routing.virtual_models == {
        "auto": VirtualModel(id="auto"),
        "small": VirtualModel(id="small", tier=SMALL),
        "drafts": VirtualModel(id="drafts", models=(LITE,)),
    }
    assert config.routing.task_types["summary"] == TaskRule(task_type="summary", tier=SMALL)
    assert config.routing.task_types["contract review"].model == "drafts"
    assert config.routing.answer_worth_picodollars == 2 * 10**9


def test_without_routing_nothing_is_routed_and_the_document_is_as_before(file):
    found = load(file, GOOD)

    assert found.config.routing == NO_ROUTING
    assert "routing" not in found.document
    assert found.document["models"][LITE] == {"ladder": []}


@pytest.mark.parametrize(
    ("routing", "field", "problem"),
    [
        ("routing: {}", "routing", "names neither virtual models nor task types"),
        (
            f"routing: {{virtualModels: {{{LITE}: {{}}}}}}",
            f'routing.virtualModels."{LITE}"',
            "is the name of a model",
        ),
        (
            "routing: {virtualModels: {eu.amazon.nova-pro-v1:0: {}}}",
            'routing.virtualModels."eu.amazon.nova-pro-v1:0"',
            "is the name of a model",
        ),
        (
            "routing: {virtualModels: {auto: {models: []}}}",
            "routing.virtualModels.auto.models",
            "it is empty",
        ),
        (
            "routing: {virtualModels: {auto: {models: [us.amazon.nova-litle-v1:0]}}}",
            "routing.virtualModels.auto.models[0]",
            f"is not listed under models (did you mean {LITE}",
        ),
        (
            f"routing: {{virtualModels: {{auto: {{models: [{LITE}, {LITE}]}}}}}}",
            "routing.virtualModels.auto.models[1]",
            "is named twice",
        ),
        (
            f"routing: {{virtualModels: {{x: {{tier: large, models: [{LITE}]}}}}}}",
            "routing.virtualModels.x.tier",
            "no model that it may choose has tier large",
        ),
        (
            "routing: {virtualModels: {x: {tier: lage}}}",
            "routing.virtualModels.x.tier",
            '"lage" is not accepted',
        ),
        (
            "routing: {virtualModels: {x: {model: y}}}",
            "routing.virtualModels.x.model",
            "unknown field (did you mean models?)",
        ),
        (
            "routing: {taskTypes: {summary: {}}}",
            "routing.taskTypes.summary",
            "it names no tier and no model",
        ),
        (
            f"routing: {{taskTypes: {{summary: {{tier: small, model: {LITE}}}}}}}",
            "routing.taskTypes.summary",
            "it names both",
        ),
        (
            "routing: {virtualModels: {drafts: {}}, taskTypes: {summary: {model: draft}}}",
            "routing.taskTypes.summary.model",
            'there is no model "draft" (did you mean drafts?)',
        ),
        (
            f"routing: {{virtualModels: {{auto: {{models: [{LITE}]}}}}, {TOO_LARGE}}}",
            "routing.taskTypes.x.tier",
            "no model that it may choose has tier large",
        ),
        (
            "routing: {virtualModels: {auto: {}}, answerWorth: -1}",
            "routing.answerWorth",
            "is not accepted",
        ),
    ],
)  # fmt: skip
def test_fails_on_routing_that_serves_nobody(file, routing, field, problem):
    (found,) = problems(file, f"{TIERED}{routing}\n")

    assert (found.line, found.field) == (TIERED.count("\n") + 1, field)
    assert problem in found.problem
    assert found.allowed


def test_fails_on_a_model_that_routing_may_choose_and_that_has_no_tier(file):
    untiered = TIERED.replace(" {tier: small}", "")
    listed = f"routing: {{virtualModels: {{x: {{models: [{LITE}]}}}}}}"
    by_rule = f"routing: {{taskTypes: {{x: {{model: {LITE}}}}}}}"
    (found,), (ruled,) = problems(file, untiered + listed), problems(file, untiered + by_rule)

    assert found.problem == ruled.problem == f'"{LITE}" has no tier'
    assert found.allowed == f'models."{LITE}".tier: small, middle, large'


def test_fails_on_a_virtual_model_that_stands_for_no_model(file):
    (found,) = problems(file, f"{GOOD}routing: {{virtualModels: {{auto: {{}}}}}}")

    assert found.problem == '"auto" stands for no model: none has a tier'


def test_fails_on_a_tier_of_a_model_that_nobody_knows_the_abilities_of(file):
    text = TIERED.replace("budgets:", "  openai.gpt-5.4: {tier: small}\nbudgets:")
    found = problems(file, text)

    assert [one.field for one in found] == ['models."openai.gpt-5.4".tier']
    assert "nobody wrote down what" in found[0].problem


def many(small, large):
    """A file with so many models of a tier, that ends where its routing begins."""
    book = bootstrap.price_book()
    known = [id_ for id_ in book.model_ids() if book.card(id_)]
    tiers = [*["small"] * small, *["large"] * large]
    lines = [f"  {id_}: {{tier: {tier}}}\n" for id_, tier in zip(known, tiers, strict=False)]
    assert len(lines) == small + large
    before, _, after = GOOD.partition("  us.amazon.nova-pro")
    return f"{before}{''.join(lines)}budgets:{after.partition('budgets:')[2]}routing:\n"


def crowds(file, text):
    """What is said of choices among too many, and nothing else is."""
    return [(one.field, one.problem, one.allowed) for one in problems(file, text)]


def test_fails_where_more_models_reach_a_rules_tier_than_are_considered(file):
    for auto in ("", "  virtualModels: {auto: {tier: large}}\n"):
        rules = f"{auto}  taskTypes: {{a: {{tier: large}}, b: {{tier: small}}}}\n"

        assert crowds(file, many(20, 1) + rules) == [
            (
                "routing.taskTypes",
                "a request that names nothing but its task type would choose among 21 models",
                "at most 20: name them in routing.virtualModels.auto.models",
            )
        ]


def test_fails_where_more_models_reach_the_tier_of_a_virtual_model_than_are_considered(file):
    found = crowds(file, many(1, 20) + "  virtualModels: {x: {tier: small}, y: {tier: large}}\n")

    assert [one[0] for one in found] == ["routing.virtualModels.x"]
    assert found[0][1:] == (
        '"x" would choose among 21 models',
        "at most 20: name them in routing.virtualModels.x.models",
    )


def test_any_number_of_models_may_have_a_tier_that_nothing_asks_for(file):
    asked = "  virtualModels: {x: {tier: large}}\n  taskTypes: {a: {tier: large}}\n"

    assert len(load(file, many(30, 20) + asked).config.models) == 50


def test_models_on_each_others_ladders_in_a_circle_are_found_at_the_dearer_rung(file):
    micro = "us.amazon.nova-micro-v1:0"
    text = GOOD.replace(
        "lite-v1:0:\n", f"lite-v1:0: {{ladder: [{micro}]}}\n  {micro}: {{ladder: [{PRO}]}}\n"
    )
    (found,) = problems(file, text)

    assert found.field == f'models."{micro}".ladder[0]'
    assert f"is not cheaper than {micro}" in found.problem
