"""The mail about an incident: what, whose, done, undo in its first lines, whatever the incident."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.application.incident_notice import incident_notice, notice_key
from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.anomaly_rules import TELL_ONLY, Action, AnomalyRule
from cost_sentry.domain.incident import NO_EVIDENCE, Evidence, Lead
from cost_sentry.domain.incident_course import not_acted, opened, revised
from cost_sentry.domain.incident_end import closed, lifted
from tests.fakes.admissions import config
from tests.fakes.builders import NOON, budget
from tests.fakes.incident_desk import DOLLAR, FREEZE, TEAMS, TIGHTEN, sighting

CONFIG = config(budget(), teams=TEAMS, alert_addresses=("finops@example.com",))
FIRST = ("What:", "Whose:", "Done:", "Undo:")
EVIDENCE = Evidence(
    application=Lead(name="search/web", picodollars=9 * DOLLAR, of_picodollars=10 * DOLLAR),
    model=Lead(name="us.amazon.nova-pro-v1:0", picodollars=8 * DOLLAR, of_picodollars=10 * DOLLAR),
    budget_id="search-daily",
    window_id="2026-11-21",
)


def mail(incident):
    return incident_notice(incident, CONFIG)


def first_lines(incident):
    return mail(incident).body.splitlines()[:5]


def test_the_first_lines_say_what_whose_done_and_undo():
    incident = opened(None, sighting(severity=Severity.CRITICAL), FREEZE, EVIDENCE, NOON)

    assert mail(incident).subject == "Cost sentry: critical anomaly: team=search"
    assert first_lines(incident)[:4] == [
        "What:     spends $12.00 a minute; usual is $3.00",
        "Whose:    search@example.com, for team=search",
        "Done:     froze it until 2026-11-21 13:00Z",
        f"Undo:     cost-sentry incidents lift {incident.id} --reason 'all is well'",
    ]


def test_the_mail_about_a_model_names_who_answers_for_it_however_long_the_models_name():
    told = sighting(scope={"model": "anthropic.claude-" + "opus-" * 20 + "v1:0"})
    incident = opened(None, told, FREEZE, NO_EVIDENCE, NOON)
    config = replace(CONFIG, alert_addresses=("finops@example.com", "cfo@example.com"))

    named, nobody = (
        incident_notice(incident, one).body.splitlines()[1]
        for one in (config, replace(config, alert_addresses=()))
    )

    assert named.startswith("Whose:    finops@example.com and 1 more, for model=anthropic.")
    assert nobody.startswith("Whose:    nobody named in sentry.yaml, for model=anthropic")


def test_the_evidence_says_since_when_who_on_what_and_what_it_will_cost():
    body = mail(opened(None, sighting(), TIGHTEN, EVIDENCE, NOON)).body

    assert "slowed it to $6.00 a minute until 2026-11-21 13:00Z" in body
    assert "Since:    2026-11-21 11:55Z, told by detector" in body
    assert "How much: 400 % of what would be ordinary" in body
    assert "Of that:  calls 390 %, tokens a call 103 %, cost a token 100 %" in body
    assert "Who:      search/web: $9.00 of $10.00 in search-daily 2026-11-21" in body
    assert "Model:    us.amazon.nova-pro-v1:0: $8.00 of $10.00 in search-daily" in body
    assert "$8,640.00 more by midnight" in body.replace("\n          ", " ")


def test_what_is_unknown_is_not_told_as_nothing():
    alarm = sighting(usual=None, seen=None, percent=None, source="CostSentry-dev-anomaly-search")

    body = mail(opened(None, alarm, TIGHTEN, NO_EVIDENCE, NOON)).body

    assert "What:     spending is unlike itself since 2026-11-21 11:55Z" in body
    assert "slowed it to $1.00 a minute" in body
    assert "Ahead" not in body
    assert "$0" not in body


def test_an_end_and_a_lifting_are_told_with_who_and_why():
    incident = opened(None, sighting(), TIGHTEN, EVIDENCE, NOON)
    by_itself = closed(incident, NOON + timedelta(hours=1))
    by_owner = lifted(incident, "arn:aws:iam::1:user/ana", "a load test", NOON)

    assert "anomaly over" in mail(by_itself).subject
    assert "it is over: no sign of it since 2026-11-21 13:00Z" in mail(by_itself).body
    assert "Done:     nothing any more: what it did ended at 2026-11-21 13:00Z" in (
        mail(by_itself).body
    )
    assert "Undo:     nothing to undo" in mail(by_itself).body
    assert "Done:     lifted by arn:aws:iam::1:user/ana" in mail(by_owner).body
    assert "Note:     a load test" in mail(by_owner).body


def test_what_was_told_only_is_never_said_to_have_been_lifted():
    incident = opened(None, sighting(), TELL_ONLY, EVIDENCE, NOON)

    body = mail(closed(incident, NOON + timedelta(hours=2))).body

    assert "Done:     nothing: it was told only" in body
    assert "lifted" not in body
    assert "It is over at 2026-11-21 14:00Z unless there are further signs" in mail(incident).body


def test_other_scopes_that_show_the_same_and_what_is_acted_on_are_named():
    joined = sighting(joined=("model=example.dear-v1:0",))
    incident = opened(None, joined, TIGHTEN, EVIDENCE, NOON)
    web = {"team": "search", "application": "web"}
    incident = replace(incident, acts_on=web, measure=replace(incident.measure, scope=web))

    body = mail(incident).body

    assert "Also in:  model=example.dear-v1:0" in body
    assert "slowed application=web, team=search to" in body or (
        "slowed team=search, application=web to" in body
    )


def test_of_what_was_not_done_the_mail_says_why():
    incident = not_acted(opened(None, sighting(), TIGHTEN, EVIDENCE, NOON), "no room", NOON)

    assert "Done:     nothing: it is told only" in mail(incident).body
    assert "Note:     no room" in mail(incident).body


def test_a_revision_that_is_no_news_has_the_key_of_the_news_before():
    first = opened(None, sighting(), TIGHTEN, EVIDENCE, NOON)
    later = NOON + timedelta(minutes=30)
    longer = revised(first, sighting(seen_at=later), TIGHTEN, later)

    assert longer.revision == first.revision + 1
    assert notice_key(longer) == notice_key(first)


names = st.text(min_size=1, max_size=128)
amounts = st.one_of(st.none(), st.integers(0, 10**27))
rules = st.builds(
    AnomalyRule,
    scope=st.just({}),
    action=st.sampled_from(Action),
    percent=st.integers(1, 10_000),
    floor=st.integers(1, 10**20),
    cool_down_minutes=st.integers(5, 1440),
)


@given(
    scope=st.dictionaries(st.sampled_from(["team", "application", "model"]), names, min_size=1),
    source=names,
    usual=amounts,
    seen=amounts,
    lead=names,
    reason=st.text(max_size=300),
    rule=rules,
    end=st.sampled_from(["goes on", "closed", "lifted", "not acted"]),
)
def test_every_mail_says_all_four_in_its_first_five_lines(
    *, scope, source, usual, seen, lead, reason, rule, end
):
    evidence = Evidence(
        application=Lead(name=lead, picodollars=1, of_picodollars=2), budget_id="b", window_id="w"
    )
    try:
        told = sighting(scope=scope, source=source, usual=usual, seen=seen)
        incident = opened(None, told, rule, evidence, NOON)
    except ValueError:
        assert len("".join((*scope, *scope.values())).encode()) > 300, "its texts have no room"
        return
    if end == "closed":
        incident = closed(incident, NOON)
    elif end == "lifted":
        incident = lifted(incident, lead, reason, NOON)
    elif end == "not acted":
        incident = not_acted(incident, reason, NOON)

    notice = mail(incident)

    lines = notice.body.splitlines()
    assert [line.split(maxsplit=1)[0] for line in lines[:4]] == list(FIRST)
    assert all(len(line) > len("What:     ") for line in lines[:4])
    assert notice.body.isascii()
    assert len(notice.subject) <= 100
    assert notice.subject.isascii()


def test_recipients_are_told_once_each():
    rule = AnomalyRule(scope={}, tell=("search@example.com", "lead@example.com"))

    notice = mail(opened(None, sighting(), rule, EVIDENCE, NOON))

    assert notice.recipients == ("search@example.com", "lead@example.com", "finops@example.com")


@pytest.mark.parametrize("seen", [0, 10**27])
def test_what_it_will_cost_is_of_the_rest_of_the_day(seen):
    late = NOON.replace(hour=23, minute=59)

    body = mail(opened(None, sighting(seen_at=late, seen=seen), TIGHTEN, EVIDENCE, late)).body

    assert "more by midnight" in body
