"""The page about policies does what it says: its policies strike the calls that it speaks of."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry_client.config_file import ConfigFileInvalid, load_config
from tests.docs.page_world import World, leads_to, of_page, says, written
from tests.tidy.tree import ROOT

PAGE = "docs/how-to/write-a-policy.md"
US_PRO = "us.amazon.nova-pro-v1:0"
PRO, LITE = "eu.amazon.nova-pro-v1:0", "eu.amazon.nova-lite-v1:0"
REST = f"""\
apiVersion: cost-sentry/v1
teams: {{search: }}
models: {{"{PRO}": {{ladder: ["{LITE}"]}}, "{LITE}": }}
budgets: [{{id: all, unit: usd, window: month, limit: 100}}]
"""
BERLIN = ZoneInfo("Europe/Berlin")
NIGHTS, PERMIT = of_page(PAGE, "cedar")
FILES, KNOWN_TAGS = of_page(PAGE, "yaml")
STARTER = (ROOT / "examples" / "policies" / "starter.cedar").read_text(encoding="utf-8")


@pytest.fixture
def world(tmp_path):
    """The page's policies, or others, put where the page says; ``config check`` takes them."""

    def made(*texts, at=(2, 12, 0)):
        folder = {f"p{number}": text for number, text in enumerate(texts)}
        config = load_config(written(tmp_path, REST + FILES, **folder)).config
        day, hour, minute = at
        return World(config, datetime(2026, 11, 22 + day, hour, minute, tzinfo=BERLIN))

    return made


MONDAY, FRIDAY, SATURDAY, SUNDAY = 1, 5, 6, 7


@pytest.mark.parametrize(
    ("at", "is_struck"),
    [
        ((MONDAY, 7, 59), False),
        ((MONDAY, 8, 0), True),
        ((FRIDAY, 17, 59), True),
        ((FRIDAY, 18, 0), False),
        ((SATURDAY, 12, 0), False),
        ((SUNDAY, 12, 0), False),
    ],
)
def test_calls_that_can_wait_run_when_the_sentence_of_the_policy_says(world, at, is_struck):
    sentence = "Calls with priority low run outside of 8 to 18 o'clock, Monday to Friday."

    low = world(NIGHTS, PERMIT, at=at).decide(modelId=PRO, priority="low")
    normal = world(NIGHTS, PERMIT, at=at).decide(modelId=PRO)

    assert (low.code is ReasonCode.FORBIDDEN_BY_POLICY) is is_struck
    assert [note.sentence for note in low.policies] == [sentence] * 2 * is_struck
    assert normal.code is ReasonCode.WITHIN_BUDGETS


def test_what_nothing_permits_is_forbidden_and_the_last_policy_permits_the_rest(world):
    assert says(PAGE, "Cedar forbids what nothing permits, so keep one that permits the rest")

    assert says(PAGE, "refuses a set in which nothing that is enforced permits anything")
    with pytest.raises(ConfigFileInvalid, match="no policy that is enforced permits anything"):
        world(NIGHTS)

    with_it = world(NIGHTS, PERMIT)

    assert with_it.decide(modelId=PRO).code is ReasonCode.WITHIN_BUDGETS
    assert "What no policy forbids is permitted." in PERMIT


def test_in_shadow_mode_nothing_changes_and_the_answer_says_what_would_have(world):
    assert says(
        PAGE, "Nothing changes for callers, but each call that it would have struck says so"
    )
    assert says(PAGE, 'Give it `@mode("shadow")`')

    decision = world(f'@mode("shadow")\n{NIGHTS}', PERMIT).decide(modelId=PRO, priority="low")

    assert (decision.code, decision.model_used) == (ReasonCode.WITHIN_BUDGETS, PRO)
    assert [note.policy_id for note in decision.shadow] == ["batch-work-runs-at-night"]
    assert decision.policies == ()


