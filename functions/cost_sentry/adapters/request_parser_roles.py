"""Who speaks first: what Bedrock always refuses, before any money is held for it.

"A conversation must start with a user message" is Converse's own error; Amazon Nova's user guide
and Anthropic's Messages API say likewise. Whether a later message may be of role ``system`` depends
on the model, and is seen at admission.
"""

from collections.abc import Mapping

from cost_sentry.adapters.request_parser_problems import Problems

_ALLOWED = {
    "assistant": "user: a conversation starts with a message of the user",
    "system": "user; instructions for the whole call go into the field system",
}


def check_roles(request: Mapping[str, object], problems: Problems) -> None:
    """Note a first message that is not the user's."""
    messages = request.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    role = first.get("role") if isinstance(first, Mapping) else None
    if isinstance(role, str) and role in _ALLOWED:
        problems.add(("messages", 0, "role"), f'is "{role}"', _ALLOWED[role])
