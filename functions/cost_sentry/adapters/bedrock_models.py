"""Converse by boto3, for content that Step Functions' own integration is not proven to carry."""

from collections.abc import Mapping
from typing import Any

import boto3

from cost_sentry.adapters.bedrock_errors import ModelAnswerBroken
from cost_sentry.adapters.converse_codec import Json, from_boto, to_boto
from cost_sentry.adapters.model_calls import called, once


class BedrockModels:
    """Models behind one boto3 ``bedrock-runtime`` client that never repeats a call."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - boto3 client
        self._client = client

    @classmethod
    def connect(cls, *, read_timeout_seconds: float) -> "BedrockModels":
        """With a client of its own; see ``once``."""
        config = once(read_timeout_seconds=read_timeout_seconds)
        return cls(boto3.client("bedrock-runtime", config=config))

    def converse(self, arguments: Mapping[str, Any]) -> Json:
        """Call the model once; request and answer are camelCase JSON with base64 bytes.

        Raises a ``ModelCallError`` whose class says whether the call may have run.
        """
        call = to_boto(arguments)
        answer = called(lambda: from_boto(self._client.converse(**call)))
        if "output" not in answer:  # botocore reads a body that is no JSON as an empty one
            raise ModelAnswerBroken("the answer has no output")
        return answer
