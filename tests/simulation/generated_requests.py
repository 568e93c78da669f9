"""Requests of every kind over a few small items, for hypothesis to combine."""

from typing import Any

from hypothesis import strategies as st

NAMES = {"#n": "n", "#m": "m", "#k": "k1", "#s": "set", "#t": "text", "#o": "other", "#l": "l"}
SORT_KEYS = ("a", "b", "bb", "c")

_numbers = st.one_of(
    st.integers(-50, 50).map(str),
    st.sampled_from(["0", "-0", "007", "1.50", "1e3", "99999999999999999999999999999999999999"]),
)
_texts = st.sampled_from(["", "x", "xy", "é", "long text"])
_scalars = st.one_of(
    _numbers.map(lambda n: {"N": n}),
    _texts.map(lambda s: {"S": s}),
    st.booleans().map(lambda b: {"BOOL": b}),
)
_sets = st.one_of(
    st.lists(st.sampled_from("pqr"), min_size=1, unique=True).map(lambda s: {"SS": s}),
    st.lists(st.sampled_from("123"), min_size=1, unique=True).map(lambda s: {"NS": s}),
)
_maps = st.dictionaries(st.sampled_from(["k1", "k2", "n"]), _scalars, max_size=3).map(
    lambda m: {"M": m}
)
_lists = st.lists(_scalars, max_size=3).map(lambda elements: {"L": elements})
_values = st.one_of(_scalars, _sets, _maps, _lists)

PATHS = ("#n", "#m.#k", "#m.#n", "#t", "#s", "#o", "m", "#m", "#l[0]", "#l")
_paths = st.sampled_from(PATHS)
_comparators = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


@st.composite
def _condition(draw: Any, depth: int = 2) -> tuple[str, dict[str, Any]]:
    """A condition and its values; placeholders are named by chance so that none clash."""
    shape = draw(st.integers(0, 9 if depth else 6))
    path, name = draw(_paths), f":c{draw(st.integers(0, 10**9))}"
    if shape <= 6:
        return _test(draw, shape, path, name)
    one, values = draw(_condition(depth - 1))
    if shape == 7:
        return f"NOT ({one})", values
    other, more = draw(_condition(depth - 1))
    return f"({one}) {'AND' if shape == 8 else 'OR'} {other}", {**values, **more}


def _test(draw: Any, shape: int, path: str, name: str) -> tuple[str, dict[str, Any]]:
    ordered = st.one_of(_numbers.map(lambda n: {"N": n}), _texts.map(lambda s: {"S": s}))
    text, value = {
        0: (f"attribute_exists({path})", None),
        1: (f"attribute_not_exists({path})", None),
        2: (f"begins_with({path}, {name})", {"S": draw(_texts)}),
        3: (f"contains({path}, {name})", {"S": draw(_texts)}),
        4: (f"{path} IN ({name})", draw(_scalars)),
        5: (f"{path} BETWEEN {name} AND {name}", {"N": draw(_numbers)}),
        6: (f"{path} {draw(_comparators)} {name}", draw(ordered)),
    }[shape]
    return text, {} if value is None else {name: value}


@st.composite
def _update(draw: Any) -> tuple[str, dict[str, Any]]:
    """An update expression over distinct paths, and its values."""
    paths = draw(st.lists(_paths, min_size=1, max_size=4, unique=True))
    clauses: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    for number, path in enumerate(paths):
        name = f":u{number}"
        shape = draw(st.integers(0, 7))
        if shape <= 1:
            clauses.setdefault("SET", []).append(f"{path} = {name}")
            values[name] = draw(_values)
        elif shape <= 3:
            sign = draw(st.sampled_from("+-"))
            clauses.setdefault("SET", []).append(f"{path} = {path} {sign} {name}")
            values[name] = {"N": str(draw(st.integers(-9, 9)))}
        elif shape == 4:
            base = draw(_paths)
            clauses.setdefault("SET", []).append(f"{path} = if_not_exists({base}, {name})")
            values[name] = draw(_values)
        elif shape == 5:
            clauses.setdefault("REMOVE", []).append(path)
        elif "." not in path and "[" not in path:
            clauses.setdefault("ADD", []).append(f"{path} {name}")
            values[name] = draw(st.one_of(st.just({"N": "3"}), _sets))
        else:
            clauses.setdefault("REMOVE", []).append(path)
    text = " ".join(f"{word} {', '.join(parts)}" for word, parts in clauses.items())
    return text, values


def _placeholders(*expressions: str, values: dict[str, Any]) -> dict[str, Any]:
    names = {n: v for n, v in NAMES.items() if any(_uses(e, n) for e in expressions)}
    found: dict[str, Any] = {}
    if names:
        found["ExpressionAttributeNames"] = names
    if values:
        found["ExpressionAttributeValues"] = values
    return found


def _uses(expression: str, name: str) -> bool:
    return name in expression


def key(pk: str, sk: str) -> dict[str, Any]:
    """A primary key."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


@st.composite
def _action(draw: Any, verb: str, sk: str) -> dict[str, Any]:
    """The body of one write, as transactions and single operations share it; the pk is to come."""
    condition, values = draw(st.one_of(st.just(("", {})), _condition()))
    update = ""
    if verb == "Update":
        update, more = draw(_update())
        values = {**values, **more}
    elif verb == "ConditionCheck" and not condition:
        condition = "attribute_exists(pk)"
    body: dict[str, Any] = {"sk": sk, **_placeholders(condition, update, values=values)}
    if condition:
        body["ConditionExpression"] = condition
        if draw(st.booleans()):
            body["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if verb == "Put":
        names = st.sampled_from(["n", "m", "set", "text", "other", "l"])
        body["attributes"] = draw(st.dictionaries(names, _values, max_size=4))
    if update:
        body["UpdateExpression"] = update
    return body


@st.composite
def operations(draw: Any) -> tuple[str, Any]:
    """One request: the method, and what it is about."""
    kind = draw(
        st.sampled_from(
            ["Put", "Put", "Update", "Update", "Update", "Delete", "get", "query", "write", "read"]
        )
    )
    if kind == "get":
        return "get_item", {"sk": draw(st.sampled_from(SORT_KEYS)), "paths": draw(_projections)}
    if kind == "query":
        return "query", draw(_queries)
    if kind == "read":
        return "transact_get_items", draw(
            st.lists(st.sampled_from(SORT_KEYS), min_size=1, max_size=3, unique=True)
        )
    if kind == "write":
        sks = draw(st.lists(st.sampled_from(SORT_KEYS), min_size=1, max_size=3, unique=True))
        verbs = st.sampled_from(["Put", "Update", "Update", "Delete", "ConditionCheck"])
        chosen = [(draw(verbs), sk) for sk in sks]
        return "transact_write_items", [(verb, draw(_action(verb, sk))) for verb, sk in chosen]
    body = draw(_action(kind, draw(st.sampled_from(SORT_KEYS))))
    returns = ["NONE", "ALL_OLD"] + (["ALL_NEW", "UPDATED_OLD"] if kind == "Update" else [])
    body["ReturnValues"] = draw(st.sampled_from(returns))
    return f"{kind.lower()}_item", body


_projections = st.lists(st.sampled_from(["#n", "#m.#k", "#t", "#o"]), max_size=3, unique=True)
_queries = st.fixed_dictionaries(
    {
        "test": st.sampled_from(["", "sk = :sk", "sk >= :sk", "sk < :sk", "begins_with(sk, :sk)"]),
        "sk": st.sampled_from(SORT_KEYS),
        "limit": st.sampled_from([None, 1, 2]),
        "forward": st.booleans(),
    }
)
