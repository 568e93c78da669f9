"""Who calls is proven by a signature that AWS STS checks, over what is to be done."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.credentials import Credentials
from botocore.exceptions import EndpointConnectionError

from cost_sentry.adapters.sts_endpoint import sts_endpoint
from cost_sentry.adapters.sts_identity import StsIdentity
from cost_sentry.domain.approval_deed import deed
from cost_sentry.domain.errors import CallerUnproven
from cost_sentry_client.signed_calls import proof_of
from tests.fakes.approval_world import ANNA, BEN
from tests.fakes.builders import ManualClock
from tests.fakes.verifying_sts import Answer, VerifyingSts

REGION = "eu-central-1"
ENDPOINT = f"https://sts.{REGION}.amazonaws.com"
TOPIC = f"arn:aws:sns:{REGION}:111122223333:alerts"
BODY = {"id": "ap-20261121t120000-0000000001", "content": "digest"}
DEED = deed(TOPIC, "approve", BODY)
KEYS = {ANNA: ("AKIAANNA0000", "secret of anna", "token"), BEN: ("AKIABEN00000", "hers", None)}


@pytest.fixture(autouse=True)
def no_other_cloud(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@pytest.fixture
def sts():
    made = VerifyingSts(ENDPOINT, REGION)
    for arn, keys in KEYS.items():
        made.knows(Credentials(*keys), arn)
    return made


@pytest.fixture
def clock():
    return ManualClock(datetime.now(tz=UTC))


@pytest.fixture
def identity(sts, clock):
    return StsIdentity(sts, ENDPOINT, REGION, clock)


def signed(by=ANNA, what=DEED, region=REGION, keys=None):
    key, secret, token = keys or KEYS[by]
    session = boto3.Session(key, secret, token, region_name=REGION)
    return proof_of(session, what, region)


@pytest.mark.parametrize("by", [ANNA, BEN])
def test_whoever_signed_is_who_calls(identity, by):
    assert identity.principal(signed(by), DEED) == by


def test_sts_is_asked_one_question_of_its_own_region_and_told_no_body_of_ours(identity, sts):
    identity.principal(signed(), DEED)

    (request,) = sts.asked
    assert (request.method, request.url.rstrip("/")) == ("POST", ENDPOINT)
    assert request.body == b"Action=GetCallerIdentity&Version=2011-06-15"


@pytest.mark.parametrize(
    "other",
    [
        deed(TOPIC, "deny", BODY),
        deed(TOPIC, "approve", {**BODY, "id": "ap-20261121t120000-0000000002"}),
        deed(TOPIC, "approve", {**BODY, "content": "of another amount"}),
        deed("arn:aws:sns:eu-west-1:111122223333:alerts", "approve", BODY),
    ],
)
def test_a_signature_is_good_for_the_one_thing_that_was_signed(identity, other):
    with pytest.raises(CallerUnproven, match="did not accept"):
        identity.principal(signed(), other)


def test_nobody_signs_with_another_key_than_their_own(identity):
    forged = signed(keys=(KEYS[ANNA][0], "secret of somebody else", "token"))

    with pytest.raises(CallerUnproven, match="did not accept"):
        identity.principal(forged, DEED)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_is_good_for_minutes(identity, clock, minutes):
    proof = signed()
    clock.time += timedelta(minutes=minutes)

    with pytest.raises(CallerUnproven, match="more than 5 minutes from now"):
        identity.principal(proof, DEED)


def test_a_signature_for_another_region_proves_nothing_here(identity, sts):
    with pytest.raises(CallerUnproven, match="signed for sts in us-east-1, and must be for sts in"):
        identity.principal(signed(region="us-east-1"), DEED)
    assert sts.asked == []


@pytest.mark.parametrize(
    "name", ["x-cost-sentry-deed", "x-amz-date", "host", "x-amz-security-token"]
)
def test_a_signature_that_leaves_out_what_counts_is_not_sent(identity, sts, name):
    proof = signed()
    without = proof["authorization"].replace(f"{name};", "").replace(f";{name}", "")

    with pytest.raises(CallerUnproven, match=f"leaves out {name}"):
        identity.principal({**proof, "authorization": without}, DEED)
    assert sts.asked == []


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"authorization": None},
        {"authorization": 5},
        {"authorization": "Bearer abc"},
        {"authorization": "x" * 9_000},
        {"date": None},
        {"date": "yesterday"},
        {"date": "20261399T999999Z"},
        {"token": "a\r\nHost: evil.example.com"},
        {"token": ["a"]},
    ],
)
def test_what_is_no_proof_is_not_sent(identity, sts, broken):
    proof = {**signed(), **broken} if broken else {}

    with pytest.raises(CallerUnproven):
        identity.principal(proof, DEED)
    assert sts.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"", {}),
        Answer(200, b"<html>", {}),
        Answer(200, b"<a/>", {}),
        Answer(
            200,
            b"<R><GetCallerIdentityResult><Arn>root</Arn></GetCallerIdentityResult></R>",
            {},
        ),
        Answer(302, b"", {"Location": "https://elsewhere.example.com"}),
        Answer(500, b"", {}),
    ],
)
def test_an_answer_that_tells_no_principal_proves_nothing(clock, answer):
    identity = StsIdentity(lambda _request: answer, ENDPOINT, REGION, clock)

    with pytest.raises(CallerUnproven):
        identity.principal(signed(), DEED)


def test_a_silent_sts_proves_nothing(clock):
    def silent(_request):
        raise EndpointConnectionError(endpoint_url=ENDPOINT)

    with pytest.raises(CallerUnproven, match="did not answer; try again"):
        StsIdentity(silent, ENDPOINT, REGION, clock).principal(signed(), DEED)


def test_both_ends_ask_the_same_sts_whatever_a_profile_says(monkeypatch):
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy")

    assert sts_endpoint("us-east-1") == "https://sts.us-east-1.amazonaws.com"
    assert sts_endpoint("eu-central-1", "http://127.0.0.1:1") == "http://127.0.0.1:1"
