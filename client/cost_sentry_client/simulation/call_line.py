"""One line of a file of requests: a request as applications send it, and what became of it."""

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cost_sentry.adapters.converse_usage import parse_usage, why_broken
from cost_sentry.adapters.prompt_complexity import estimated_complexity
from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.adapters.request_parser_problems import Problems, described
from cost_sentry.application.simulated_answers import Repeatable, repeatable_of
from cost_sentry.domain.errors import RequestRefused
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.model_id import is_model_name
from cost_sentry.domain.token_bound import counted_bound_tokens
from cost_sentry.domain.usage import TokenUsage

OWN_FIELDS = ("at", "durationSeconds", "inputTokens", "usage")
"""What a line may have besides a request."""
DURATION_SECONDS_MAX = 86_400
_TOKENS_MAX = 2**31 - 1
_YEARS = range(2000, 3000)
_AT_ALLOWED = "ISO 8601 with a time zone, of the years 2000 to 2999: 2026-11-27T09:30:00Z"
_DURATION_ALLOWED = f"a number of seconds, from 0 to {DURATION_SECONDS_MAX}"
_TOKENS_ALLOWED = f"an integer from 1 to {_TOKENS_MAX}"
_USAGE_ALLOWED = 'as Bedrock reports it, such as {"inputTokens": 374, "outputTokens": 44}'
_NO_TEXT = [{"role": "user", "content": [{"text": "."}]}]
"""Stands for messages of which only the number of tokens is known."""
_MOMENT = re.compile(r"[0-9T:.,Z+ -]{10,40}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLine:
    """A line that was understood; the request without its text (P10)."""

    request: InvocationRequest
    at: datetime | None
    duration: timedelta | None
    usage: TokenUsage | None
    prompt_tokens: int | None
    """Reported, or given in place of messages."""
    repeatable: Repeatable


def parse_line(text: bytes, *, default_request_id: str) -> CallLine:
    """The call of a line; ``RequestRefused`` with everything that is wrong, and no text of it."""
    problems = Problems()
    line = _object(text, problems)
    usage, tokens = _usage(line, problems), _prompt_tokens(line, problems)
    at, duration = _at(line, problems), _duration(line, problems)
    request, repeatable = _request(line, default_request_id, tokens, problems)
    found = CallLine(
        at=at,
        duration=duration,
        usage=usage,
        request=request,
        repeatable=repeatable,
        prompt_tokens=usage.prompt_tokens if usage else tokens,
    )
    problems.refuse_if_any()
    return found


def _object(text: bytes, problems: Problems) -> dict[str, Any]:
    allowed = "one JSON object: a request as applications send it"
    try:
        line = json.loads(text)
    except UnicodeDecodeError:
        problems.add((), "is not UTF-8", allowed)
    except json.JSONDecodeError as error:
        problems.add((), f"is not JSON from character {error.pos + 1} on", allowed)
    except ValueError:
        problems.add((), "has a number of too many digits", allowed)
    except RecursionError:
        problems.add((), "is nested too deeply", allowed)
    else:
        if isinstance(line, dict):
            return line
        problems.add((), f"is {described(line)}", allowed)
    problems.refuse_if_any()
    return {}


def _request(
    line: dict[str, Any], default_request_id: str, tokens: int | None, problems: Problems
) -> tuple[InvocationRequest, Repeatable]:
    request = {name: value for name, value in line.items() if name not in OWN_FIELDS}
    if tokens is not None:
        request["messages"] = _NO_TEXT
    try:
        parsed = parse_request(request, default_request_id=default_request_id)
    except RequestRefused as refused:
        for error in refused.errors:
            problems.note(error)
        problems.refuse_if_any()
        raise
    if tokens is None:
        return _without_text(parsed), repeatable_of(parsed)
    parsed = parsed.without_text()
    bound = counted_bound_tokens(tokens)
    known = replace(parsed, input_bound_tokens=bound, input_floor_tokens=tokens)
    return known, Repeatable.NO_TEXT


def _without_text(parsed: InvocationRequest) -> InvocationRequest:
    """With the estimate of its prompt in place of it, where a model may be chosen by that."""
    is_named = is_model_name(parsed.model_id)
    estimate = None if is_named else estimated_complexity(parsed)
    return replace(parsed.without_text(), complexity_thousandths=estimate)


def _prompt_tokens(line: dict[str, Any], problems: Problems) -> int | None:
    """How long the prompt is where no messages say it; ``None`` where they do, or nothing does."""
    given = line.get("inputTokens")
    if "inputTokens" in line and (type(given) is not int or not 1 <= given <= _TOKENS_MAX):
        problems.add(("inputTokens",), f"is {described(given)}", _TOKENS_ALLOWED)
        return 1
    if "messages" in line:
        if "inputTokens" in line:
            problems.add(("inputTokens",), "stands beside messages", "one of the two")
        return None
    if isinstance(given, int):
        return given
    usage = parse_usage(line)
    if usage is None and "usage" not in line:
        allowed = "a list of at least one message, or inputTokens, or usage"
        problems.add(("messages",), "is missing", allowed)
    return 1 if usage is None else usage.prompt_tokens


def _at(line: dict[str, Any], problems: Problems) -> datetime | None:
    if "at" not in line:
        return None
    given = line["at"]
    try:
        at = datetime.fromisoformat(given).astimezone(UTC)
        if datetime.fromisoformat(given).tzinfo is not None and at.year in _YEARS:
            return at.replace(microsecond=at.microsecond // 1000 * 1000)
    except (TypeError, ValueError, OverflowError):
        pass
    is_moment = isinstance(given, str) and _MOMENT.fullmatch(given)
    problems.add(("at",), f"is {given}" if is_moment else f"is {described(given)}", _AT_ALLOWED)
    return None


def _duration(line: dict[str, Any], problems: Problems) -> timedelta | None:
    if "durationSeconds" not in line:
        return None
    given = line["durationSeconds"]
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if is_number and 0 <= given <= DURATION_SECONDS_MAX:
        return timedelta(milliseconds=round(given * 1000))
    problems.add(("durationSeconds",), f"is {described(given)}", _DURATION_ALLOWED)
    return None


def _usage(line: dict[str, Any], problems: Problems) -> TokenUsage | None:
    if "usage" not in line:
        return None
    given = line["usage"]
    broken = why_broken(given) if isinstance(given, dict) else None
    if broken:
        problem = "is missing" if broken.is_missing else f"is {described(broken.value)}"
        problems.add(("usage", *broken.path), problem, broken.allowed)
    elif not isinstance(given, dict):
        problems.add(("usage",), f"is {described(given)}", _USAGE_ALLOWED)
    return parse_usage(line)
