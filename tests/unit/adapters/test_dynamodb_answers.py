"""How the store of answers fails: shortly, by a name, and never with a word of what it keeps."""

from dataclasses import replace

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from moto import mock_aws

from cost_sentry.adapters.answer_key import answer_key
from cost_sentry.adapters.aws_clients import answers_client
from cost_sentry.adapters.dynamodb_answers import ANSWER_SIZE_MAX_BYTES, PAUSE, DynamoDbAnswers
from cost_sentry.adapters.reservation_record import record_text
from cost_sentry.application.answer_ports import AnswersUnavailable
from cost_sentry.domain.answer_cache import AnswerPlace
from tests.contract.test_answers_contract import KEPT
from tests.fakes.builders import ManualClock
from tests.fakes.cached_calls import answer, asked
from tests.fakes.dynamodb_table import create_answer_table

PLACE = AnswerPlace(key="k", ttl_seconds=60)


def refused(code):
    return ClientError({"Error": {"Code": code, "Message": "a word of the prompt"}}, "GetItem")


class Faulty:
    """A client whose next calls raise, one fault each; ``None`` lets one through."""

    def __init__(self, client):
        self._client, self.faults, self.calls = client, [], []

    def __getattr__(self, name):
        def call(**arguments):
            self.calls.append((name, arguments))
            if self.faults and (fault := self.faults.pop(0)):
                raise fault
            return getattr(self._client, name)(**arguments)

        return call


@pytest.fixture
def client(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        client = boto3.client("dynamodb", region_name="us-east-1", **keys)
        create_answer_table(client, "answers")
        yield Faulty(client)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def store(client, clock):
    return DynamoDbAnswers(client, "answers", clock)


FAULTS = [
    (refused("ThrottlingException"), "ThrottlingException"),
    (refused("AccessDeniedException"), "AccessDeniedException"),
    (ReadTimeoutError(endpoint_url="x"), "ReadTimeoutError"),
    (ConnectTimeoutError(endpoint_url="x"), "ConnectTimeoutError"),
]


@pytest.mark.parametrize(("fault", "name"), FAULTS, ids=[name for _, name in FAULTS])
@pytest.mark.parametrize("ask", ["key", "find", "keep"])
def test_a_fault_is_told_by_its_name_alone(store, client, fault, name, ask):
    asks = {
        "key": lambda: store.key(asked(), 100),
        "find": lambda: store.find("k"),
        "keep": lambda: store.keep(PLACE, KEPT),
    }
    client.faults = [fault]

    with pytest.raises(AnswersUnavailable) as told:
        asks[ask]()

    assert str(told.value) == name
    assert told.value.__cause__ is None


def test_a_table_that_does_not_answer_is_asked_again_after_a_pause(store, client, clock):
    client.faults = [ReadTimeoutError(endpoint_url="x")]
    for _ in range(3):
        with pytest.raises(AnswersUnavailable, match="ReadTimeoutError"):
            store.find("k")
    asked_of_it = len(client.calls)
    clock.advance(seconds=PAUSE.total_seconds())

    assert asked_of_it == 1
    assert store.find("k") is None


def test_answers_are_read_at_half_the_price_and_the_secret_once(store, client):
    for _ in range(2):
        store.find(store.key(asked(), 100))

    reads = [arguments for name, arguments in client.calls if name == "get_item"]
    consistent = [(r["Key"]["pk"]["S"].split("#")[0], r["ConsistentRead"]) for r in reads]
    assert consistent == [("SECRET", True), ("ANSWER", False), ("ANSWER", False)]


def test_the_secret_never_ends_and_an_answer_no_sooner_than_its_time(store, client):
    store.key(asked(), 100)
    store.keep(PLACE, KEPT)

    items = {item["pk"]["S"]: item for item in client.scan(TableName="answers")["Items"]}

    assert items["SECRET"].keys() == {"pk", "secret"}
    assert len(items["SECRET"]["secret"]["B"]) == 32
    ends = int(items["ANSWER#k"]["delete_after"]["N"])
    assert 0 < ends - KEPT.ends_at.timestamp() < 1


def test_a_secret_that_another_has_just_made_is_used(store, client):
    other = DynamoDbAnswers(client, "answers", ManualClock())
    read = DynamoDbAnswers._read_secret
    found = iter([None])
    store._read_secret = lambda: next(found, read(store))
    theirs = other.key(asked(), 100)

    assert store.key(asked(), 100) == theirs


def test_where_no_secret_can_be_made_there_is_no_key(store, client):
    client.faults = [None, refused("AccessDeniedException")]

    with pytest.raises(AnswersUnavailable, match="AccessDeniedException"):
        store.key(asked(), 100)


def test_a_secret_that_cannot_be_read_makes_no_key(store, client):
    client.put_item(TableName="answers", Item={"pk": {"S": "SECRET"}, "secret": {"S": "text"}})

    with pytest.raises(AnswersUnavailable, match="no secret: KeyError"):
        store.key(asked(), 100)


@pytest.mark.parametrize(("more", "is_kept"), [(0, True), (1, False)])
def test_an_answer_that_would_not_fit_through_the_workflow_is_not_kept(store, more, is_kept):
    room = ANSWER_SIZE_MAX_BYTES - len(record_text(answer("")))
    text = "ä" * (room // 2) + "x" * (room % 2 + more)

    if is_kept:
        store.keep(PLACE, replace(KEPT, answer=answer(text)))
    else:
        with pytest.raises(AnswersUnavailable, match="it is too large"):
            store.keep(PLACE, replace(KEPT, answer=answer(text)))

    assert (store.find("k") is not None) == is_kept


def test_an_answer_with_half_a_character_is_not_kept(store):
    with pytest.raises(AnswersUnavailable, match="it has half a character"):
        store.keep(PLACE, replace(KEPT, answer=answer("\ud83d")))


@pytest.mark.parametrize(
    "damage",
    [
        {"answer": {"S": "{"}},
        {"answer": {"S": "{}"}},
        {"answer": {"S": "[]"}},
        {"kept_at": {"S": "yesterday"}},
        {"ends_at": {"N": "99999999999999999999"}},
    ],
)
def test_an_answer_that_cannot_be_read_is_told_without_its_text(store, client, damage):
    store.keep(PLACE, KEPT)
    [item] = client.scan(TableName="answers")["Items"]
    client.put_item(TableName="answers", Item={**item, **damage})

    with pytest.raises(AnswersUnavailable, match=r"an answer cannot be read: \w+$"):
        store.find("k")


def test_a_key_tells_nobody_what_was_asked_who_does_not_know_the_secret():
    keys = {answer_key(secret, asked(text="guess me"), 100) for secret in (b"one", b"two")}

    assert len(keys) == 2
    assert not any("guess" in key for key in keys)


@pytest.mark.parametrize("caller", [None, replace(asked().caller, application=None)])
def test_there_is_no_key_for_a_caller_who_is_not_proven(caller):
    with pytest.raises(ValueError, match="proven"):
        answer_key(b"s", asked(caller=caller), 100)


def test_nobody_waits_long_for_a_cache(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    config = answers_client().meta.config

    assert config.connect_timeout + config.read_timeout <= 1.5
    assert config.retries["total_max_attempts"] == 1
