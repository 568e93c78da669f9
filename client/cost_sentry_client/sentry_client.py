"""The drop-in: Converse, through the sentry."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import boto3

from cost_sentry_client.aws_clients import step_functions_client
from cost_sentry_client.call_errors import failure, rejection
from cost_sentry_client.deployment import STAGE_DEFAULT, Deployment, find_deployment
from cost_sentry_client.payload import Unsendable, from_payload, to_payload
from cost_sentry_client.request_id import new_request_id
from cost_sentry_client.workflows import Workflows

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
    from mypy_boto3_stepfunctions import SFNClient


class SentryClient:
    """Stands where ``boto3.client("bedrock-runtime")`` stood, for ``converse``.

    Args:
        state_machine_arn: Of the caller's own workflow; left out, it is looked up by ``stage`` and
            by the tags ``team`` and ``application``.
        stage: Which deployment, if no ARN is given.
        deployment: Which one, if it was looked up already.
        session: The boto3 session to use; left out, a new one as boto3 would make it.
        tags: Sent with every call; ``team`` is required here or with the call, unless an ARN is
            given. Whoever may start a workflow is its caller, whatever the tags say.
        on_reject: ``raise`` CallRejected, or ``return`` an answer that holds ``sentry`` only.
        step_functions: A ready client, where the usual one will not do.
    """

    def __init__(
        self,
        *,
        state_machine_arn: str | None = None,
        stage: str = STAGE_DEFAULT,
        deployment: Deployment | None = None,
        session: boto3.Session | None = None,
        tags: Mapping[str, str] | None = None,
        on_reject: Literal["raise", "return"] = "raise",
        step_functions: "SFNClient | None" = None,
    ) -> None:
        if on_reject not in ("raise", "return"):
            raise ValueError(f"on_reject is {on_reject!r}; allowed: 'raise', 'return'")
        self._given_arn = state_machine_arn
        self._stage = stage
        self._deployment = deployment
        self._session = session or boto3.Session()
        self._tags = dict(tags or {})
        self._on_reject = on_reject
        self._step_functions = step_functions or step_functions_client(self._session)

    def workflow_arn(self, tags: Mapping[str, str] | None = None) -> str:
        """The workflow that a call with these tags starts, besides the client's own."""
        return self._workflows.arn({**self._tags, **(tags or {})})

    @cached_property
    def _workflows(self) -> Workflows:
        def find() -> Deployment:
            return self._deployment or find_deployment(self._session, self._stage)

        return Workflows(self._given_arn, find)

    @property
    def exceptions(self) -> Any:  # noqa: ANN401 - botocore makes its classes while running
        """Bedrock's exceptions: ``except client.exceptions.ThrottlingException`` still works."""
        return self._bedrock.exceptions

    def converse(
        self,
        *,
        requestId: str | None = None,  # noqa: N803 - spelled as the other arguments of Converse
        tags: Mapping[str, str] | None = None,
        priority: str | None = None,
        lowerOutputLimit: bool | None = None,  # noqa: N803
        answerCache: str | None = None,  # noqa: N803
        mayWait: bool | None = None,  # noqa: N803
        session: Mapping[str, Any] | None = None,
        **kwargs: Any,  # noqa: ANN401 - Converse's own arguments, whatever they become
    ) -> dict[str, Any]:
        """Call the model if its budgets can pay for it; Converse's response plus ``sentry``.

        Args:
            requestId: Makes a retry safe: the same id never pays twice. Made up if left out, and
                kept for this call's own retries when an answer is lost on the way.
            tags: Who pays; added to the client's own, and stronger than them.
            priority: ``critical``, ``normal`` or ``low``.
            lowerOutputLimit: ``False`` to be refused rather than get a shorter answer, when the
                budgets cannot pay for ``maxTokens``.
            answerCache: ``off`` for an answer of the model although the application's are kept,
                ``refresh`` for one that is kept in place of the last.
            mayWait: ``True`` to be served by service tier flex, where the operator prices it.
            session: Of an agent run: ``id``, a version 7 UUID that all its agents share, ``path``,
                the names from the root down to the one that calls (``[]`` from the root itself),
                and ``retry``.
            **kwargs: Exactly what ``boto3.client("bedrock-runtime").converse`` takes; but
                ``modelId`` may be a virtual model, or be left out beside the tag ``taskType``.

        Raises:
            CallRejected: A budget or a rule said no, or the request is malformed or above 256 KiB.
            ClientError: The model call failed, under Bedrock's own error code; ``response`` has
                ``sentry``, which says what became of the money.
        """
        request = {
            **kwargs,
            "requestId": requestId if requestId is not None else new_request_id(),
            "tags": {**self._tags, **(tags or {})},
            **({} if priority is None else {"priority": priority}),
            **({} if lowerOutputLimit is None else {"lowerOutputLimit": lowerOutputLimit}),
            **({} if answerCache is None else {"answerCache": answerCache}),
            **({} if mayWait is None else {"mayWait": mayWait}),
            **({} if session is None else {"session": dict(session)}),
        }
        try:
            payload = to_payload(request)
        except Unsendable as error:
            return self._answer(_refused_here(request, error))
        return self._answer(self._run(payload, request["tags"]))

    def _run(self, payload: str, tags: Mapping[str, str]) -> dict[str, Any]:
        execution = self._workflows.start(self._step_functions, payload, tags)
        if execution["status"] != "SUCCEEDED":
            raise failure(execution, self._bedrock)
        answer: dict[str, Any] = json.loads(execution["output"])
        return answer

    def _answer(self, answer: dict[str, Any]) -> dict[str, Any]:
        sentry = answer.pop("sentry")
        if "output" in answer:
            return {**from_payload(answer), "sentry": sentry}
        if self._on_reject == "raise":
            raise rejection(sentry)
        return {"sentry": sentry}

    @cached_property
    def _bedrock(self) -> "BedrockRuntimeClient":
        """Never called; it knows Bedrock's shapes and exceptions."""
        return self._session.client(
            "bedrock-runtime", region_name=self._step_functions.meta.region_name
        )


def _refused_here(request: Mapping[str, Any], error: Unsendable) -> dict[str, Any]:
    """The answer the workflow would give, for what cannot be sent to it."""
    return {
        "sentry": {
            "requestId": str(request["requestId"]),
            "decision": "REJECT",
            "code": "INVALID_REQUEST",
            "message": str(error),
            "modelAsked": request.get("modelId"),
            "modelUsed": None,
            "costUsd": None,
            "status": None,
            "replayed": False,
            "budgets": [],
            "rungs": [],
            "errors": [error.error],
        }
    }
