"""The sentry's own fields: who asks, how urgent it is, and what the caller puts up with."""

import unicodedata
from collections.abc import Mapping

from cost_sentry.adapters.request_parser_problems import Problems, described, shown
from cost_sentry.adapters.request_parser_shapes import check_enum
from cost_sentry.domain.answer_cache import CacheUse
from cost_sentry.domain.budget import MODEL_TAG
from cost_sentry.domain.caller import APPLICATION_TAG, TEAM_TAG
from cost_sentry.domain.invocation import Priority
from cost_sentry.domain.request_id import REQUEST_ID_ALLOWED, is_request_id
from cost_sentry.domain.session import SESSION_TAG

SENTRY_FIELDS = (
    "requestId",
    "tags",
    "priority",
    "lowerOutputLimit",
    "answerCache",
    "mayWait",
    "session",
)
"""What a request has besides Converse's own fields."""
TAGS_MAX = 16
"""Besides those that may be the workflow's, and not the request's own."""
PROVEN_TAGS = (TEAM_TAG, APPLICATION_TAG)
TAGS_MAX_BYTES = 4_096
"""Of all names and values, in UTF-8: a call carries them in the ledger's item while it runs."""
TAG_NAME_LENGTH_MAX_CHARACTERS = 64
TAG_VALUE_LENGTH_MAX_CHARACTERS = 128

_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control and format characters, surrogates, line and paragraph separators."""
_TAGS_ALLOWED = f"an object of strings: {TEAM_TAG}, and at most {TAGS_MAX} others"


def check_sentry_fields(
    request: Mapping[str, object], default_request_id: str, problems: Problems
) -> None:
    """Note everything wrong with them."""
    _check_request_id(request, default_request_id, problems)
    _check_tags(request, problems)
    if "priority" in request:
        check_enum(("priority",), request["priority"], [p.value for p in Priority], problems)
    if "answerCache" in request:
        check_enum(("answerCache",), request["answerCache"], [u.value for u in CacheUse], problems)
    for name in ("lowerOutputLimit", "mayWait"):
        given = request.get(name, True)
        if not isinstance(given, bool):
            problems.add((name,), f"is {described(given)}", "true or false")


def _check_request_id(
    request: Mapping[str, object], default_request_id: str, problems: Problems
) -> None:
    if "requestId" not in request:
        if not is_request_id(default_request_id):
            problem = "is missing, and the execution's name cannot stand in for it"
            problems.add(("requestId",), problem, REQUEST_ID_ALLOWED)
        return
    given = request["requestId"]
    if not isinstance(given, str) or not is_request_id(given):
        problems.add(("requestId",), f"is {shown(given)}", REQUEST_ID_ALLOWED)


def _check_tags(request: Mapping[str, object], problems: Problems) -> None:
    if "tags" not in request:
        problems.add(("tags",), "is missing", _TAGS_ALLOWED)
        return
    tags = request["tags"]
    if not isinstance(tags, dict) or not all(isinstance(name, str) for name in tags):
        problems.add(("tags",), f"is {described(tags)}", _TAGS_ALLOWED)
        return
    own = len(tags.keys() - PROVEN_TAGS)
    if own > TAGS_MAX:
        problem = f"has {own} tags besides {' and '.join(PROVEN_TAGS)}"
        problems.add(("tags",), problem, f"at most {TAGS_MAX}")
    texts = (text for pair in tags.items() for text in pair if isinstance(text, str))
    size = sum(len(text.encode(errors="surrogatepass")) for text in texts)
    if size > TAGS_MAX_BYTES:
        problem = f"has names and values of {size:,} bytes in UTF-8"
        problems.add(("tags",), problem, f"at most {TAGS_MAX_BYTES:,}")
    if TEAM_TAG not in tags:
        problems.add(("tags", TEAM_TAG), "is missing", "the id of a team in sentry.yaml")
    for name, value in tags.items():
        _check_tag(name, value, problems)


def _check_tag(name: str, value: object, problems: Problems) -> None:
    path = ("tags", name)
    if name == MODEL_TAG:
        allowed = "another name: the sentry sets this tag to the model that is called"
        problems.add(path, "is reserved", allowed)
    if name == SESSION_TAG:
        problems.add(path, "is reserved", "another name: the field session sets this tag")
    fault = tag_fault(name, TAG_NAME_LENGTH_MAX_CHARACTERS)
    if fault:
        problems.add(path, f"has a name that {fault}", tag_allowed(TAG_NAME_LENGTH_MAX_CHARACTERS))
    fault = tag_fault(value, TAG_VALUE_LENGTH_MAX_CHARACTERS)
    if fault:
        problems.add(path, fault, tag_allowed(TAG_VALUE_LENGTH_MAX_CHARACTERS))


def tag_fault(text: object, length_max: int) -> str | None:
    """What is wrong with the text of a tag; ``None`` if nothing is."""
    if not isinstance(text, str):
        return f"is {described(text)}"
    if not text.strip():
        return "is empty"
    if len(text) > length_max:
        return f"has {len(text)} characters"
    for position, character in enumerate(text):
        if character == "#":
            return f"has # at character {position}"
        if unicodedata.category(character) in _UNPRINTABLE:
            return f"has control character U+{ord(character):04X} at character {position}"
    return None


def tag_allowed(length_max: int) -> str:
    """What the text of a tag may be."""
    return f"a string of 1 to {length_max} characters without control characters and #"


def given_request_id(raw: object, default: str) -> str:
    """The caller's own id, also of a request that is refused, so that it can be explained."""
    given = raw.get("requestId") if isinstance(raw, dict) else None
    return given if isinstance(given, str) and is_request_id(given) else default
