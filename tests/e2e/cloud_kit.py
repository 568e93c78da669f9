"""Small pieces that the local cloud's own tests are built from."""

import io
import json
import signal
import threading
import time
import uuid
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cost_sentry_local.cloud import LocalCloud

ROLE = "arn:aws:iam::123456789012:role/test"
NOVA = "amazon.nova-lite-v1:0"

Item = dict[str, Any]


def key(name: str) -> Item:
    return {"pk": {"S": name}, "sk": {"S": "-"}}


def number(value: int) -> Item:
    return {"N": str(value)}


def unique(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:10]}"


def together(threads: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work(0..threads-1)` at the same moment; results in that order."""
    start = threading.Barrier(threads)

    def run(number: int) -> Any:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def hear_interrupts() -> None:
    """For a child process: hear Ctrl-C even if the test run itself was started in background.

    A shell starts background jobs with SIGINT ignored, and children inherit that.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def until(condition: Callable[[], Any], *, seconds: float = 20) -> Any:
    """The condition's first true value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.05)
    return value


def new_function(cloud: LocalCloud, code: str, **settings: Any) -> str:
    """ARN of a Python function made of one file; its handler is `handler`."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("one.py", code)
    return cloud.client("lambda").create_function(
        FunctionName=unique("test"),
        Runtime="python3.13",
        Handler="one.handler",
        Role=ROLE,
        Code={"ZipFile": packed.getvalue()},
        **({"Timeout": 20} | settings),
    )["FunctionArn"]


def new_table(cloud: LocalCloud, *, stream: bool = False) -> dict[str, Any]:
    """Description of a table with keys pk and sk."""
    dynamodb = cloud.client("dynamodb")
    name = unique("table")
    description = dynamodb.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        if stream
        else {"StreamEnabled": False},
    )["TableDescription"]
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    return description


def new_machine(cloud: LocalCloud, states: dict[str, Any], *, kind: str = "EXPRESS", **top: Any):
    """ARN of a JSONata state machine that starts at the first state."""
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": next(iter(states)),
        "States": states,
        **top,
    }
    return cloud.client("stepfunctions").create_state_machine(
        name=unique("machine"), definition=json.dumps(definition), roleArn=ROLE, type=kind
    )["stateMachineArn"]


def run_machine(
    cloud: LocalCloud, states: dict[str, Any], data: Any = None, **top: Any
) -> dict[str, Any]:
    """What StartSyncExecution answers, with the output parsed."""
    arn = new_machine(cloud, states, **top)
    return start(cloud, arn, data)


def start(cloud: LocalCloud, arn: str, data: Any = None, **more: Any) -> dict[str, Any]:
    answer = cloud.client("stepfunctions").start_sync_execution(
        stateMachineArn=arn, input=json.dumps({} if data is None else data), **more
    )
    if "output" in answer:
        answer["output"] = json.loads(answer["output"])
    return answer


def passing(output: Any, **more: Any) -> dict[str, Any]:
    return {"Type": "Pass", "Output": output, "End": True, **more}


def calling(function: str, payload: Any, **more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": function, "Payload": payload},
        "End": True,
        **more,
    }


def conversing(**more: Any) -> dict[str, Any]:
    """A state that passes its input to Converse."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:bedrockruntime:converse",
        "Arguments": "{% $states.input %}",
        "End": True,
        **more,
    }


def converse_arguments(text: str = "hello", **more: Any) -> dict[str, Any]:
    return {"ModelId": NOVA, "Messages": [{"Role": "user", "Content": [{"Text": text}]}], **more}
