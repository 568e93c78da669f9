"""What every emergency store must do: the real one on moto's S3, and the fake.

Known difference: moto's S3 checks ``If-None-Match`` without a lock, so callers race against the
fake only. The service decides between them itself.
"""

from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from moto import mock_aws

from cost_sentry.adapters.s3_emergency_store import S3EmergencyStore
from cost_sentry.adapters.s3_objects import S3Objects
from cost_sentry.application.emergency_ports import Claim, Claimant, Slot, TakenId
from cost_sentry.application.ports import Stored
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.emergency import given_back, slot_name_of, slot_names
from cost_sentry.domain.price_book import ContextTier, ModelPrice, TokenRates
from tests.contract.engines import MEMORY, MOTO
from tests.contract.race import race
from tests.fakes.admissions import request
from tests.fakes.builders import NOON, allowance, hold, measure, reservation, resolution
from tests.fakes.emergencies import Emergency
from tests.fakes.memory_emergency_store import MemoryEmergencyStore
from tests.fakes.moto_journal import no_pause

DAY = NOON.date()
RATES = TokenRates(input=1, output=2, cache_read=1)
PRICE = ModelPrice(
    model_id="example.v1",
    rates=RATES,
    context_tiers=(ContextTier(above_prompt_tokens=9, rates=RATES),),
)
CANARY = "canary of a prompt"


def name_of(allowance_id: str = "outage", day=DAY, index: int = 0) -> str:
    return slot_names(allowance(allowance_id), [hold(100)], "book", day)[index].text


def slot_of(slot_id: str) -> Slot:
    held = reservation(slot_id, account="search/-/outage", attempt="emergency.run-1", shard="01")
    return Slot(reservation=held, price=PRICE)


ONE, TWO = name_of(), name_of(index=1)
SLOT = slot_of(ONE)


def claim(attempt: str = "e1.i1", **changes) -> Claim:
    decision = Decision(
        kind=DecisionKind.ALLOW,
        code=ReasonCode.EMERGENCY_ALLOWANCE,
        message="emergency allowance outage pays for this call",
        request_id="r1",
        model_asked="example.v1",
        model_used="example.v1",
        reservation=SLOT.reservation,
        price=PRICE,
        tags={"team": "größe", "application": "web"},
    )
    given = {
        "account": "search/web",
        "request_id": "r1",
        "attempt": attempt,
        "at": NOON + timedelta(milliseconds=7),
        "decision": decision,
        "perhaps_held": reservation("r1"),
    }
    return Claim(**{**given, **changes})


def taken(attempt: str = "e1.i1", **changes) -> TakenId:
    return TakenId(**{"digest": "d1", "attempt": attempt, "slot": SLOT, **changes})


