"""One call to a model by boto3: never repeated, and each failure by a name of its own."""

import re
from collections.abc import Callable
from typing import TypeVar

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

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 230
"""Less than invoke_model's own time-out, so that a silent model is reported by its name."""
MESSAGE_LENGTH_MAX_CHARACTERS = 400
"""Of a service's own error message, as far as it is passed on."""

_QUOTED = re.compile(r"""(["'`])((?:(?!\1).){41,})\1""", re.DOTALL)
"""Long enough to be a piece of the prompt that it complains about."""
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

Answer = TypeVar("Answer")


def once(*, read_timeout_seconds: float) -> Config:
    """Of a client that never repeats a call: a repeated one would be billed on one reservation.

    ``read_timeout_seconds`` must be shorter than the function's own time-out, so that a silent
    model is reported as such.
    """
    return Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=read_timeout_seconds,
        tcp_keepalive=True,
    )


def called(
    call: Callable[[], Answer], named: Callable[[ClientError], ModelCallError] | None = None
) -> Answer:
    """The answer, or the failure by its own name; its cause may quote the prompt and is cut off.

    Args:
        call: asks the model.
        named: the failure that a service tells of; left out, by the codes of Bedrock.
    """
    try:
        return call()
    except ClientError as error:
        raise (named or by_code)(error) from None
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


def by_code(error: ClientError) -> ModelCallError:
    """By its code, or else by its status; with its words, but for what they quote."""
    code = error.response.get("Error", {}).get("Code", "")
    kind = BY_CODE.get(code) or BY_STATUS.get(status_of(error)) or ModelCallFailed
    shown = code if code != kind.__name__ else ""
    words = without_quotes(error.response.get("Error", {}).get("Message", ""))
    return kind(": ".join(part for part in (shown, words) if part))


def status_of(error: ClientError) -> int:
    """Of HTTP; 0 if nobody says."""
    status: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status


def without_quotes(message: str) -> str:
    """A service's own words, without what may be a piece of the prompt (P10)."""
    cut = _QUOTED.sub(lambda quoted: f"({len(quoted[2])} characters)", message)
    return cut[:MESSAGE_LENGTH_MAX_CHARACTERS]
