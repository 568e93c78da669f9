"""Reads: one item, many, a partition in order, and many at one instant."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.simulation.dynamodb.expressions import FILTER, KEY_CONDITION, PROJECTION, Expressions
from tests.simulation.dynamodb.grammar import Tree
from tests.simulation.dynamodb.items import Item, Items, key_of, shared
from tests.simulation.dynamodb.paths import Names, projected, resolved
from tests.simulation.dynamodb.refusals import CONFLICT, NO_REASON, Invalid, cancelled, invalid
from tests.simulation.dynamodb.transactions import ACTIONS_MAX, TRANSACTION_BYTES_MAX

Request = Mapping[str, Any]
Answer = dict[str, Any]
Look = Callable[[tuple[str, str]], Item | None]

PAGE_BYTES_MAX = 1024 * 1024
BATCH_KEYS_MAX = 100
_OK = {"HTTPStatusCode": 200, "RetryAttempts": 0}


def get_item(items: Items, request: Request, *, stale: bool) -> Answer:
    """``GetItem``; ``stale``: an eventually consistent read that meets an older version."""
    try:
        key = key_of(request["Key"])
        look = _look(items, request, stale=stale)
        found = _shown(look(key), Expressions(request, PROJECTION))
    except Invalid as error:
        raise invalid("GetItem", str(error)) from None
    answer: Answer = {"ResponseMetadata": dict(_OK)}
    if found is not None:
        answer["Item"] = found
    return answer


def _look(items: Items, request: Request, *, stale: bool) -> Look:
    return items.get_stale if stale and not request.get("ConsistentRead") else items.get


def _shown(item: Item | None, expressions: Expressions) -> dict[str, Any] | None:
    paths = expressions.run(PROJECTION)
    if item is None or paths is None:
        return shared(item)
    return shared(projected(item, [resolved(path, expressions.names) for path in paths]))


def batch_get_item(items: Items, request: Request, *, stale: bool) -> Answer:
    """``BatchGetItem`` of one table; nothing is left unprocessed."""
    ((table, part),) = request["RequestItems"].items()
    try:
        keys = _keys(part["Keys"], BATCH_KEYS_MAX)
        look, expressions = _look(items, part, stale=stale), Expressions(part, PROJECTION)
        found = [_shown(look(key), expressions) for key in keys]
    except Invalid as error:
        raise invalid("BatchGetItem", str(error)) from None
    return {
        "Responses": {table: [item for item in found if item is not None]},
        "UnprocessedKeys": {},
        "ResponseMetadata": dict(_OK),
    }


def _keys(given: Sequence[Any], most: int) -> list[tuple[str, str]]:
    """Distinct keys, no more than fit into one request."""
    keys = [key_of(key) for key in given]
    if not 1 <= len(keys) <= most:
        raise Invalid(f"Member must have length less than or equal to {most}")
    if len(set(keys)) < len(keys):
        raise Invalid("Provided list of item keys contains duplicates")
    return keys


def _refuse_above_4_mb(items: Items, keys: Sequence[tuple[str, str]]) -> None:
    if sum(map(items.size, keys)) > TRANSACTION_BYTES_MAX:
        raise Invalid("Collection size of a transaction exceeds the 4 MB limit")


def transact_get_items(items: Items, request: Request) -> Answer:
    """``TransactGetItems``: all at this instant, unless a transaction is at one of them."""
    gets = [action["Get"] for action in request["TransactItems"]]
    try:
        keys = _keys([get["Key"] for get in gets], ACTIONS_MAX)
        _refuse_above_4_mb(items, keys)
        taken = [key in items.locks for key in keys]
        if any(taken):
            reasons = [CONFLICT if there else NO_REASON for there in taken]
            raise cancelled("TransactGetItems", reasons)
        found = [
            _shown(items.get(key), Expressions(get, PROJECTION))
            for key, get in zip(keys, gets, strict=True)
        ]
    except Invalid as error:
        raise invalid("TransactGetItems", str(error)) from None
    return {
        "Responses": [{} if item is None else {"Item": item} for item in found],
        "ResponseMetadata": dict(_OK),
    }


def query(items: Items, request: Request, *, stale: bool) -> Answer:
    """``Query`` of the table itself: one page."""
    try:
        expressions = Expressions(request, KEY_CONDITION, FILTER, PROJECTION)
        pk, sort_keys = _range(items, expressions)
        rows = _page(items, request, pk, sort_keys, _look(items, request, stale=stale))
        test = expressions.run(FILTER)
        names, values = expressions.names, expressions.values
        kept = [row for row in rows.found if test is None or test(row, names, values)]
        shown = [_shown(row, expressions) for row in kept]
    except Invalid as error:
        raise invalid("Query", str(error)) from None
    answer: Answer = {
        "Items": shown,
        "Count": len(shown),
        "ScannedCount": len(rows.found),
        "ResponseMetadata": dict(_OK),
    }
    if request.get("Select") == "COUNT":
        del answer["Items"]
    if rows.last is not None:
        answer["LastEvaluatedKey"] = {"pk": {"S": pk}, "sk": {"S": rows.last}}
    return answer


class _Rows:
    """Items of a page, and the sort key to go on after, ``None`` at the end."""

    def __init__(self, found: list[Item], last: str | None) -> None:
        self.found = found
        self.last = last


def _page(items: Items, request: Request, pk: str, sort_keys: Sequence[str], look: Look) -> _Rows:
    forward = request.get("ScanIndexForward", True)
    order = list(sort_keys) if forward else list(reversed(sort_keys))
    start = request.get("ExclusiveStartKey")
    if start is not None:
        after = start["sk"]["S"]
        order = [sk for sk in order if (sk > after if forward else sk < after)]
    most = request.get("Limit")
    found, size = [], 0
    for count, sk in enumerate(order, start=1):
        item = look((pk, sk))
        size += items.size((pk, sk))
        if item is not None:
            found.append(item)
        is_full = size > PAGE_BYTES_MAX and count < len(order)
        if count == most or is_full:
            return _Rows(found, sk)
    return _Rows(found, None)


def _range(items: Items, expressions: Expressions) -> tuple[str, Sequence[str]]:
    """The partition, and the sort keys in it that the key condition takes."""
    tree = expressions.tree(KEY_CONDITION)
    parts = [tree[1], tree[2]] if tree[0] == "and" else [tree]
    values = expressions.values
    pks = [part for part in parts if _is_pk_equality(part, expressions.names)]
    if len(pks) != 1:
        raise Invalid("Query condition missed key schema element: pk")
    pk = values[pks[0][3][1]]["S"]
    sort_keys = items.sort_keys(pk)
    for part in parts:
        if part is not pks[0]:
            low, high = _bounds(part, expressions, sort_keys)
            sort_keys = sort_keys[low:high]
    return pk, sort_keys


def _is_pk_equality(part: Tree, names: Names) -> bool:
    return (
        part[0] == "compare"
        and part[1] == "="
        and part[2][0] == "path"
        and resolved(part[2][1], names) == ("pk",)
        and part[3][0] == "value"
    )


def _bounds(part: Tree, expressions: Expressions, sort_keys: Sequence[str]) -> tuple[int, int]:
    """Where the sort keys begin and end that this part of the condition takes."""
    whole = len(sort_keys)
    text = [expressions.values[tree[1]]["S"] for tree in _values_of(part)]
    _require_sk(part, expressions.names)
    if part[0] == "between":
        return bisect_left(sort_keys, text[0]), bisect_right(sort_keys, text[1])
    if part[0] == "call" and part[1] == "begins_with":
        low = bisect_left(sort_keys, text[0])
        high = low
        while high < whole and sort_keys[high].startswith(text[0]):
            high += 1
        return low, high
    left, right = bisect_left(sort_keys, text[0]), bisect_right(sort_keys, text[0])
    bounds = {
        "=": (left, right),
        "<": (0, left),
        "<=": (0, right),
        ">": (right, whole),
        ">=": (left, whole),
    }
    if part[0] != "compare" or part[1] not in bounds:
        raise Invalid("Query key condition not supported")
    return bounds[part[1]]


def _values_of(part: Tree) -> list[Tree]:
    if part[0] == "between":
        return [part[2], part[3]]
    return [part[2][1]] if part[0] == "call" else [part[3]]


def _require_sk(part: Tree, names: Names) -> None:
    path = {"compare": lambda: part[2], "call": lambda: part[2][0]}.get(part[0], lambda: part[1])()
    if path[0] != "path" or resolved(path[1], names) != ("sk",):
        raise Invalid("Query condition missed key schema element: sk")