@pytest.fixture
def s3(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        client = boto3.client("s3", region_name="us-east-1", **keys)
        client.create_bucket(Bucket="store")
        yield client


@pytest.mark.parametrize("engine", [MEMORY, MOTO])
class TestEmergencyStore:
    @pytest.fixture
    def store(self, engine, request):
        if engine == MEMORY:
            return MemoryEmergencyStore()
        return S3EmergencyStore(S3Objects(request.getfixturevalue("s3"), "store", no_pause))

    def test_an_empty_store_knows_nothing(self, store):
        assert list(store.slot_ids()) == list(store.slot_ids("outage")) == []
        assert store.claims(DAY) == store.claims(DAY, "outage") == {}
        assert store.slot(ONE) is store.claim_of(ONE) is store.outcome(ONE) is None
        assert store.taken("search/web", "r1") is store.config() is None

    def test_a_slot_is_read_back_as_it_was_put(self, store):
        store.put_slot(SLOT)
        store.put_slot(SLOT)

        assert store.slot(ONE) == SLOT
        assert list(store.slot_ids()) == [ONE]

    def test_a_deleted_slot_is_gone_and_may_be_deleted_again(self, store):
        store.put_slot(SLOT)

        store.delete_slot(ONE)
        store.delete_slot(ONE)

        assert store.slot(ONE) is None
        assert list(store.slot_ids()) == []

    def test_slots_are_listed_in_order_and_by_allowance(self, store):
        others = [name_of("out"), name_of("outage-2")]
        for slot_id in (TWO, *others, ONE):
            store.put_slot(slot_of(slot_id))

        assert list(store.slot_ids("outage")) == sorted([ONE, TWO])
        assert list(store.slot_ids()) == sorted([ONE, TWO, *others])

    def test_a_slot_is_claimed_once_and_the_claim_is_read_back(self, store):
        assert store.claim(ONE, claim("e1.i1"))
        assert not store.claim(ONE, claim("e2.i1"))
        assert not store.claim(ONE, None)

        found = store.claim_of(ONE)
        assert (found.account, found.request_id, found.attempt) == ("search/web", "r1", "e1.i1")
        assert (found.at, found.perhaps_held) == (claim().at, claim().perhaps_held)
        kept = replace(claim().decision, reservation=None, price=None)
        assert found.decision == kept

    def test_a_claim_whose_answer_was_lost_may_be_repeated_and_is_found(self, store):
        store.claim(ONE, claim("e1.i1"))

        assert store.claim(ONE, claim("e1.i1"))
        assert not store.claim(ONE, claim("e1.i2"))

    def test_what_the_sweep_claimed_no_call_can_have(self, store):
        assert store.claim(ONE, None)
        assert store.claim(ONE, None)
        assert not store.claim(ONE, claim())
        assert store.claim_of(ONE) is None

    def test_claims_say_whose_they_are_also_when_the_slot_is_gone(self, store):
        store.put_slot(SLOT)
        store.claim(ONE, claim())
        store.claim(TWO, None)
        store.claim(name_of("out"), None)
        store.claim(name_of(day=DAY + timedelta(days=1)), None)
        store.delete_slot(ONE)

        mine = {ONE: Claimant.CALL, TWO: Claimant.SWEEP}
        assert store.claims(DAY, "outage") == mine
        assert store.claims(DAY) == {**mine, name_of("out"): Claimant.SWEEP}

    def test_the_claims_of_an_allowance_are_not_those_of_one_that_is_called_alike(self, store):
        alike = f"outage-{DAY.isoformat()}-00-01234567"
        store.claim(name_of(alike), None)

        assert store.claims(DAY, "outage") == {}
        assert slot_name_of(name_of(alike)).allowance_id == alike

    def test_an_id_stands_for_one_slot(self, store):
        other = taken("e2.i1", slot=slot_of(TWO), digest="d2")

        assert store.take("search/web", "r1", taken()) == taken()
        assert store.take("search/web", "r1", other) == taken()
        assert store.taken("search/web", "r1") == taken()
        assert store.taken("search/web", "r2") is store.taken("search/batch", "r1") is None

    def test_any_id_and_account_may_stand_for_a_slot(self, store):
        for account, request_id in (("größe/" + "x" * 900, ".."), ("a/b", "." * 128)):
            assert store.take(account, request_id, taken()) == taken()
            assert store.taken(account, request_id) == taken()

    def test_the_first_outcome_stands(self, store):
        ended = resolution(40)

        assert store.put_outcome(ONE, ended) == ended
        assert store.put_outcome(ONE, given_back(NOON)) == ended
        assert store.put_outcome(ONE, ended) == ended
        assert store.outcome(ONE) == ended

    def test_the_last_configuration_is_the_one_that_is_mirrored(self, store):
        store.put_config(Stored("v1", {"teams": {"größe": {}}}, (measure(),)))
        assert store.config() == ("v1", {"teams": {"größe": {}}}, (measure(),))

        store.put_config(Stored("v2", {"teams": {}}, ()))

        assert store.config() == ("v2", {"teams": {}}, ())


def test_of_many_callers_at_once_one_has_the_slot_and_one_the_id():
    store = MemoryEmergencyStore()

    def call(number):
        own = taken(f"e{number}.i1")
        return store.claim(ONE, claim(f"e{number}.i1")), store.take("a/b", "r1", own) == own

    won = race(8, 64, call)

    assert sum(claimed for claimed, _ in won) == sum(named for _, named in won) == 1


def test_no_text_of_a_request_reaches_the_bucket(s3):
    sentry = Emergency()
    sentry.store = S3EmergencyStore(S3Objects(s3, "store", no_pause))
    sentry.sweep()
    sentry.fall_silent()

    content = {"messages": [{"role": "user", "content": [{"text": CANARY}]}]}
    sentry.settle(sentry.decide(request(converse=content)))

    keys = [found["Key"] for found in s3.list_objects_v2(Bucket="store")["Contents"]]
    bodies = [s3.get_object(Bucket="store", Key=key)["Body"].read().decode() for key in keys]
    kinds = {key.partition("/")[0] for key in keys}
    assert kinds == {"claims", "config", "ids", "outcomes", "slots"}
    assert not [key for key, body in zip(keys, bodies, strict=True) if CANARY in key + body]
