"""How S3 can fail, and what each failure means."""

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from moto import mock_aws

from cost_sentry.adapters.s3_emergency_store import S3EmergencyStore
from cost_sentry.adapters.s3_objects import CONFLICTS_MAX, S3Objects
from cost_sentry.application.emergency_ports import StoreUnavailable, StoreUnreadable
from cost_sentry.domain.emergency import given_back
from tests.contract.test_emergency_store_contract import ONE, claim, taken
from tests.fakes.builders import NOON
from tests.fakes.moto_journal import no_pause


class Client:
    """S3 on moto; calls named in ``failing`` raise first, or with ``after`` once they are done."""

    def __init__(self, s3) -> None:
        self._s3 = s3
        self.failing: dict[str, list[Exception]] = {}
        self.after = False
        self.asked: list[str] = []
        self.page = 1_000

    def __getattr__(self, name):
        def call(**arguments):
            self.asked.append(name)
            errors = self.failing.get(name)
            if errors and not self.after:
                raise errors.pop(0)
            if name == "list_objects_v2":
                arguments["MaxKeys"] = self.page
            answer = getattr(self._s3, name)(**arguments)
            if errors:
                raise errors.pop(0)
            return answer

        return call


@pytest.fixture
def client(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        s3 = boto3.client("s3", region_name="us-east-1", **keys)
        s3.create_bucket(Bucket="store")
        yield Client(s3)


@pytest.fixture
def objects(client):
    return S3Objects(client, "store", no_pause)


@pytest.fixture
def store(objects):
    return S3EmergencyStore(objects)


def said(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "as told"}}, "PutObject")


LOST = ReadTimeoutError(endpoint_url="the bucket")
FAULTS = [
    said("SlowDown"),
    said("AccessDenied"),
    said("InternalError"),
    LOST,
    EndpointConnectionError(endpoint_url="the bucket"),
]


def test_a_write_that_meets_another_is_tried_again(client, objects):
    client.failing["put_object"] = [said("ConditionalRequestConflict")] * (CONFLICTS_MAX - 1)

    assert objects.put_new("a", b"1")


def test_a_write_that_meets_others_all_the_time_gives_up(client, objects):
    client.failing["put_object"] = [said("ConditionalRequestConflict")] * 99

    with pytest.raises(StoreUnavailable, match="other writers were at a all the time"):
        objects.put_new("a", b"1")

    assert len(client.asked) == CONFLICTS_MAX


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault)[:60])
@pytest.mark.parametrize(
    ("name", "work"),
    [
        ("put_object", lambda objects: objects.put_new("a", b"1")),
        ("put_object", lambda objects: objects.put("a", b"1")),
        ("get_object", lambda objects: objects.get("a")),
        ("delete_object", lambda objects: objects.delete("a")),
        ("list_objects_v2", lambda objects: list(objects.listed("a"))),
    ],
)
def test_every_other_fault_is_an_unavailable_store(client, objects, fault, name, work):
    client.failing[name] = [fault]

    with pytest.raises(StoreUnavailable):
        work(objects)


def test_a_bucket_that_is_not_there_is_no_empty_store(client):
    objects = S3Objects(client, "elsewhere", no_pause)

    with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
        objects.get("a")


def test_a_body_that_breaks_off_is_an_unavailable_store(client, objects):
    class Broken:
        def read(self):
            raise LOST

    client._s3 = type("Answering", (), {"get_object": lambda _self, **_: {"Body": Broken()}})()

    with pytest.raises(StoreUnavailable):
        objects.get("a")


def test_a_listing_goes_on_to_its_last_page(client, objects):
    for key in ("a/1", "a/2", "a/3", "b/1"):
        objects.put(key, b"12")
    client.page = 2

    assert list(objects.listed("a/")) == [("a/1", 2), ("a/2", 2), ("a/3", 2)]


def test_a_write_whose_answer_the_client_repeated_is_known_as_its_own(client, store):
    """The SDK repeats a lost write, and hears that something stands there: the first try."""
    client.failing["put_object"], client.after = [said("PreconditionFailed")] * 3, True

    assert store.claim(ONE, claim())
    assert store.take("search/web", "r1", taken()) == taken()
    ended = given_back(NOON)
    assert store.put_outcome(ONE, ended) == ended


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b"null", b'"x"', b"\xff"])
def test_what_is_none_of_its_own_is_not_guessed_at(objects, store, body):
    keys = {
        "config": store.config,
        f"slots/outage/{ONE}": lambda: store.slot(ONE),
        f"claims/2026-11-21/{ONE}": lambda: store.claim_of(ONE),
        f"outcomes/{ONE}": lambda: store.outcome(ONE),
    }
    for key, read in keys.items():
        objects.put(key, body)
        with pytest.raises(StoreUnreadable, match="in the emergency store cannot be read"):
            read()


def test_what_stands_in_the_way_and_is_gone_at_once_is_no_claim(client, store):
    client.failing["put_object"] = [said("PreconditionFailed")]

    with pytest.raises(StoreUnavailable, match="was there and is gone"):
        store.claim(ONE, claim())


def test_other_objects_in_the_bucket_are_no_slots(objects, store):
    objects.put("slots/outage/readme", b"1")
    objects.put("claims/2026-11-21/readme", b"1")

    assert list(store.slot_ids()) == []
    assert store.claims(NOON.date()) == {}


def test_once_nobody_waits_any_more_nothing_is_asked(client):
    left = iter([True, True, False])
    objects = S3Objects(client, "store", no_pause, lambda: next(left, False))
    client.failing["put_object"] = [said("ConditionalRequestConflict")] * 3

    with pytest.raises(StoreUnavailable, match="took too long"):
        objects.put_new("claims/a", b"mine")
    for ask in (objects.get, objects.delete, lambda key: list(objects.listed(key))):
        with pytest.raises(StoreUnavailable, match="took too long"):
            ask("claims/a")

    assert client.asked == ["put_object", "put_object"]
