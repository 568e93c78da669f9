"""Prompt tokens by Bedrock's CountTokens: free, exact, and optional in every respect.

It answers for a model's own id only, not for an inference profile's, and an id behind a geography
is the same model: so the geography is left out.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from botocore.session import get_session

from cost_sentry.adapters.converse_codec import to_boto
from cost_sentry.application.ports import Clock, Uncounted
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.token_bound import NO_PROMPT_FIELDS

CONNECT_TIMEOUT_SECONDS = 0.2
READ_TIMEOUT_SECONDS = 0.6
"""Some 70 to 150 ms are usual. What takes longer is a quota speaking, and the bound is at hand."""
PAUSE = timedelta(seconds=60)
"""After a failure that the next count would meet again."""

_COUNTED = frozenset({"messages", "system", "toolConfig", "additionalModelRequestFields"})
"""Every field of a request that CountTokens takes."""
_COUNTABLE = _COUNTED | NO_PROMPT_FIELDS
"""A request with other fields is not counted: the schema of an ``outputConfig`` becomes part of the
prompt, and a guardrail may mask words of it with longer tags.
"""
_EVERY_MODEL = "*"
_DOWN = frozenset({"ThrottlingException", "ServiceUnavailableException"})
"""What the next count of any model would meet too."""
_SILENT = (ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError)
_DENIED = frozenset({"AccessDeniedException", "ResourceNotFoundException"})
"""What the next count of the same model would meet too."""
_NOT_COUNTABLE = "support counting tokens"
"""In the ``ValidationException`` of a model that has no CountTokens in this Region."""
_UNREADABLE = (ResponseParserError, ValueError, TypeError, AttributeError, LookupError)
"""What botocore's parser raises at a body of another shape."""


class BedrockTokenCounter:
    """``application.ports.TokenCounter``.

    Args:
        clock: ends a pause.
        connect: makes the boto3 ``bedrock-runtime`` client, at the first count: a function that
            never counts does not pay for it.
    """

    def __init__(self, clock: Clock, connect: Callable[[], Any]) -> None:
        self._clock = clock
        self._connect = connect
        self._pauses: dict[str, tuple[datetime, str]] = {}

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - boto3 client
        return self._connect()

    def count(self, model_id: str, converse: Mapping[str, object]) -> int | Uncounted:
        """See the port."""
        if more := converse.keys() - _COUNTABLE:
            return Uncounted(f"{', '.join(sorted(more))} cannot be counted")
        model = base_model_id(model_id)
        if paused := self._paused(_EVERY_MODEL) or self._paused(model):
            return Uncounted(f"{paused} within a minute")
        counted = {name: item for name, item in converse.items() if name in _COUNTED}
        try:
            answer = self._client.count_tokens(modelId=model, input={"converse": to_boto(counted)})
            tokens = answer.get("inputTokens")
        except ClientError as error:
            return self._refused(model, error.response.get("Error", {}))
        except BotoCoreError as error:
            return self._pause(
                _EVERY_MODEL if isinstance(error, _SILENT) else "", type(error).__name__
            )
        except _UNREADABLE as error:
            return Uncounted(type(error).__name__)
        return tokens if type(tokens) is int and tokens >= 0 else Uncounted("no count")

    def _paused(self, model: str) -> str:
        until, why = self._pauses.get(model, (None, ""))
        return why if until and self._clock.now() < until else ""

    def _refused(self, model: str, said: Mapping[str, Any]) -> Uncounted:
        code = str(said.get("Code", "unknown"))
        about_model = code in _DENIED or _NOT_COUNTABLE in str(said.get("Message", ""))
        return self._pause(_EVERY_MODEL if code in _DOWN else model if about_model else "", code)

    def _pause(self, model: str, why: str) -> Uncounted:
        """Only a name goes on: a message of Bedrock's may quote the prompt (P10)."""
        if model:
            self._pauses[model] = (self._clock.now() + PAUSE, why)
        return Uncounted(why)


def count_tokens_client() -> Any:  # noqa: ANN401 - boto3 client
    """One attempt and short time-outs: the caller of the model is waiting."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        tcp_keepalive=True,
    )
    return get_session().create_client("bedrock-runtime", config=config)