def test_a_caller_reads_the_sentence_and_the_model_and_a_rung_steps_in(world):
    assert says(PAGE, "The caller reads the policy's sentence, and which model it struck")
    dear = '@id("no-pro")\n@sentence("No pro.")\nforbid (principal, action, resource)\n'
    dear += 'when { resource == CostSentry::Model::"amazon.nova-pro-v1:0" };'

    decision = world(dear, PERMIT).decide(modelId=PRO)

    assert (decision.kind, decision.model_used) == (DecisionKind.REROUTE, LITE)
    [note] = decision.policies
    assert (note.sentence, note.model_id) == ("No pro.", "amazon.nova-pro-v1:0")


@pytest.mark.parametrize(
    ("guard", "condition"),
    [
        ("context has budgetLeftPercent", "context.budgetLeftPercent > 5"),
        ("resource has tier", 'resource.tier == CostSentry::Tier::"large"'),
        ("resource has region", 'resource.region == "eu-west-1"'),
    ],
)
def test_what_may_be_absent_must_be_asked_for_before(world, guard, condition):
    assert says(PAGE, f"so ask `{guard} &&` before")
    head = '@id("x")\n@sentence("No.")\nforbid (principal, action, resource) when {'

    with pytest.raises(Exception, match="x"):
        world(f"{head} {condition} }};", PERMIT)

    assert world(f"{head} {guard} && {condition} }};", PERMIT).decide(modelId=PRO)


def test_pinned_says_that_the_caller_names_the_model(world):
    assert says(PAGE, "`context.pinned` says that the caller names the model")
    no_lite = 'context.pinned && resource == CostSentry::Model::"amazon.nova-lite-v1:0"'
    head = '@id("x")\n@sentence("No.")\nforbid (principal, action, resource)'

    world = world(f"{head} when {{ {no_lite} }};", PERMIT)

    assert world.decide(modelId=LITE).code is ReasonCode.FORBIDDEN_BY_POLICY


def some(tags):
    """None of the tags, and all but one."""
    return [{}, *({n: v for n, v in tags.items() if n != left_out} for left_out in tags)]


@pytest.fixture
def starter(tmp_path):
    """The starter set, its team and providers changed, beside the least ``sentry.yaml``."""
    assert says(PAGE, "put your own team and providers where it says `research`, `amazon` and `an")
    policies = STARTER.replace("research", "search").replace("anthropic", "amazon")
    yaml = REST.replace("eu.", "us.") + FILES
    return lambda more: World(
        load_config(written(tmp_path, f"{yaml}\n{more}", starter=policies)).config
    )


def test_the_starter_set_begins_in_shadow_mode_where_its_tags_are_known(starter):
    assert says(PAGE, "and let policies speak of its tags:")
    assert says(PAGE, "Calls without them are decided as before, and each says so")
    world, named = starter(KNOWN_TAGS), {"project": "a", "environment": "b", "taskType": "c"}

    bare, *few = (world.decide(modelId=US_PRO, tags={"team": "search", **t}) for t in some(named))

    for decision in (bare, *few):
        assert decision.code is ReasonCode.WITHIN_BUDGETS
        assert [note.policy_id for note in decision.shadow] == ["calls-name-what-they-are-for"]
    assert not world.decide(modelId=US_PRO, tags={"team": "search", **named}).shadow


def test_a_required_tag_is_asked_for_before_any_policy_is(starter):
    assert says(PAGE, "refused as `INVALID_REQUEST` before any policy is asked")

    decision = starter(KNOWN_TAGS.replace("knownTags", "requiredTags")).decide(modelId=US_PRO)

    assert (decision.code, decision.shadow) == (ReasonCode.INVALID_REQUEST, ())


def test_a_tag_of_which_sentry_yaml_knows_nothing_is_refused(starter):
    assert says(PAGE, "refuses a policy that speaks of a tag of which `sentry.yaml` knows nothing")

    with pytest.raises(ConfigFileInvalid) as caught:
        starter(KNOWN_TAGS.replace("project", "projekt"))

    [problem] = caught.value.problems
    assert problem.problem == 'it speaks of tag "project" (did you mean projekt?)'
    assert "defaults.knownTags" in problem.allowed


def test_the_pages_that_it_leads_to_are_there():
    for target in ("examples/policies/starter.cedar", "docs/explanation/who-is-calling.md"):
        assert leads_to(PAGE, target)
