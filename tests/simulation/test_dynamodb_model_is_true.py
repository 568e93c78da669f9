"""The model of DynamoDB answers as an emulator of it does, for any sequence of requests."""

import itertools
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.fakes.dynamodb_table import create_table
from tests.simulation import known_differences as known
from tests.simulation.dynamodb.attribute_values import accepted
from tests.simulation.dynamodb.expressions import Expressions
from tests.simulation.dynamodb.model import DynamoDbModel, InstantClient
from tests.simulation.generated_requests import key, operations

TABLE = "ledger"
_runs = itertools.count()


@pytest.fixture(scope="module")
def emulated(dynoxide):
    client = dynoxide.client()
    create_table(client, TABLE)
    yield client
    client.delete_table(TableName=TABLE)


def compare(emulated: Any, requests: list[tuple[str, Any]]) -> None:
    """The same requests to both; after a known difference their tables differ, and it ends."""
    pk = f"run {next(_runs)}"
    modelled = InstantClient(DynamoDbModel(lambda: 0))
    for request in requests:
        method, arguments = spelled(request, pk)
        expected = asked(emulated, method, arguments)
        found = asked(modelled, method, arguments)
        if known.makes_up_old_version(method, arguments, found, expected):
            continue
        if known.differs(method, arguments, found, expected):
            return
        assert found == expected, (method, arguments)


LISTS = st.lists(operations(), min_size=1, max_size=12)
_OLD = {"sk": "a", "ReturnValues": "ALL_OLD"}
_SET_OLD = {
    **_OLD,
    "UpdateExpression": "SET n = :u0",
    "ExpressionAttributeValues": {":u0": {"N": "1"}},
}
_PUT = ("put_item", {**_OLD, "attributes": {}})
OLD_VERSIONS = [
    *(_PUT, _PUT, ("update_item", _SET_OLD), ("update_item", _SET_OLD)),
    *(_PUT, ("delete_item", _OLD), ("delete_item", _OLD), ("update_item", _SET_OLD)),
]
"""Of an item with nothing but its key, of one with more, and of one that is not there."""
_REMOVAL = {
    "sk": "b",
    "ExpressionAttributeNames": {"#m": "m", "#k": "k1"},
    "UpdateExpression": "REMOVE #m.#k",
}
REMOVALS = [
    _PUT,
    ("transact_write_items", [("Put", {"sk": "a", "attributes": {}}), ("Update", _REMOVAL)]),
]
"""A known difference, in a transaction that dynoxide carries out."""
PATIENT = settings(deadline=None, suppress_health_check=list(HealthCheck))


@settings(PATIENT, max_examples=60)
@given(requests=LISTS)
@example(requests=OLD_VERSIONS)
@example(requests=REMOVALS)
def test_every_request_is_answered_as_another_makers_engine_answers_it(emulated, requests):
    compare(emulated, requests)


@pytest.mark.parametrize("holds", [True, False], ids=["too lax", "too strict"])
def test_a_model_that_judges_conditions_wrongly_is_found_out(emulated, monkeypatch, holds):
    monkeypatch.setattr(Expressions, "holds", lambda _self, _item: holds)

    @settings(PATIENT, max_examples=200, derandomize=True, phases=[Phase.generate])
    @given(requests=LISTS)
    def compared(requests):
        compare(emulated, requests)

    with pytest.raises(AssertionError):
        compared()


@pytest.mark.parametrize("method", known.EXAMPLES)
def test_each_known_difference_is_still_one(emulated, method):
    """Mended in the engine? Then it is no longer known: strike it off the list."""
    arguments, engine_says, model_says = known.EXAMPLES[method]
    modelled = InstantClient(DynamoDbModel(lambda: 0))
    request = {**arguments, "TableName": TABLE} if "Key" in arguments else arguments

    assert asked(emulated, known.method_of(method), request) == engine_says
    assert asked(modelled, known.method_of(method), request) == model_says


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
            # Some engines say so of the whole transaction, others of each action.
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
