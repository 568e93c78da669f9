"""Every mistake is answered with line, field, the value given, and what is allowed."""

import pytest

from cost_sentry.domain.budget import Unit
from cost_sentry.domain.sentry_config import OUTPUT_TOKENS_MIN
from cost_sentry.domain.window import WindowKind
from cost_sentry_client.config_file import ConfigFileInvalid
from tests.fakes.sentry_files import GOOD, load, problems


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


@pytest.mark.parametrize("session", ["nightly", "550e8400-e29b-41d4-a716-446655440000"])
def test_a_scope_of_an_agent_run_that_there_cannot_be_is_told(file, session):
    text = GOOD.replace("scope: {team: search,", f"scope: {{team: search, session: {session},")

    [problem] = problems(file, text)

    assert problem.field == "budgets[1].scope.session"
    assert problem.problem == f'"{session}" is the id of no agent run, so no call has it'


def test_tags_that_policies_may_speak_of_are_kept_and_required_of_nobody(file):
    document = load(file, GOOD + "defaults: {knownTags: [project]}\n")

    assert (document.config.known_tags, document.config.required_tags) == (("project",), ("team",))
    assert "knownTags" not in load(file, GOOD).document["defaults"]


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
        ("unit: usd", "unit: calls", 10, "budgets[0].unit", '"calls"', "usd, tokens"),
        ("month", "decade", 11, "budgets[0].window", '"decade"', "quarter, year, session or none"),
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
        ("150000", "1.5", 17, "budgets[1].limit", "no whole number", "whole tokens"),
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
        ("{outputTokensMin: 0}", "defaults.outputTokensMin", "at least 1"),
        (
            "{outputTokens: 9, outputTokensMax: 9, outputTokensMin: 10}",
            "defaults.outputTokensMin",
            "at most 9",
        ),
        ("{requiredTags: [model]}", "defaults.requiredTags[0]", "other than model"),
        ("{requiredTags: [a, a]}", "defaults.requiredTags[1]", "once"),
        ("{knownTags: [model]}", "defaults.knownTags[0]", "other than model"),
        ("{knownTags: [a, a]}", "defaults.knownTags[1]", "once"),
        ("{requiredTags: a}", "defaults.requiredTags", "a list"),
        ("[]", "defaults", "fields outputTokens"),
    ],
)
def test_fails_on_defaults_that_cannot_hold(file, defaults, field, allowed):
    (found,) = problems(file, f"{GOOD}defaults: {defaults}\n")

    assert (found.line, found.field) == (19, field)
    assert allowed in found.allowed


def test_the_floor_of_output_is_held_against_the_maximum_only_if_it_is_written_down(file):
    loaded = load(file, f"{GOOD}defaults: {{outputTokens: 9, outputTokensMax: 9}}\n")

    assert loaded.config.output_tokens_min == OUTPUT_TOKENS_MIN


def test_all_mistakes_are_named_at_once_in_the_order_of_the_file(file):
    text = GOOD.replace("usd", "eur").replace("lead@example.com", "x").replace("[90]", "[0]")

    assert [problem.line for problem in problems(file, text)] == [3, 10, 18]


def test_the_message_is_one_line_per_problem_that_an_editor_can_jump_to(file):
    text = GOOD.replace("usd", "eur")

    with pytest.raises(ConfigFileInvalid) as caught:
        load(file, text)

    assert str(caught.value) == (
        f'{file}:10:11: budgets[0].unit: "eur" is not accepted; allowed: usd, tokens, '
        "input_tokens, output_tokens, requests, in_flight, retries, depth or children"
    )


def test_a_value_given_is_shown_on_one_line_and_not_without_end(file):
    (found,) = problems(file, GOOD.replace("month", '"a\\nb' + "x" * 500 + '"'))

    assert "\n" not in found.problem
    assert len(found.problem) < 120
