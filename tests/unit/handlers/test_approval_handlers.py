"""The functions of approvals over the real adapters: callers are proven, or nothing is done."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.credentials import Credentials
from moto import mock_aws

from cost_sentry import bootstrap
from cost_sentry.adapters import aws_clients, sts_endpoint
from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.application.apply_config import apply_config
from cost_sentry.application.approval_record import request_to_document
from cost_sentry.application.end_raises import EndedRaises
from cost_sentry.bootstrap import approvals
from cost_sentry.domain.approval_deed import content_digest, deed
from cost_sentry.domain.approval_rules import ApprovalRules
from cost_sentry.domain.errors import CallerUnproven, CostSentryError, RequestRefused
from cost_sentry.domain.money import picodollars
from cost_sentry.handlers import follow_request
from cost_sentry_client.signed_calls import proof_of
from tests.fakes.approval_functions import CONTEXT, HANDLERS, FakeStepFunctions
from tests.fakes.approval_world import ANNA, ASKER, BUDGET, FIRST
from tests.fakes.builders import ManualClock, budget
from tests.fakes.configurations import configuration
from tests.fakes.dynamodb_table import create_table
from tests.fakes.verifying_sts import VerifyingSts
from tests.unit.handlers.test_project_entries_handler import ENVIRONMENT

REGION = "us-east-1"
KEYS = {ANNA: ("AKIAANNA0000", "anna's"), ASKER: ("AKIACARL0000", "carl's")}
LIMIT = picodollars("10")


@pytest.fixture
def sts():
    made = VerifyingSts(f"https://sts.{REGION}.amazonaws.com", REGION)
    for arn, keys in KEYS.items():
        made.knows(Credentials(*keys), arn)
    return made


@pytest.fixture
def step_functions():
    return FakeStepFunctions()


@pytest.fixture
def deployed(monkeypatch, sts, step_functions):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(aws_clients, "step_functions_client", lambda: step_functions)
    monkeypatch.setattr(sts_endpoint, "send_once", sts)
    with mock_aws():
        create_table(boto3.client("dynamodb"), "ledger")
        topic = boto3.client("sns").create_topic(Name="alerts")["TopicArn"]
        monkeypatch.setenv("SENTRY_ALERT_TOPIC_ARN", topic)
        forget_what_was_built()
        apply_config(
            configuration(
                budget(BUDGET, LIMIT),
                approvals=ApprovalRules(approvers=(ANNA,), mail=("owners@example.com",)),
            ),
            store=approvals.config_store(),
            books=books(),
            clock=approvals.clock(),
        )
        yield topic
    forget_what_was_built()


def forget_what_was_built():
    for module in (bootstrap, approvals):
        for part in vars(module).values():
            if hasattr(part, "cache_clear"):
                part.cache_clear()


def books():
    return DynamoDbBooks(bootstrap.ledger_calls(), lambda _: None, approvals.clock())


def call(function, topic, verb, body, by=ASKER):
    session = boto3.Session(*KEYS[by], region_name=REGION)
    proof = proof_of(session, deed(topic, verb, body), REGION)
    event = {"verb": verb, "body": body, "proof": proof}
    return HANDLERS[function](event, CONTEXT)


def wanted(**changes):
    until = datetime.now(tz=UTC).replace(microsecond=0) + timedelta(days=1)
    given = {
        "id": FIRST,
        "reason": "release",
        "until": until.isoformat(),
        "budget": BUDGET,
        "amount": "2.50",
    }
    return {**given, **changes}


def shown():
    return content_digest(request_to_document(approvals.approvals().read(FIRST).request))


def answer(topic, verb, by=ANNA, **more):
    body = {"id": FIRST, "content": shown(), **more}
    return call("answer_request", topic, verb, body, by)


def follow():
    return HANDLERS["follow_request"]({"approvalId": FIRST}, CONTEXT)


def test_by_the_clock_a_raise_is_ended_whose_workflow_was_stopped(deployed, monkeypatch):
    call("ask_for_more", deployed, "ask", wanted())
    follow()
    answer(deployed, "approve")
    follow()
    early = HANDLERS["follow_request"]({}, CONTEXT)
    clock = ManualClock(datetime.now(tz=UTC) + timedelta(days=1, minutes=30))
    monkeypatch.setattr(approvals, "clock", lambda: clock)
    approvals.follower.cache_clear()

    late, again = (HANDLERS["follow_request"]({}, CONTEXT) for _ in range(2))

    assert (early, late, again) == ({"ended": 0}, {"ended": 1}, {"ended": 0})
    assert books().limits()[BUDGET] == LIMIT
    states = [one["state"] for one in approvals.approvals().history(FIRST)]
    assert states == ["asked", "approved", "ended"]


def test_a_raise_that_cannot_be_ended_is_an_error_that_an_alarm_counts(deployed, monkeypatch):
    left = EndedRaises(ended=(), problems=(f"{FIRST}: the ledger did not answer",))
    monkeypatch.setattr(follow_request, "end_raises", lambda _follower: left)

    with pytest.raises(CostSentryError, match="1 raises could not be ended"):
        HANDLERS["follow_request"]({}, CONTEXT)


def test_from_asking_to_the_end_each_step_does_its_part(deployed, step_functions):
    asked = call("ask_for_more", deployed, "ask", wanted())
    looked = follow()
    step_functions.waiting.add("token")
    waits = {"approvalId": FIRST, "revision": looked["revision"], "taskToken": "token"}
    waiting = HANDLERS["await_answer"](waits, CONTEXT)
    approved = answer(deployed, "approve", why="go")
    holds = follow()
    raised = books().limits()[BUDGET]
    ended = answer(deployed, "end", ASKER)
    last = follow()

    assert (asked["code"], asked["approval"]["askedBy"]) == ("DONE", ASKER)
    assert looked["isOpen"]
    assert waiting == {"waiting": True}
    assert (approved["code"], approved["approval"]["answeredBy"]) == ("DONE", ANNA)
    assert step_functions.woken == ["token"]
    assert holds["isOpen"]
    assert raised == LIMIT + picodollars("2.50")
    assert ended["code"] == "DONE"
    assert last == {"isOpen": False, "revision": 3, "waitSeconds": 0}
    assert books().limits()[BUDGET] == LIMIT
    states = [one["state"] for one in approvals.approvals().history(FIRST)]
    assert states == ["asked", "approved", "ended"]


def test_the_mail_is_out_once_it_was_followed(deployed):
    call("ask_for_more", deployed, "ask", wanted())

    follow()

    assert list(bootstrap.notices().due(datetime.now(tz=UTC), 5)) == []


@pytest.mark.parametrize(
    ("signed", "verb"),
    [({"id": FIRST}, "approve"), (None, "deny")],
    ids=["another request", "another verb"],
)
def test_what_was_not_signed_is_not_done(deployed, signed, verb):
    call("ask_for_more", deployed, "ask", wanted())
    body = {"id": FIRST, "content": shown()}
    session = boto3.Session(*KEYS[ANNA], region_name=REGION)
    proof = proof_of(session, deed(deployed, verb, signed or body), REGION)

    with pytest.raises(CallerUnproven):
        HANDLERS["answer_request"]({"verb": "approve", "body": body, "proof": proof}, CONTEXT)

    assert approvals.approvals().read(FIRST).state == "asked"


def test_whoever_is_proven_and_no_approver_is_told_so(deployed):
    call("ask_for_more", deployed, "ask", wanted())

    refused = answer(deployed, "approve", by=ASKER)

    assert refused["code"] == "NOT_ALLOWED"
    assert ASKER in refused["message"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": 5}, "id"),
        ({"reason": None}, "reason"),
        ({"until": "tomorrow"}, "until"),
        ({"until": "2026-12-01T00:00"}, "until"),
        ({"scope": ["team"]}, "scope"),
        ({"scope": {"team": 5}}, "team"),
        ({"amount": 2.5}, "amount"),
        ({"budget": "x" * 501}, "budget"),
    ],
)
def test_a_body_that_is_none_is_refused_by_its_field(deployed, changes, field):
    with pytest.raises(RequestRefused) as refused:
        call("ask_for_more", deployed, "ask", wanted(**changes))

    assert refused.value.errors[0].field == field


def test_a_verb_that_is_none_is_refused(deployed):
    with pytest.raises(RequestRefused, match="approve, deny, withdraw, end"):
        call("answer_request", deployed, "please", {"id": FIRST, "content": "x"})
