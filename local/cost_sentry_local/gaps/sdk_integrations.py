"""Step Functions: `aws-sdk:<service>:<action>` for every service that boto3 knows.

AWS documents it at docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html:
parameters and results in PascalCase, errors as `<Service>.<Error>`, where the service is named as
in the Java SDK (`BedrockRuntime.ThrottlingException`), and calls without an answer as
`<Service>.SdkClientException`. The emulator has a fixed list without Bedrock.
"""

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.parsers import ResponseParserError
from ministack.services import stepfunctions

from cost_sentry_local.gaps.sdk_shapes import UnknownField, answered, parameters

Json = dict[str, Any]
_Error = stepfunctions._ExecutionError
# Making a client takes a tenth of a second; a burst must not make one per execution.
_making_clients = threading.Lock()
# No second attempt behind the workflow's back: each attempt at a model may be billed.
_CONFIG = Config(
    parameter_validation=False,
    inject_host_prefix=False,
    max_pool_connections=256,
    retries={"total_max_attempts": 1},
    read_timeout=300,
)


def close() -> None:
    """Wrap the dispatch of SDK integrations; services that the emulator has stay with it."""
    dispatch = stepfunctions._invoke_aws_sdk_integration

    def dispatch_any(resource: str, data: Any) -> Any:
        service, action = resource.split(":")[6:8]
        if service.lower() in stepfunctions._AWS_SDK_SERVICE_MAP:
            return dispatch(resource, data)
        return _call(service.lower(), action, data)

    stepfunctions._invoke_aws_sdk_integration = dispatch_any


def _call(service: str, action: str, data: Any) -> Any:
    with _making_clients:
        client = _client(service)
    prefix = client.meta.service_model.service_id.replace(" ", "")
    name, method = _operation(client, action)
    operation = client.meta.service_model.operation_model(name)
    try:
        result = method(**parameters(operation.input_shape, data or {}))
    except UnknownField as problem:
        raise _Error("States.Runtime", str(problem)) from problem
    except ClientError as error:
        raise _service_error(prefix, error) from error
    except (HTTPClientError, ResponseParserError) as error:
        cause = f"Unable to execute HTTP request: {error}"
        raise _Error(f"{prefix}.SdkClientException", cause) from error
    except BotoCoreError as error:
        raise _Error("States.Runtime", str(error)) from error
    return answered(operation.output_shape, result)


def _service_error(prefix: str, error: ClientError) -> Exception:
    code = error.response["Error"].get("Code", "")
    name = code if code.endswith("Exception") else f"{code}Exception"
    metadata = error.response["ResponseMetadata"]
    cause = (
        f"{error.response['Error'].get('Message')} (Service: {prefix}, Status Code:"
        f" {metadata['HTTPStatusCode']}, Request ID: {metadata.get('RequestId')})"
    )
    return _Error(f"{prefix}.{name}", cause)


def _operation(client: BaseClient, action: str) -> tuple[str, Callable[..., Any]]:
    methods = client.meta.method_to_api_mapping.items()
    for method, name in methods:
        if name.lower() == action.lower():
            return name, getattr(client, method)
    raise _Error("States.Runtime", f"The action {action} is not known")


@cache
def _client(service: str) -> BaseClient:
    session = boto3.Session()
    names = {name.replace("-", ""): name for name in session.get_available_services()}
    if service not in names:
        raise _Error("States.Runtime", f"The service {service} is not known")
    return session.client(names[service], config=_CONFIG)
