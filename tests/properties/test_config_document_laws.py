"""The stored configuration says exactly what was applied."""

import json
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.adapters.config_document import (
    config_from_document,
    config_to_document,
    document_version,
    with_version,
)
from cost_sentry.domain.budget import Budget, BudgetMode, Stages, Unit
from cost_sentry.domain.circuit import CircuitRules
from cost_sentry.domain.emergency import EmergencyAllowance
from cost_sentry.domain.endpoint_model import EndpointModel, WhileAsleep
from cost_sentry.domain.endpoint_rules import EndpointGroup, EndpointRules, JobRules
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.external_rules import ExternalUsageRules
from cost_sentry.domain.retry import RetryRules
from cost_sentry.domain.routing import TIER_NAMES
from cost_sentry.domain.routing_rules import Routing, TaskRule, VirtualModel
from cost_sentry.domain.sentry_config import (
    OUTPUT_TOKENS_MIN,
    Application,
    Model,
    SentryConfig,
    Team,
)
from cost_sentry.domain.service_tier import FlexPrice
from cost_sentry.domain.timetable import Timetable
from cost_sentry.domain.window import WindowKind
from tests.fakes.builders import budget
from tests.fakes.configurations import configuration
from tests.fakes.time_zones import ZONES

names = st.text(min_size=1, max_size=12)
minutes = st.integers(1, 1439)
timetables = st.builds(
    Timetable,
    days=st.frozensets(st.integers(0, 6), min_size=1),
    opens_minute=minutes,
    closes_minute=minutes,
    zone=st.sampled_from(ZONES),
)
groups = st.builds(
    EndpointGroup,
    id=names,
    scope=st.dictionaries(names, names, max_size=2),
    timetable=st.none() | timetables,
    idle_minutes=st.none() | minutes,
    instead=st.none() | names,
    probe=st.none() | names,
)
endpoints = st.none() | st.builds(
    EndpointRules,
    idle_minutes=minutes,
    up_minutes_min=minutes,
    wake_minutes_max=minutes,
    actions_per_run_max=minutes,
    is_dry_run=st.booleans(),
    protected=st.lists(st.dictionaries(names, names, max_size=2), max_size=2).map(tuple),
    groups=st.lists(groups, max_size=2).map(tuple),
    instance_prices=st.dictionaries(names, st.integers(0, 10**15), max_size=2),
    jobs=st.none() | st.builds(JobRules, warn_percent=minutes, stops_per_run_max=minutes),
)
lists = st.lists(names, max_size=3).map(tuple)
percents = st.none() | st.integers(1, 100)
budgets = st.builds(
    Budget,
    id=names,
    scope=st.dictionaries(names, names, max_size=3),
    unit=st.sampled_from(Unit),
    window=st.sampled_from(WindowKind),
    time_zone=st.sampled_from(ZONES),
    limit=st.integers(min_value=1, max_value=10**21),
    owners=lists,
    thresholds_percent=st.lists(st.integers(1, 100), max_size=4).map(tuple),
    mode=st.sampled_from(BudgetMode),
    stages=st.builds(
        Stages,
        prefer_ladder_percent=percents,
        lower_output_percent=percents,
        critical_only_percent=percents,
    ),
)
applications = st.dictionaries(names, st.none() | names, max_size=2).map(
    lambda told: {n: Application(id=n, environment=e) for n, e in told.items()}
)
allowances = st.builds(
    EmergencyAllowance,
    id=names,
    scope=st.dictionaries(names, names, min_size=1, max_size=3),
    model_id=names,
    calls_per_day=st.integers(1, 100),
    input_tokens_max=st.integers(1, 10**6),
    output_tokens_max=st.integers(1, 10**6),
)
tiers = st.sampled_from([None, *range(len(TIER_NAMES))])
rates = st.integers(1, 10**9)
flexes = st.none() | st.builds(FlexPrice, input=rates, output=rates)
routings = st.builds(
    Routing,
    virtual_models=st.dictionaries(names, st.tuples(tiers, lists), max_size=2).map(
        lambda told: {n: VirtualModel(id=n, tier=t, models=m) for n, (t, m) in told.items()}
    ),
    task_types=st.dictionaries(names, st.tuples(tiers, st.none() | names), max_size=2).map(
        lambda told: {n: TaskRule(task_type=n, tier=t, model=m) for n, (t, m) in told.items()}
    ),
    answer_worth_picodollars=st.none() | st.integers(0, 10**18),
)
endpoint_models = st.builds(
    EndpointModel,
    name=names,
    component=st.none() | names,
    input=st.integers(1, 10**9),
    output=st.integers(1, 10**9),
    context_tokens=st.integers(1, 10**7),
    output_tokens_max=st.integers(1, 10**6),
    system=st.booleans(),
    asleep=st.sampled_from(WhileAsleep),
    wait_seconds_max=st.integers(0, 180),
)
configurations = st.builds(
    SentryConfig,
    version=st.just(""),
    teams=st.dictionaries(names, st.tuples(lists, applications), max_size=3).map(
        lambda teams: {
            id_: Team(id=id_, owners=owners, applications=named)
            for id_, (owners, named) in teams.items()
        }
    ),
    models=st.dictionaries(
        names, st.tuples(lists, tiers, flexes, st.none() | endpoint_models), max_size=3
    ).map(
        lambda models: {
            id_: Model(id=id_, ladder=ladder, tier=tier, flex=flex, endpoint=endpoint)
            for id_, (ladder, tier, flex, endpoint) in models.items()
        }
    ),
    budgets=st.lists(budgets, max_size=4).map(tuple),
    output_tokens_default=st.integers(1, 10**6),
    output_tokens_max=st.integers(1, 10**6),
    output_tokens_min=st.integers(1, 10**6),
    required_tags=lists,
    known_tags=st.lists(names, max_size=1).map(tuple),
    hold_seconds=st.integers(360, 10**5),
    alert_addresses=lists,
    emergency_allowances=st.lists(allowances, max_size=2).map(tuple),
    circuit_breaker=st.none() | st.builds(CircuitRules, failures=st.integers(1, 9)),
    retries=st.none() | st.builds(RetryRules, percent=st.integers(0, 10)),
    routing=routings,
    external_usage=st.builds(ExternalUsageRules, st.none() | lists),
    endpoints=endpoints,
)


