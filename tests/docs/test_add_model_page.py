"""The page about models does what it says: its models are called, and stand in for each other."""

from dataclasses import replace

import pytest

from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.sentry_config import Model
from cost_sentry_client.config_file import ConfigFileInvalid, load_config
from tests.docs.page_world import BOOK, World, of_page, says, written

PAGE = "docs/how-to/add-a-model.md"
PRO, LITE, MICRO = (f"eu.amazon.nova-{name}-v1:0" for name in ("pro", "lite", "micro"))
REST = """\
apiVersion: cost-sentry/v1
teams: {search: }
budgets: [{id: all, unit: usd, window: month, limit: LIMIT}]
"""
MODELS = of_page(PAGE, "yaml")[0] + "\n"
PLENTY = "100"
NO_PRICE = "example.no-such-model-v1:0"
IMAGE = {"image": {"format": "png", "source": {"bytes": "aGk="}}}


def loaded(tmp_path, models=MODELS, limit=PLENTY):
    return load_config(written(tmp_path, REST.replace("LIMIT", limit) + models))


def problems(tmp_path, models):
    with pytest.raises(ConfigFileInvalid) as caught:
        loaded(tmp_path, models)
    return " ".join(one.problem for one in caught.value.problems)


def dollars(tmp_path, model_id, tokens=500):
    """What a call of so long an answer holds, as a limit of a budget."""
    limits = {"inferenceConfig": {"maxTokens": tokens}}
    held = World(loaded(tmp_path).config).decide(modelId=model_id, **limits).reservation
    return f"{held.quote_picodollars / 10**12:.12f}"


@pytest.mark.parametrize("model", [PRO, LITE, MICRO])
def test_every_model_of_the_page_may_be_called_by_its_id_or_an_arn_of_it(tmp_path, model):
    assert says(PAGE, "A model can be called when it is in `sentry.yaml` and has a price.")
    assert says(PAGE, "Requests may also give the ARN of either in the deployment's Region")
    world = World(loaded(tmp_path).config)
    arn = f"arn:aws:bedrock:eu-central-1:123456789012:inference-profile/{model}"

    assert world.decide(modelId=model).model_used == model
    assert world.decide(modelId=arn).model_used == model
    assert world.decide(modelId="eu.amazon.nova-premier-v1:0").code is ReasonCode.UNKNOWN_MODEL


def test_rungs_are_tried_from_the_top_when_the_budgets_cannot_pay(tmp_path):
    assert says(PAGE, "Rungs are tried from the top when the budgets cannot pay for the model,")
    for used in (LITE, MICRO):
        world = World(loaded(tmp_path, limit=dollars(tmp_path, used)).config)

        decision = world.decide(modelId=PRO, lowerOutputLimit=False)

        assert (decision.kind, decision.model_used) == (DecisionKind.REROUTE, used)
        tried = [PRO, LITE, MICRO]
        assert [rung.model_id for rung in decision.rungs] == tried[: tried.index(used) + 1]


def test_each_rung_must_be_listed_and_cheaper(tmp_path):
    cheaper = "Each must be listed, cheaper than the model, and not dearer than a rung before it."
    assert says(PAGE, cheaper)
    dearer = MODELS.replace(f"  {LITE}:\n", f"  {LITE}:\n    ladder: [{PRO}]\n")
    unlisted = MODELS.replace(f"  {MICRO}:\n", "")

    rungs = [f"      - {LITE}\n", f"      - {MICRO}\n"]
    climbs = MODELS.replace("".join(rungs), "".join(rungs[::-1]))

    assert climbs != MODELS
    assert LITE in problems(tmp_path, climbs)
    assert "not cheaper" in problems(tmp_path, dearer) or "cycle" in problems(tmp_path, dearer)
    assert MICRO in problems(tmp_path, unlisted)


