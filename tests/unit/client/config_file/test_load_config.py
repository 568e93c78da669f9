"""Every mistake is answered with line, field, the value given, and what is allowed."""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.window import WindowKind
from cost_sentry_client.config_file import ConfigDocument, ConfigFileInvalid, load_config

GOOD = """\
apiVersion: cost-sentry/v1
teams:
  search: {owners: [lead@example.com]}
  growth:
models:
  us.amazon.nova-pro-v1:0: {ladder: [us.amazon.nova-lite-v1:0]}
  us.amazon.nova-lite-v1:0:
budgets:
  - id: all
    unit: usd
    window: month
    limit: 12.50
  - id: pro-tokens
    scope: {team: search, model: amazon.nova-pro-v1:0}
    unit: tokens
    window: day
    limit: 150000
    thresholds: [90]
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "sentry.yaml"


def load(file: Path, text: str) -> ConfigDocument:
    file.write_text(text, encoding="utf-8")
    return load_config(file)


def problems(file: Path, text: str):
    with pytest.raises(ConfigFileInvalid) as caught:
        load(file, text)
    return caught.value.problems


def test_a_good_file_becomes_the_configuration(file):
    config = load(file, GOOD).config

    everything, tokens = config.budgets
    assert (everything.limit, everything.unit, everything.scope) == (
        12_500_000_000_000,
        Unit.USD,
        {},
    )
    assert (tokens.limit, tokens.window) == (150_000, WindowKind.DAY)
    assert tokens.thresholds_percent == (90,)
    assert config.teams["search"].owners == ("lead@example.com",)
    assert config.models["us.amazon.nova-pro-v1:0"].ladder == ("us.amazon.nova-lite-v1:0",)
    assert config.required_tags == ("team",)


def test_the_same_file_has_the_same_version_and_another_limit_another(file):
    version = load(file, GOOD).config.version

    assert load(file, "# a comment\n" + GOOD).config.version == version
    assert load(file, GOOD.replace("12.50", "'12.5'")).config.version == version
    assert load(file, GOOD.replace("12.50", "12.51")).config.version != version


@pytest.mark.parametrize(
    ("written", "picodollars"),
    [
        ("0.1", 100_000_000_000),
        ('"0.1"', 100_000_000_000),
        ("0.000000000001", 1),
        ("12345678.123456789012", 12_345_678_123_456_789_012),
        ("7", 7_000_000_000_000),
    ],
)
def test_a_limit_is_read_digit_by_digit(file, written, picodollars):
    assert load(file, GOOD.replace("12.50", written)).config.budgets[0].limit == picodollars


def test_team_is_always_required_and_others_when_asked_for(file):
    text = GOOD + "defaults: {requiredTags: [application, team]}\n"

    assert load(file, text).config.required_tags == ("team", "application")


@pytest.mark.parametrize(
    "mistake",
    [
        ("cost-sentry/v1", "v2", 1, "apiVersion", '"v2"', "cost-sentry/v1"),
        ("apiVersion: cost-sentry/v1\n", "", 1, "apiVersion", "missing", "version"),
        ("teams:", "team:", 2, "team", "did you mean teams?", "teams, models"),
        ("growth:", "Growth:", 4, "teams.Growth", '"Growth"', "a-z, 0-9"),
        ("growth:", "search:", 4, "teams.search", "again, first on line 3", "once"),
        ("lead@example.com", "lead", 3, "teams.search.owners[0]", '"lead"', "e-mail address"),
        ("[lead@", "[lead@example.com, lead@", 3, "teams.search.owners[1]", "twice", "once"),
        ("owners:", "owner:", 3, "teams.search.owner", "did you mean owners?", "owners"),
        ("{owners: [lead@example.com]}", "5", 3, "teams.search", '"5"', "fields owners"),
        ("[lead@example.com]", "", 3, "teams.search.owners", "nothing stands here", "a list"),
        ("id: all\n    unit", "unit", 9, "budgets[0].id", "missing", "name of the budget"),
        ("id: all", "id: All_1", 9, "budgets[0].id", '"All_1"', "a-z, 0-9 and '-'"),
        ("id: pro-tokens", "id: all", 13, "budgets[1].id", "already the id of budgets[0]", "own"),
        ("unit: usd", "unit: requests", 10, "budgets[0].unit", '"requests"', "usd or tokens"),
        ("month", "hour", 11, "budgets[0].window", '"hour"', "day, week, month or none"),
        ("12.50", "0", 12, "budgets[0].limit", '"0" usd', "above 0"),
        ("12.50", "-1", 12, "budgets[0].limit", '"-1"', "plain digits"),
        ("12.50", ".nan", 12, "budgets[0].limit", '".nan"', "plain digits"),
        ("12.50", "Infinity", 12, "budgets[0].limit", '"Infinity"', "plain digits"),
        ("12.50", "1e3", 12, "budgets[0].limit", '"1e3"', "plain digits"),
        ("12.50", "010", 12, "budgets[0].limit", '"010"', "plain digits"),
        ("12.50", "$5", 12, "budgets[0].limit", '"$5"', "plain digits"),
        ("12.50", "0.0000000000001", 12, "budgets[0].limit", "0000001", "12 decimals"),
        ("12.50", "1000000000.01", 12, "budgets[0].limit", "no limit", "at most 1000000000 usd"),
        ("12.50", "[1]", 12, "budgets[0].limit", "a list stands here", "text"),
        ("12.50", "", 12, "budgets[0].limit", "nothing stands here", "text"),
        ("150000", "1.5", 17, "budgets[1].limit", "fraction of a token", "whole tokens"),
        ("team: search", "team: serch", 14, "budgets[1].scope.team", "mean search?", "growth"),
        ("team: search", "team: ''", 14, "budgets[1].scope.team", '""', "1 to 128"),
        ("team: search", "a#b: c", 14, 'budgets[1].scope."a#b"', '"a#b"', "no '#'"),
        ("team: search", '"a\\x07": c', 14, 'budgets[1].scope."a\\x07"', "x07", "control"),
        (
            "model: amazon",
            "model: us.amazon",
            *(14, "budgets[1].scope.model", "counts the model everywhere", "without geography"),
        ),
        ("model: amazon.nova-pro", "model: x.y", 14, "budgets[1].scope.model", "no model", "pro"),
        ("[90]", "[0]", 18, "budgets[1].thresholds[0]", '"0" is too small', "at least 1"),
        ("[90]", "[101]", 18, "budgets[1].thresholds[0]", '"101" is too large', "at most 100"),
        ("[90]", "[50.5]", 18, "budgets[1].thresholds[0]", '"50.5"', "whole number"),
        ("[90]", "[90, 80]", 18, "budgets[1].thresholds[1]", "80 comes after 90", "rising"),
        ("[90]", "[90, 90]", 18, "budgets[1].thresholds[1]", "90 comes after 90", "rising"),
    ],
)
def test_fails_with_the_line_and_field_of_the_mistake(file, mistake):
    old, new, line, field, problem, allowed = mistake
    assert old in GOOD

    found = problems(file, GOOD.replace(old, new))

    (answer,) = [p for p in found if (p.line, p.field) == (line, field)]
    assert problem in answer.problem
    assert allowed in answer.allowed
    assert answer.file == str(file)


@pytest.mark.parametrize(
    ("defaults", "field", "allowed"),
    [
        ("{holdSeconds: 359}", "defaults.holdSeconds", "at least 360"),
        ("{holdSeconds: 420.0}", "defaults.holdSeconds", "whole number"),
        ("{holdSeconds: '420'}", "defaults.holdSeconds", "whole number"),
        ("{holdSeconds: yes}", "defaults.holdSeconds", "whole number"),
        ("{outputTokens: 0}", "defaults.outputTokens", "at least 1"),
        ("{outputTokens: 900, outputTokensMax: 800}", "defaults.outputTokens", "at most 800"),
        ("{requiredTags: [model]}", "defaults.requiredTags[0]", "other than model"),
        ("{requiredTags: [a, a]}", "defaults.requiredTags[1]", "once"),
        ("{requiredTags: a}", "defaults.requiredTags", "a list"),
        ("[]", "defaults", "fields outputTokens"),
    ],
)
def test_fails_on_defaults_that_cannot_hold(file, defaults, field, allowed):
    (found,) = problems(file, f"{GOOD}defaults: {defaults}\n")

    assert (found.line, found.field) == (19, field)
    assert allowed in found.allowed


@pytest.mark.parametrize(
    ("ladder", "index", "problem"),
    [
        ("us.amazon.nova-pro-v1:0", 0, "a model on its own ladder"),
        ("us.amazon.nova-lite-v1:0, us.amazon.nova-lite-v1:0", 1, "named twice"),
        ("us.amazon.nova-micro-v1:0", 0, "is not listed under models (did you mean us."),
        ("us.amazon.nova-premier-v1:0", 0, "is not cheaper than us.amazon.nova-pro-v1:0"),
    ],
)
def test_fails_on_a_rung_that_cannot_stand_in(file, ladder, index, problem):
    text = GOOD.replace("ladder: [us.amazon.nova-lite-v1:0]", f"ladder: [{ladder}]")
    text = text.replace("budgets:", "  us.amazon.nova-premier-v1:0:\nbudgets:")

    (found,) = problems(file, text)

    assert (found.line, found.field) == (6, f'models."us.amazon.nova-pro-v1:0".ladder[{index}]')
    assert problem in found.problem


def test_two_models_cannot_each_be_the_cheaper_one(file):
    text = GOOD.replace(
        "nova-lite-v1:0:\n", "nova-lite-v1:0: {ladder: [us.amazon.nova-pro-v1:0]}\n"
    )

    (found,) = problems(file, text)

    assert found.line == 7
    assert "0.80 / 3.20 against 0.06 / 0.24 dollars per million tokens" in found.problem


def test_fails_on_a_model_without_a_price_and_suggests_those_with_one(file):
    text = GOOD.replace(
        "  us.amazon.nova-lite-v1:0:\n",
        "  us.amazon.nova-lite-v1:0:\n  us.amazon.nova-litle-v1:0:\n",
    )

    (found,) = problems(file, text)

    assert found.line == 8
    assert "did you mean us.amazon.nova-lite-v1:0" in found.problem
    assert "never free" in found.allowed


def test_all_mistakes_are_named_at_once_in_the_order_of_the_file(file):
    text = GOOD.replace("usd", "eur").replace("lead@example.com", "x").replace("[90]", "[0]")

    assert [problem.line for problem in problems(file, text)] == [3, 10, 18]


def test_the_message_is_one_line_per_problem_that_an_editor_can_jump_to(file):
    text = GOOD.replace("usd", "eur")

    with pytest.raises(ConfigFileInvalid) as caught:
        load(file, text)

    assert str(caught.value) == (
        f'{file}:10:11: budgets[0].unit: "eur" is not accepted; allowed: usd or tokens'
    )


def test_a_value_given_is_shown_on_one_line_and_not_without_end(file):
    (found,) = problems(file, GOOD.replace("month", '"a\\nb' + "x" * 500 + '"'))

    assert "\n" not in found.problem
    assert len(found.problem) < 120


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (b"# nothing but a comment\n", "nothing stands here"),
        (b"- 1\n", "a list stands here"),
        (b"apiVersion: \xff", "the text is not UTF-8"),
        (b"# " + b"x" * 300_000, "the file is too large"),
    ],
)
def test_fails_on_a_file_that_is_no_sentry_yaml(file, content, problem):
    file.write_bytes(content)

    with pytest.raises(ConfigFileInvalid) as caught:
        load_config(file)

    assert caught.value.problems[0].problem == problem


def test_fails_on_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigFileInvalid, match="no such file"):
        load_config(tmp_path / "none.yaml")
    with pytest.raises(ConfigFileInvalid, match="is a directory"):
        load_config(tmp_path)


def test_a_byte_order_mark_is_no_mistake(file):
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())

    assert load_config(file).config.teams


def test_a_team_that_no_budget_covers_is_a_warning(file):
    text = GOOD.replace("id: all\n", "id: all\n    scope: {team: search}\n")

    (warning,) = load(file, text).warnings

    assert (warning.line, warning.field) == (4, "teams.growth")
    assert 'calls of "growth" to any model' in warning.problem
    assert "NO_BUDGET" in warning.problem


def test_a_budget_on_one_model_leaves_the_others_uncovered(file):
    text = GOOD.replace("id: all\n", "id: all\n    scope: {model: amazon.nova-pro-v1:0}\n")

    warnings = load(file, text).warnings

    assert [w.field for w in warnings] == ["teams.search", "teams.growth"]
    assert all("to us.amazon.nova-lite-v1:0;" in w.problem for w in warnings)


def test_a_budget_that_needs_a_further_tag_does_not_cover_the_team(file):
    text = GOOD.replace("id: all\n", "id: all\n    scope: {application: web}\n")

    assert len(load(file, text).warnings) == 2


def many(number: int, scope: str) -> str:
    return GOOD + "".join(
        f"  - {{id: b{i}, unit: usd, window: day, limit: 1, scope: {scope.format(i)}}}\n"
        for i in range(number)
    )


def test_fails_on_more_budgets_for_one_call_than_one_write_can_charge(file):
    (found,) = problems(file, many(39, "{{team: search}}"))

    assert (found.line, found.field) == (8, "budgets")
    assert 'a call of "search" to us.amazon.nova-pro-v1:0 may match 41 budgets' in found.problem


def test_budgets_that_no_call_can_match_together_are_no_crowd(file):
    assert load(file, many(38, "{{team: search}}")).config.budgets
    assert load(file, many(200, "{{team: search, application: app-{0}}}")).config.budgets


WORDS = st.sampled_from(
    ["apiVersion", "teams", "models", "budgets", "defaults", "alerts", "id", "scope", "limit", "x"]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | WORDS
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | LEAVES, inner, max_size=4),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(tree=TREES)
def test_no_tree_of_values_is_answered_with_anything_but_problems(file, tree):
    found = problems(file, yaml.safe_dump(tree, allow_unicode=True))

    assert all(p.line >= 1 and p.problem and p.allowed for p in found)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.integers(0, len(GOOD)), noise=st.text(max_size=3), length=st.integers(0, 9))
def test_no_damage_to_a_good_file_is_answered_with_anything_but_problems(
    file, place, noise, length
):
    damaged = (GOOD[:place] + noise + GOOD[place + length :]).encode("utf-8", "surrogatepass")
    file.write_bytes(damaged)

    assert all(p.line >= 1 and p.problem and p.allowed for p in outcome(file))


def outcome(file: Path):
    """What ``load_config`` says, good or bad; anything else it does fails the test."""
    try:
        return load_config(file).warnings
    except ConfigFileInvalid as error:
        return error.problems