@given(configurations)
def test_a_configuration_survives_its_document_as_json_text(config):
    text = json.dumps(config_to_document(config))

    assert config_from_document(json.loads(text)) == with_version(config)


@given(configurations)
def test_a_document_of_before_output_limits_were_lowered_has_the_usual_floor(config):
    document = json.loads(json.dumps(config_to_document(config)))
    document["defaults"].pop("outputTokensMin", None)

    assert config_from_document(document).output_tokens_min == OUTPUT_TOKENS_MIN


@given(configurations, configurations)
def test_two_configurations_share_a_version_only_if_they_say_the_same(one, other):
    same_content = replace(one, version="") == replace(other, version="")

    assert (with_version(one).version == with_version(other).version) == same_content


@given(configurations)
def test_the_version_does_not_depend_on_the_order_of_names(config):
    document = config_to_document(config)
    turned = dict(reversed(document.items()))

    assert document_version(turned) == document_version(document)


def damaged(path, value):
    document = json.loads(json.dumps(config_to_document(configuration())))
    part = document
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["format"], 6),
        (["budgets", 0, "stages"], []),
        (["budgets", 0, "mode"], "off"),
        (["teams", "search"], {"owners": [], "applications": []}),
        (["format"], None),
        (["teams"], None),
        (["teams"], []),
        (["models"], {"m": {}}),
        (["models"], {"m": {"ladder": [], "tier": "huge"}}),
        (["routing"], {}),
        (["routing"], {"virtualModels": {}, "taskTypes": {}, "answerWorth": "much"}),
        (["budgets", 0, "unit"], "eur"),
        (["budgets", 0, "window"], "decade"),
        (["budgets", 0, "timeZone"], "Europe/Berln"),
        (["budgets", 0, "timeZone"], 1),
        (["budgets", 0, "limit"], "NaN"),
        (["budgets", 0, "limit"], "-1"),
        (["defaults"], {}),
        (["emergencyAllowances"], [{}]),
    ],
)
def test_fails_as_an_operators_business_on_a_document_that_is_none(path, value):
    with pytest.raises(ConfigurationError, match=r"apply sentry\.yaml again"):
        config_from_document(damaged(path, value))


OLD = {
    "format": 1,
    "defaults": {
        "outputTokens": 1024,
        "outputTokensMax": 16384,
        "requiredTags": ["team"],
        "holdSeconds": 420,
    },
    "alerts": {"addresses": []},
    "teams": {"search": {"owners": ["search@example.com"]}},
    "models": {"amazon.nova-lite-v1:0": {"ladder": []}},
    "budgets": [
        {
            "id": "search-daily",
            "scope": {"team": "search"},
            "unit": "usd",
            "window": "day",
            "limit": "0.000000001",
            "owners": [],
            "thresholds": [50, 80, 100],
        }
    ],
}


def test_a_document_from_before_there_were_time_zones_is_read_and_keeps_its_version():
    config = config_from_document(OLD)

    assert config == configuration()
    assert config.version == "32821a84d7331651"
    assert config_to_document(config) == OLD


def test_an_older_sentry_does_not_take_another_time_zone_for_utc():
    zoned = configuration(budget(time_zone=ZoneInfo("Europe/Berlin")))

    document = config_to_document(zoned)

    assert document["format"] == 2
    assert document["budgets"][0]["timeZone"] == "Europe/Berlin"
