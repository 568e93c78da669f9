"""Who makes each call of the trace, by its row number: the trace itself names nobody.

Everything here is a rule on the row, so two runs make the same calls. ``seed`` shifts the rows.
"""

from dataclasses import dataclass
from enum import StrEnum

OPUS = "us.anthropic.claude-opus-4-5-20251101-v1:0"
SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA_PRO = "us.amazon.nova-pro-v1:0"
NOVA_MICRO = "us.amazon.nova-micro-v1:0"


class Content(StrEnum):
    """What a prompt is made of."""

    TEXT = "text"
    SYSTEM = "system prompt"
    CACHED = "cache point"
    TOOLS = "tools"
    TOOL_RESULT = "tool result"
    IMAGE = "image"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One application of one team, and the model it asks for."""

    team: str
    application: str
    model_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Everything about a call that the trace does not say."""

    caller: Caller
    priority: str
    content: Content
    fault: str | None
    """What the Bedrock stand-in does to this call instead of answering it."""


_WEB = Caller(team="search", application="web", model_id=SONNET)
_CATALOGUE = Caller(team="search", application="catalogue", model_id=SONNET)
_CHAT = Caller(team="support", application="chat", model_id=HAIKU)
_TRIAGE = Caller(team="support", application="triage", model_id=HAIKU)
_EVALUATION = Caller(team="research", application="evaluation", model_id=OPUS)
_SANDBOX = Caller(team="research", application="sandbox", model_id=SONNET)
_CAMPAIGN = Caller(team="growth", application="campaigns", model_id=NOVA_PRO)

SANDBOX, CAMPAIGN, TRIAGE = _SANDBOX, _CAMPAIGN, _TRIAGE
CALLERS = (
    _WEB, _CHAT, _CAMPAIGN, _CATALOGUE, _CHAT, _EVALUATION, _WEB, _TRIAGE, _CAMPAIGN, _CHAT,
    _SANDBOX, _WEB, _CHAT, _CATALOGUE, _CAMPAIGN, _TRIAGE, _WEB, _CHAT, _CAMPAIGN, _CATALOGUE,
)  # fmt: skip
"""Row by row, again from the start after twenty."""

_PRIORITIES = ("normal", "normal", "critical", "normal", "normal", "low", "normal")
_CONTENTS = {
    2: Content.SYSTEM,
    5: Content.CACHED,
    8: Content.TOOLS,
    11: Content.TOOL_RESULT,
    14: Content.IMAGE,
    17: Content.DOCUMENT,
    20: Content.CACHED,
}
_CONTENT_EVERY = 23
_FAULTS = {19: "throttle", 40: "internal", 61: "throttle", 98: "unavailable", 103: "disconnect"}
_FAULT_EVERY = 150


def assignment(row: int, seed: int = 0) -> Assignment:
    """Caller, priority, content and fault of a row."""
    place = row + seed
    caller = CALLERS[place % len(CALLERS)]
    # The sandbox is closed to the picodollar at the end: nothing of it may be left pending.
    fault = None if caller is _SANDBOX else _FAULTS.get(place % _FAULT_EVERY)
    return Assignment(
        caller=caller,
        priority=_PRIORITIES[place % len(_PRIORITIES)],
        content=_CONTENTS.get(place % _CONTENT_EVERY, Content.TEXT),
        fault=fault,
    )
