"""SageMaker endpoints as models: one call, translated both ways, each failure by Bedrock's names.

Sources: API reference of SageMaker Runtime, "InvokeEndpoint", Errors; messages that callers have
reported of endpoints that are not there, and of inference components without copies.
"""

import json
import re
from typing import Any

import boto3
from botocore.exceptions import ClientError

from cost_sentry.adapters.bedrock_errors import (
    InternalServerException,
    ModelCallError,
    ModelErrorException,
    ModelNotReadyException,
    ThrottlingException,
    ValidationException,
)
from cost_sentry.adapters.endpoint_arguments import EndpointCall
from cost_sentry.adapters.endpoint_chat import Json, chat_request, converse_answer
from cost_sentry.adapters.model_calls import by_code, called, once, without_quotes
from cost_sentry.application.ports import Clock

_JSON = "application/json"
_NOT_THERE = re.compile(r"not found|could not find|no capacity|not in ?service", re.IGNORECASE)
"""SageMaker says by ValidationError and words that nothing is there that could answer."""
_TOO_LONG = re.compile(r"context length|must have less than|`?max_new_tokens`? must", re.IGNORECASE)
"""A container's words for a prompt that is too long: those of vLLM and LMI, then of TGI."""
_REFUSED_BY_CONTAINER = frozenset({400, 413, 422})
_BUSY = 429


class EndpointModels:
    """Endpoints behind one ``sagemaker-runtime`` client that never repeats a call."""

    def __init__(self, client: Any, clock: Clock) -> None:  # noqa: ANN401 - boto3 client
        self._client = client
        self._clock = clock

    @classmethod
    def connect(cls, *, read_timeout_seconds: float, clock: Clock) -> "EndpointModels":
        """With a client of its own; see ``once``."""
        config = once(read_timeout_seconds=read_timeout_seconds)
        return cls(boto3.client("sagemaker-runtime", config=config), clock)

    def converse(self, call: EndpointCall) -> Json:
        """Call the endpoint once; request and answer are Converse's own, in camelCase.

        Raises a ``ModelCallError`` whose class says whether the call may have run.
        """
        body = json.dumps(chat_request(call.converse)).encode()
        began = self._clock.now()
        which = {"InferenceComponentName": call.component} if call.component else {}

        def asked() -> object:
            answer = self._client.invoke_endpoint(
                EndpointName=call.endpoint, ContentType=_JSON, Accept=_JSON, Body=body, **which
            )
            return json.loads(answer["Body"].read())

        completion = called(asked, _named)
        took = self._clock.now() - began
        return converse_answer(completion, round(took.total_seconds() * 1_000))


def _named(error: ClientError) -> ModelCallError:
    told = error.response.get("Error", {})
    code, words = told.get("Code", ""), str(told.get("Message", ""))
    if code == "ModelError":
        return _of_container(error)
    if code == "ValidationError" and _NOT_THERE.search(words):
        return ModelNotReadyException(f"the endpoint does not answer now: {without_quotes(words)}")
    if code == "ValidationError":
        return ValidationException(without_quotes(words))
    if code in {"InternalFailure", "InternalDependencyException"}:
        return InternalServerException(without_quotes(words))
    return by_code(error)


def _of_container(error: ClientError) -> ModelCallError:
    """By the status that it answered; its words may quote the prompt, and stay here (P10)."""
    status = error.response.get("OriginalStatusCode")
    words = str(error.response.get("OriginalMessage", ""))
    if status in _REFUSED_BY_CONTAINER and _TOO_LONG.search(words):
        return ValidationException("the prompt exceeds the context length of the endpoint")
    if status in _REFUSED_BY_CONTAINER:
        return ValidationException(f"the container refused the call with status {status}")
    if status == _BUSY:
        return ThrottlingException("the container takes no more calls now (429)")
    return ModelErrorException(f"the container failed with status {status}")
