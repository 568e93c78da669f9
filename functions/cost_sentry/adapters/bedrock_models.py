"""Converse by boto3, for content that Step Functions' own integration is not proven to carry."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from cost_sentry.adapters.bedrock_errors import (
    BY_CODE,
    BY_STATUS,
    ModelAnswerBroken,
    ModelCallError,
    ModelCallFailed,
    ModelCallNotSent,
    ModelCallTimedOut,
    ValidationException,
)
from cost_sentry.adapters.converse_codec import Json, from_boto, to_boto

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 230
"""Less than invoke_model's own time-out, so that a silent model is reported by its name."""
MESSAGE_LENGTH_MAX_CHARACTERS = 400
"""Of Bedrock's own error message, as far as it is passed on."""

_QUOTED = re.compile(r"""(["'`])((?:(?!\1).){41,})\1""", re.DOTALL)
"""Long enough to be a piece of the prompt that Bedrock complains about."""
_NOT_SENT = (
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)
_BROKEN = (HTTPClientError, IncompleteReadError, ResponseParserError)
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError)
"""What botocore's parser raises at a body that is no JSON, or JSON of another shape."""


class BedrockModels:
    """Models behind one boto3 ``bedrock-runtime`` client that never repeats a call."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - boto3 client
        self._client = client

    @classmethod
    def connect(cls, *, read_timeout_seconds: float) -> "BedrockModels":
        """With a client of its own.

        ``read_timeout_seconds`` must be shorter than the function's own time-out, so that a silent
        model is reported as such. One attempt per call: a repeated call would be billed twice on
        one reservation.
        """
        config = Config(
            retries={"mode": "standard", "total_max_attempts": 1},
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=read_timeout_seconds,
            tcp_keepalive=True,
        )
        return cls(boto3.client("bedrock-runtime", config=config))

    def converse(self, arguments: Mapping[str, Any]) -> Json:
        """Call the model once; request and answer are camelCase JSON with base64 bytes.

        Raises a ``ModelCallError`` whose class says whether the call may have run.
        """
        call = to_boto(arguments)
        answer = _called(lambda: from_boto(self._client.converse(**call)))
        if "output" not in answer:  # botocore reads a body that is no JSON as an empty one
            raise ModelAnswerBroken("the answer has no output")
        return answer


def _called(call: Callable[[], Json]) -> Json:
    """The answer, or the failure by its own name; its cause may quote the prompt and is cut off."""
    try:
        return call()
    except ClientError as error:
        raise _named(error) from None
    except ParamValidationError:
        raise ValidationException("boto3 does not take these arguments") from None
    except _NOT_SENT as error:
        raise ModelCallNotSent(type(error).__name__) from None
    except ReadTimeoutError:
        raise ModelCallTimedOut("no answer within the read time-out") from None
    except _BROKEN as error:
        raise ModelAnswerBroken(type(error).__name__) from None
    except BotoCoreError as error:
        raise ModelCallFailed(type(error).__name__) from None
    except _UNREADABLE as error:
        raise ModelAnswerBroken(type(error).__name__) from None


def _named(error: ClientError) -> ModelCallError:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    kind = BY_CODE.get(code) or BY_STATUS.get(status) or ModelCallFailed
    message = error.response.get("Error", {}).get("Message", "")
    shown = code if code != kind.__name__ else ""
    return kind(": ".join(part for part in (shown, _without_quotes(message)) if part))


def _without_quotes(message: str) -> str:
    cut = _QUOTED.sub(lambda quoted: f"({len(quoted[2])} characters)", message)
    return cut[:MESSAGE_LENGTH_MAX_CHARACTERS]
