"""The model of DynamoDB answers as an emulator of it does, for any sequence of requests."""

import itertools
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tests.fakes.dynamodb_table import create_table
from tests.simulation.dynamodb.attribute_values import accepted
from tests.simulation.dynamodb.model import DynamoDbModel, InstantClient
from tests.simulation.generated_requests import key, operations

TABLE = "ledger"
_runs = itertools.count()


@pytest.fixture(scope="module")
def emulated():
    with mock_aws():
        client = boto3.client(
            "dynamodb",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        create_table(client, TABLE)
        yield client


@settings(
    max_examples=60,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
@given(requests=st.lists(operations(), min_size=1, max_size=12))
def test_every_request_is_answered_as_the_emulator_answers_it(emulated, requests):
    pk = f"run {next(_runs)}"
    modelled = InstantClient(DynamoDbModel(lambda: 0))

    for request in requests:
        method, arguments = spelled(request, pk)
        try:
            expected = asked(emulated, method, arguments)
        except (TypeError, AttributeError, KeyError, ValueError, IndexError):
            return  # moto fell over; it has no opinion, and perhaps half a write.
        found = asked(modelled, method, arguments)
        if found == ("ValidationException", None, []) and "ValidationException" not in expected:
            return  # moto writes into what is no map; the service, and the model, refuse.
        assert found == expected, (method, arguments)


def spelled(request: tuple[str, Any], pk: str) -> tuple[str, dict[str, Any]]:
    """The request as boto3 takes it."""
    method, about = request
    if method == "get_item":
        names = {"#n": "n", "#m": "m", "#k": "k1", "#t": "text", "#o": "other"}
        text = ", ".join(about["paths"])
        given_names = {n: v for n, v in names.items() if n in text}
        projection = {"ProjectionExpression": text, "ExpressionAttributeNames": given_names}
        key_of = {"Key": key(pk, about["sk"])}
        return method, {"TableName": TABLE, **key_of, **(projection if text else {})}
    if method == "query":
        return method, _query(about, pk)
    if method == "transact_get_items":
        gets = [{"Get": {"TableName": TABLE, "Key": key(pk, sk)}} for sk in about]
        return method, {"TransactItems": gets}
    if method == "transact_write_items":
        return method, {"TransactItems": [{verb: _write(verb, b, pk)} for verb, b in about]}
    return method, _write("Put" if method == "put_item" else "Other", about, pk)


def _query(about: dict[str, Any], pk: str) -> dict[str, Any]:
    test, values = "pk = :pk", {":pk": {"S": pk}}
    if about["test"]:
        test += f" AND {about['test']}"
        values[":sk"] = {"S": about["sk"]}
    return {
        "TableName": TABLE,
        "KeyConditionExpression": test,
        "ExpressionAttributeValues": values,
        "ScanIndexForward": about["forward"],
        **({"Limit": about["limit"]} if about["limit"] else {}),
    }


def _write(verb: str, body: dict[str, Any], pk: str) -> dict[str, Any]:
    given_body = {n: v for n, v in body.items() if n not in ("sk", "attributes")}
    if verb == "Put":
        target = {"Item": {**key(pk, body["sk"]), **body["attributes"]}}
    else:
        target = {"Key": key(pk, body["sk"])}
    return {"TableName": TABLE, **target, **given_body}


def asked(client: Any, method: str, arguments: dict[str, Any]) -> Any:
    """The answer or the error, as far as both must agree."""
    try:
        if method == "query":
            return _all_pages(client, arguments)
        answer = getattr(client, method)(**arguments)
    except ClientError as error:
        response: dict[str, Any] = dict(error.response)
        reasons = [
            (reason.get("Code"), normal(reason.get("Item")))
            for reason in response.get("CancellationReasons", ())
        ]
        if any(code == "ValidationError" for code, _ in reasons):
            # moto says so of the whole transaction; the service's documentation of each action.
            return "ValidationException", None, []
        return response["Error"]["Code"], normal(response.get("Item")), reasons
    kept = ("Item", "Attributes", "Responses")
    return {name: normal(answer[name]) for name in kept if answer.get(name)}


def _all_pages(client: Any, arguments: dict[str, Any]) -> list[Any]:
    """Every item: when a limit is reached with the last one, only the service promises more."""
    found: list[Any] = []
    page = client.query(**arguments)
    while True:
        found += normal(page["Items"])
        if "LastEvaluatedKey" not in page:
            return found
        page = client.query(**arguments, ExclusiveStartKey=page["LastEvaluatedKey"])


def normal(value: Any) -> Any:
    """Values in the one form that the model keeps, so that ``1.50`` and ``1.5`` are equal."""
    if isinstance(value, list):
        return [normal(one) for one in value]
    if isinstance(value, dict):
        if len(value) == 1 and next(iter(value)) in {"N", "S", "BOOL", "SS", "NS", "M", "L"}:
            return accepted(value)
        return {name: normal(one) for name, one in value.items()}
    return value