def test_a_rung_that_cannot_do_the_job_is_passed_over_and_the_answer_says_why(tmp_path):
    assert says(PAGE, "is passed over, and the answer's `rungs` says why")
    models = MODELS.replace(f"      - {LITE}\n", "")
    world = World(loaded(tmp_path, models, limit=dollars(tmp_path, MICRO)).config)
    content = [{"text": "What is it?"}, IMAGE]

    decision = world.decide(modelId=PRO, messages=[{"role": "user", "content": content}])

    assert decision.kind is DecisionKind.REJECT
    [why] = [rung.outcome for rung in decision.rungs if rung.model_id == MICRO]
    assert "image" in why


def test_without_a_ladder_the_answer_is_made_shorter_or_the_call_refused(tmp_path):
    assert says(PAGE, "Without a ladder the answer is made shorter, or the call refused.")
    models = f"models:\n  {PRO}:\n"
    world = World(loaded(tmp_path, models, limit=dollars(tmp_path, PRO, tokens=200)).config)

    shorter = world.decide(modelId=PRO)
    refused = world.decide(modelId=PRO, lowerOutputLimit=False)

    assert shorter.code is ReasonCode.OUTPUT_LIMIT_LOWERED
    assert refused.code is ReasonCode.BUDGET_EXHAUSTED


def test_a_model_without_a_price_is_told_and_refused(tmp_path):
    assert says(PAGE, "`config check` says so, and calls are refused as `UNKNOWN_MODEL`")
    config = loaded(tmp_path).config
    listed = replace(config, models={**config.models, NO_PRICE: Model(id=NO_PRICE)})

    assert "is not in price book" in problems(tmp_path, f"{MODELS}  {NO_PRICE}:\n")
    assert World(listed).decide(modelId=NO_PRICE).code is ReasonCode.UNKNOWN_MODEL


def test_a_model_without_a_card_can_be_asked_for_and_never_stands_in(tmp_path):
    assert says(PAGE, "A model without a card can be asked for, and never stands in.")
    name = next(id_ for id_ in BOOK.model_ids() if BOOK.card(id_) is None)
    config = loaded(tmp_path, f"{MODELS}  {name}:\n", limit=dollars(tmp_path, LITE)).config
    ladder = {**config.models, PRO: Model(id=PRO, ladder=(name, LITE))}
    rich = loaded(tmp_path, f"{MODELS}  {name}:\n").config

    decision = World(replace(config, models=ladder)).decide(modelId=PRO, lowerOutputLimit=False)

    assert World(rich).decide(modelId=name).model_used == name
    assert decision.model_used == LITE
    [why] = [rung.outcome for rung in decision.rungs if rung.model_id == name]
    assert why == "nobody wrote down what it can do"


def test_a_tier_needs_a_model_card(tmp_path):
    assert says(PAGE, "Give it a `tier`: `small`, `middle` or `large`.")
    name = next(id_ for id_ in BOOK.model_ids() if BOOK.card(id_) is None)

    for tier in ("small", "middle", "large"):
        assert loaded(tmp_path, MODELS.replace(f"  {MICRO}:\n", f"  {MICRO}: {{tier: {tier}}}\n"))
    with pytest.raises(ConfigFileInvalid):
        loaded(tmp_path, f"{MODELS}  {name}: {{tier: small}}\n")


def test_a_rung_of_another_provider_is_passed_over_if_the_request_is_made_for_one(tmp_path):
    assert says(PAGE, "So is a rung of another provider, if the request has what is made for one")
    sonnet = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
    models = f"models:\n  {sonnet}: {{ladder: [{LITE}]}}\n  {LITE}:\n"
    limit, fields = dollars(tmp_path, LITE), {"additionalModelRequestFields": {"top_k": 5}}

    plain, made = (
        World(loaded(tmp_path, models, limit=limit).config).decide(modelId=sonnet, **more)
        for more in ({}, fields)
    )

    assert plain.model_used == LITE
    assert made.kind is DecisionKind.REJECT
    [why] = [rung.outcome for rung in made.rungs if rung.model_id == LITE]
    assert "made for anthropic models" in why
