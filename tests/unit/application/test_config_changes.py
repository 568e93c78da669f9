from zoneinfo import ZoneInfo

import pytest

from cost_sentry.application.apply_config import ChangedThing, ChangeKind, plan_config
from cost_sentry.domain.anomaly_rules import AnomalyRule, AnomalyRules
from cost_sentry.domain.answer_cache import AnswerCaching
from cost_sentry.domain.approval_rules import ApprovalRules
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.circuit import CircuitRules
from cost_sentry.domain.endpoint_rules import EVERY_OTHER, EndpointRules
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.external_rules import ExternalUsageRules
from cost_sentry.domain.retry import RetryRules
from cost_sentry.domain.routing import LARGE, SMALL
from cost_sentry.domain.sentry_config import Application, Model, Team
from cost_sentry.domain.window import WindowKind
from tests.fakes.builders import allowance, budget
from tests.fakes.configurations import configuration
from tests.fakes.policies import policies, policy
from tests.fakes.routings import routing, rule, virtual

DOLLAR = 10**12


def texts(current, wanted, limits):
    return [change.text for change in plan_config(current, wanted, limits)]


def test_the_same_configuration_is_no_change():
    config = configuration(budget(limit=DOLLAR))

    assert plan_config(config, config, {"search-daily": DOLLAR}) == ()


def test_the_first_configuration_adds_everything():
    web = Application(id="web", environment="prod")
    wanted = configuration(
        budget(limit=DOLLAR),
        teams={"search": Team(id="search", applications={"web": web})},
        emergency_allowances=(allowance(),),
        policies=policies(),
        circuit_breaker=CircuitRules(),
        retries=RetryRules(),
        routing=routing(virtual("auto"), rule("summary", model="auto")),
        external_usage=ExternalUsageRules(()),
        anomalies=AnomalyRules(rules=(AnomalyRule(scope={}),)),
        approvals=ApprovalRules(approvers=("arn:aws:iam::111122223333:role/Owners",)),
        endpoints=EndpointRules(groups=(EVERY_OTHER,)),
    )

    changes = plan_config(None, wanted, {})

    assert {change.kind for change in changes} == {ChangeKind.ADDED}
    assert {change.thing for change in changes} == set(ChangedThing)


def test_a_breaker_that_comes_goes_or_changes_is_shown():
    none = configuration()
    some = configuration(circuit_breaker=CircuitRules(), retries=RetryRules(percent=5))
    other = configuration(circuit_breaker=CircuitRules(failures=9))

    def told(before, after):
        return [line for line in texts(before, after, {}) if "budget" not in line]

    assert told(none, some) == [
        "added circuit breaker: failures 5, failurePercent 50, withinSeconds 30, openSeconds 30",
        "added retries: percent 5, attemptsMax 2",
    ]
    assert told(some, other) == [
        "changed circuit breaker: failures 5 → 9",
        "removed retries",
    ]


def test_applications_that_come_go_or_change_are_shown():
    def named(**environments):
        told = {n: Application(id=n, environment=e) for n, e in environments.items()}
        return configuration(teams={"search": Team(id="search", applications=told)})

    told = texts(named(web="dev", old=None), named(web="prod", new=None), {})

    assert [line for line in told if "application" in line] == [
        "changed application search/web: environment dev → prod",
        "added application search/new: environment none, answerCache none",
        "removed application search/old",
    ]


def test_what_changes_about_routing_is_shown():
    before = configuration(routing=routing(virtual("auto"), rule("summary", SMALL), worth=DOLLAR))
    after = configuration(
        routing=routing(virtual("auto", LARGE, "a", "b"), rule("chat", model="auto"))
    )

    assert texts(before, after, {"search-daily": before.budgets[0].limit}) == [
        "changed routing: answerWorth 1.00 usd → none",
        "changed virtual model auto: tier none → large",
        "changed virtual model auto: models all with a tier → a, b",
        "added task type chat: tier none, model auto",
        "removed task type summary",
    ]


def test_an_added_budget_is_shown_whole():
    wanted = configuration(budget(limit=DOLLAR), budget("other", limit=3 * DOLLAR // 2, scope={}))

    (line,) = texts(configuration(budget(limit=DOLLAR)), wanted, {"search-daily": DOLLAR})

    assert line.startswith("added budget other: limit 1.50 usd, window day, scope everything,")
    assert line.endswith("owners none, thresholds 50, 80, 100, stages none, mode enforce")


def test_a_changed_policy_says_so_and_a_removed_one_is_named():
    rule = "forbid (principal, action, resource);"
    current = configuration(policies=policies("UTC", policy("it", rule), policy("old", rule)))
    longer = rule.replace(";", " when { context.hour > 1 };")
    wanted = configuration(policies=policies("Asia/Tokyo", policy("it", longer, shadow=True)))

    lines = texts(current, wanted, {"search-daily": 1_000})

    assert lines[0] == "changed policies: timeZone UTC → Asia/Tokyo"
    assert lines[1] == "changed policy it: mode enforce → shadow"
    assert lines[2].startswith("changed policy it: text ")
    assert lines[3:] == ["removed policy old"]


def test_a_removed_budget_is_named():
    current = configuration(budget(), budget("other"))

    assert texts(current, configuration(budget()), {"search-daily": 1_000, "other": 1_000}) == [
        "removed budget other"
    ]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"limit": 2 * DOLLAR}, "limit 1.00 usd → 2.00 usd"),
        ({"scope": {}}, "scope team=search → everything"),
        ({"owners": ("a@example.com",)}, "owners none → a@example.com"),
        ({"thresholds_percent": (90,)}, "thresholds 50, 80, 100 → 90"),
    ],
)
def test_a_changed_budget_says_which_field_went_from_what_to_what(changes, line):
    current = configuration(budget(limit=DOLLAR))
    wanted = configuration(budget(**{"limit": DOLLAR, **changes}))

    assert texts(current, wanted, {"search-daily": DOLLAR}) == [
        f"changed budget search-daily: {line}"
    ]


