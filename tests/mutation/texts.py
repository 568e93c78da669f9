"""Changes inside a text of DynamoDB's language, which is where this ledger decides."""

import ast
import re
from collections.abc import Iterator

_OTHERS = (
    (">=", ">"),
    (" < ", " <= "),
    ("attribute_not_exists", "attribute_exists"),
    (r"\battribute_exists", "attribute_not_exists"),
    (" AND ", " OR "),
    (" OR ", " AND "),
    ("NOT contains", "contains"),
    (r"(?<!NOT )\bcontains", "NOT contains"),
    (r" - (?=[#:a-z])", " + "),
    (r" \+ (?=[#:a-z])", " - "),
    (r"\bADD (?=[a-z#]*(places|inherited|ended) )", "DELETE "),
    (r"\bDELETE ", "ADD "),
    (r"^ALL_NEW$", "NONE"),
    (r"^ALL_OLD$", "NONE"),
)
_EQUAL = r" = (?=:)"
_IS_EXPRESSION = re.compile(
    r"[#:][a-z]|attribute_|REMOVE |SET |ADD |DELETE |NOT contains|ALL_(NEW|OLD)| (AND|OR) "
)
_DECIDES = re.compile(r"attribute_|contains\(|size\(| >= | < ")
_CHANGES = re.compile(r"\b(SET|ADD|REMOVE|DELETE)\b|if_not_exists")


def other_texts(text: str) -> Iterator[str]:
    """This text with one word of the language changed."""
    if not _IS_EXPRESSION.search(text):
        return
    others = _OTHERS if _CHANGES.search(text) else (*_OTHERS, (_EQUAL, " <> "))
    for old, new in others:
        for found in re.finditer(old, text):
            yield text[: found.start()] + new + text[found.end() :]


def is_condition(text: str, parent: ast.AST) -> bool:
    """Whether this text, where it stands, allows or forbids a write."""
    if _CHANGES.search(text) or text != text.strip():
        return False
    return _stands_as_condition(text, parent) or _DECIDES.search(text) is not None


def _stands_as_condition(text: str, parent: ast.AST) -> bool:
    if not isinstance(parent, ast.Dict):
        return False
    keys = [k.value for k in parent.keys if isinstance(k, ast.Constant)]
    values = [v for v in parent.values if isinstance(v, ast.Constant | ast.JoinedStr)]
    return "ConditionExpression" in keys and any(_is_text(v, text) for v in values) and "=" in text


def _is_text(node: ast.expr, text: str) -> bool:
    return isinstance(node, ast.JoinedStr) or getattr(node, "value", None) == text


def always_true() -> tuple[str, str]:
    """What makes a condition out of one that holds whatever stands there, with all its names."""
    return "(", " OR attribute_not_exists(never_there))"
