"""The model of S3 answers as an emulator of it does, for sequences of requests drawn by chance."""

from random import Random

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.simulation.world.s3_bucket import PAGE_KEYS_MAX, Bucket

BUCKET = "emergency"
KEYS = [f"{kind}/{number:02d}" for kind in ("slots", "claims", "ids") for number in range(4)]


def drawn(random):
    """One request, as method and arguments."""
    key, body = random.choice(KEYS), bytes([random.randrange(65, 91)]) * random.randrange(3)
    return random.choice(
        (
            ("put_object", {"Key": key, "Body": body}),
            ("put_object", {"Key": key, "Body": body, "IfNoneMatch": "*"}),
            ("put_object", {"Key": key, "Body": body, "IfNoneMatch": "*"}),
            ("get_object", {"Key": key}),
            ("delete_object", {"Key": key}),
            ("list_objects_v2", {"Prefix": random.choice(("", "slots/", "claims/0", "none"))}),
        )
    )


def of_model(bucket, method, arguments):
    try:
        if "IfNoneMatch" in arguments:
            bucket.begin_new(arguments["Key"])
            bucket.end_new(arguments["Key"], arguments["Body"])
            return "done"
        if method == "list_objects_v2":
            return listed(lambda **more: bucket.run("ListObjectsV2", {**arguments, **more}))
        name = "".join(part.title() for part in method.split("_"))
        answer = bucket.run(name, arguments)
    except ClientError as error:
        return refused(error)
    return answer.get("Body", "done")


def of_emulator(client, method, arguments):
    try:
        if method == "list_objects_v2":
            given = {"Bucket": BUCKET, "MaxKeys": PAGE_KEYS_MAX, **arguments}
            return listed(lambda **more: client.list_objects_v2(**given, **more))
        answer = getattr(client, method)(Bucket=BUCKET, **arguments)
    except ClientError as error:
        return refused(error)
    return answer["Body"].read() if method == "get_object" else "done"


def listed(page):
    """The pages of a listing: keys and sizes."""
    pages, more = [], {}
    while True:
        answer = page(**more)
        pages.append([(one["Key"], one["Size"]) for one in answer.get("Contents", ())])
        if not answer["IsTruncated"]:
            return pages
        more = {"ContinuationToken": answer["NextContinuationToken"]}


def refused(error):
    response = error.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture
def emulated():
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


def test_the_model_and_an_emulator_give_the_same_answers(emulated):
    random, bucket = Random(1), Bucket(Random(2))

    for _ in range(150):
        method, arguments = drawn(random)

        expected = of_emulator(emulated, method, arguments)

        assert of_model(bucket, method, arguments) == expected, (method, arguments)


@pytest.mark.parametrize("seed", range(8))
def test_of_writers_at_one_key_who_may_not_write_over_it_one_is_first(seed):
    bucket, told, started = Bucket(Random(seed)), [], []

    for writer in (b"one", b"two", b"three"):
        try:
            bucket.begin_new("key")
            started.append(writer)
        except ClientError as error:
            told.append(refused(error))
    for writer in started:
        try:
            bucket.end_new("key", writer)
        except ClientError as error:
            told.append(refused(error))

    assert bucket.objects == {"key": b"one"}
    assert sorted(told) == sorted(
        [("PreconditionFailed", 412)] * (len(started) - 1)
        + [("ConditionalRequestConflict", 409)] * (3 - len(started))
    )