def test_teams_models_defaults_and_alerts_are_compared_too():
    current = configuration()
    wanted = configuration(
        teams={"search": Team(id="search"), "growth": Team(id="growth")},
        models={"amazon.nova-lite-v1:0": Model(id="amazon.nova-lite-v1:0", ladder=("m",))},
        hold_seconds=600,
        required_tags=("team", "application"),
        known_tags=("project",),
        alert_addresses=("finops@example.com",),
    )

    assert texts(current, wanted, {"search-daily": 1_000}) == [
        "changed defaults: requiredTags team → team, application",
        "changed defaults: knownTags none → project",
        "changed defaults: holdSeconds 420 → 600",
        "changed alerts: addresses none → finops@example.com",
        "changed team search: owners search@example.com → none",
        "added team growth: owners none",
        "changed model amazon.nova-lite-v1:0: ladder none → m",
    ]


def test_a_limit_that_was_changed_behind_the_file_is_drift():
    config = configuration(budget(limit=DOLLAR))

    assert texts(config, config, {"search-daily": 5 * DOLLAR}) == [
        "drifted budget search-daily: limit 5.00 usd → 1.00 usd"
    ]


def test_a_budget_that_the_ledger_lost_is_drift():
    config = configuration(budget(limit=DOLLAR))

    assert texts(config, config, {}) == [
        "drifted budget search-daily: limit none in the ledger → 1.00 usd"
    ]


def test_a_budget_that_comes_back_shows_the_limit_that_the_ledger_kept():
    wanted = configuration(budget(), budget("back", limit=2 * DOLLAR))

    lines = texts(configuration(), wanted, {"search-daily": 1_000, "back": DOLLAR})

    assert lines[-1] == "drifted budget back: limit 1.00 usd → 2.00 usd"


def test_an_interrupted_change_of_a_limit_is_no_drift():
    current, wanted = configuration(budget(limit=1)), configuration(budget(limit=2))

    changes = plan_config(current, wanted, {"search-daily": 2})

    assert [change.kind for change in changes] == [ChangeKind.CHANGED]


@pytest.mark.parametrize(
    ("unit", "line"),
    [
        (Unit.TOKENS, "limit 1 token → 40 tokens"),
        (Unit.INPUT_TOKENS, "limit 1 input token → 40 input tokens"),
        (Unit.REQUESTS, "limit 1 request → 40 requests"),
        (Unit.IN_FLIGHT, "limit 1 call in flight → 40 calls in flight"),
    ],
)
def test_amounts_say_what_they_count(unit, line):
    current, wanted = (configuration(budget(limit=limit, unit=unit)) for limit in (1, 40))

    assert texts(current, wanted, {"search-daily": 1}) == [f"changed budget search-daily: {line}"]


def test_an_added_budget_of_another_time_zone_says_which():
    berlin = budget("berlin", limit=DOLLAR, time_zone=ZoneInfo("Europe/Berlin"))

    (line,) = texts(configuration(), configuration(budget(), berlin), {"search-daily": 1_000})

    assert line.startswith("added budget berlin: limit 1.00 usd, window day Europe/Berlin, scope")


@pytest.mark.parametrize(
    "changes",
    [
        {"unit": Unit.TOKENS},
        {"window": WindowKind.MONTH},
        {"time_zone": ZoneInfo("Europe/Berlin")},
    ],
)
def test_fails_when_a_budget_would_count_something_else(changes):
    with pytest.raises(ConfigurationError, match="new id, such as search-daily-2"):
        plan_config(configuration(), configuration(budget(**changes)), {})


def test_an_emergency_allowance_is_compared_field_by_field():
    current = configuration(budget(), emergency_allowances=(allowance(),))
    wanted = configuration(budget(), emergency_allowances=(allowance(calls_per_day=9),))

    assert texts(current, wanted, {"search-daily": 1_000}) == [
        "changed emergency allowance outage: callsPerDay 2 → 9"
    ]


def test_a_cache_that_comes_or_changes_is_shown():
    def caching(cache):
        web = Application(id="web", answer_cache=cache)
        return configuration(teams={"search": Team(id="search", applications={"web": web})})

    none, short = caching(None), caching(AnswerCaching(ttl_seconds=60))
    any_ = caching(AnswerCaching(ttl_seconds=60, any_temperature=True))

    assert texts(none, short, {})[0] == (
        "changed application search/web: answerCache none → 60 s, temperature 0"
    )
    assert texts(short, any_, {})[0] == (
        "changed application search/web: answerCache 60 s, temperature 0 → 60 s, any temperature"
    )
