"""Pydantic's errors in the words of somebody who writes ``sentry.yaml``."""

from collections.abc import Iterable
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cost_sentry_client.config_file.field_types import WORDS
from cost_sentry_client.config_file.problems import Finding, Path, quoted
from cost_sentry_client.config_file.sections import shape_at

_KEY_MARK = "[key]"


def findings_of(error: ValidationError) -> list[Finding]:
    """One finding per pydantic error."""
    return [_finding(detail) for detail in error.errors(include_url=False)]


def suggestion(name: str, known: Iterable[str]) -> str:
    """`` (did you mean …?)`` with the closest known names, or nothing."""
    close = get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f" (did you mean {' or '.join(close)}?)" if close else ""


def _finding(detail: ErrorDetails) -> Finding:
    path: Path = tuple(detail["loc"])
    at_key = bool(path) and path[-1] == _KEY_MARK
    path = path[:-1] if at_key else path
    problem, allowed = _words(detail, path)
    return Finding(
        path=path,
        problem=problem,
        allowed=allowed,
        at_key=at_key or detail["type"] == "extra_forbidden",
    )


def _words(detail: ErrorDetails, path: Path) -> tuple[str, str]:
    """What is wrong, and what is allowed."""
    wanted = _wanted_kind(detail["type"], path)
    if wanted:
        return _kind(detail["input"]), wanted
    match detail["type"]:
        case "missing":
            return "it is missing", _meaning(path)
        case "extra_forbidden":
            name, known = str(path[-1]), _names(path[:-1])
            return f"unknown field{suggestion(name, known)}", ", ".join(known)
        case "string_pattern_mismatch":
            return _not_accepted(detail["input"]), WORDS[detail["ctx"]["pattern"]]
        case "enum" | "literal_error":
            allowed = str(detail["ctx"]["expected"]).replace("'", "")
            return _not_accepted(detail["input"]), allowed
        case _:
            return _outside(detail)


def _wanted_kind(error_type: str, path: Path) -> str | None:
    """Of an error that says that another kind of value was given."""
    match error_type:
        case "model_type" | "dict_type":
            return f"a mapping{_of_fields(path)}"
        case "list_type":
            return f"a list: {_meaning(path)}"
        case "string_type":
            return "text"
        case "int_type":
            return "a whole number in plain digits"
        case "bool_type":
            return "true or false"
        case _:
            return None


def _outside(detail: ErrorDetails) -> tuple[str, str]:
    context, given = detail.get("ctx", {}), detail["input"]
    match detail["type"]:
        case "greater_than_equal":
            return f"{quoted(given)} is too small", f"at least {context['ge']}"
        case "less_than_equal":
            return f"{quoted(given)} is too large", f"at most {context['le']}"
        case "string_too_long":
            return _not_accepted(given), f"at most {context['max_length']} characters"
        case "too_short":
            return "it is empty", f"at least {context['min_length']} entry"
        case "too_long":
            return f"it has {context['actual_length']} entries", f"at most {context['max_length']}"
        case _:
            return f"{quoted(given)}: {detail['msg']}", "see docs/reference/sentry-yaml.md"


def _not_accepted(given: object) -> str:
    return f"{quoted(given)} is not accepted"


def _kind(given: object) -> str:
    match given:
        case None:
            return "nothing stands here"
        case list():
            return "a list stands here"
        case dict():
            return "a mapping stands here"
        case _:
            return _not_accepted(given)


def _names(path: Path) -> list[str]:
    shape = shape_at(path)
    return [field.alias or name for name, field in shape.model_fields.items()] if shape else []


def _of_fields(path: Path) -> str:
    names = _names(path)
    return f" with the fields {', '.join(names)}" if names else f": {_meaning(path)}"


def _meaning(path: Path) -> str:
    shape = shape_at(path[:-1])
    fields = shape.model_fields.values() if shape else ()
    said = next((field.description for field in fields if field.alias == path[-1]), None)
    return said or "a value"
