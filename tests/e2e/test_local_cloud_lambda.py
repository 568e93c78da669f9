"""What the local Lambda does as AWS does."""

import json

import pytest

from cost_sentry_local.cloud import LocalCloud
from tests.e2e.cloud_kit import calling, new_function, new_machine, start, together, until

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

WORKERS_PER_FUNCTION = 4


def invoke(cloud: LocalCloud, function: str, event: object = None) -> dict:
    answer = cloud.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    return answer | {"Payload": json.load(answer["Payload"])}


def test_an_environment_survives_a_handlers_exception(local_cloud):
    function = new_function(
        local_cloud,
        """
calls = 0
def handler(event, context):
    global calls
    calls += 1
    if event == "fail":
        raise KeyError("gone")
    return calls
""",
    )

    failed = invoke(local_cloud, function, "fail")

    assert failed["FunctionError"] == "Unhandled"
    assert failed["Payload"]["errorType"] == "KeyError"
    assert invoke(local_cloud, function)["Payload"] == 2, "the same process answered both"


def test_a_burst_waits_for_a_few_environments_instead_of_failing(local_cloud, tmp_path):
    """The cloud's processes are not counted: functions of a deployed stack run by their clocks."""
    function = new_function(
        local_cloud,
        "import os, pathlib, time\n"
        f"pathlib.Path({str(tmp_path)!r}, str(os.getpid())).touch()\n"
        "def handler(event, context):\n    time.sleep(0.01)\n    return os.getpid()",
    )
    machine = new_machine(
        local_cloud, {"A": calling(function, 1, Output="{% $states.result.Payload %}")}
    )

    answers = together(200, lambda _: start(local_cloud, machine))

    assert {answer["status"] for answer in answers} == {"SUCCEEDED"}
    started = {path.name for path in tmp_path.iterdir()}
    assert {str(answer["output"]) for answer in answers} <= started
    assert len(started) <= WORKERS_PER_FUNCTION


def test_waiting_for_an_environment_does_not_count_as_the_tasks_time(local_cloud):
    function = new_function(
        local_cloud, "import time\ndef handler(event, context):\n    time.sleep(0.5)"
    )
    machine = new_machine(local_cloud, {"A": calling(function, 1, TimeoutSeconds=4)})

    # The last of 40 calls waits 5 s for one of four workers, then works for half a second.
    answers = together(40, lambda _: start(local_cloud, machine))

    assert {answer["status"] for answer in answers} == {"SUCCEEDED"}


def test_embedded_metrics_of_a_log_become_metrics(local_cloud):
    document = {
        "_aws": {
            "Timestamp": 0,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Probe",
                    "Dimensions": [["team"]],
                    "Metrics": [{"Name": "Admitted", "Unit": "Count"}],
                }
            ],
        },
        "team": "search",
        "Admitted": 3,
    }
    function = new_function(
        local_cloud, f"def handler(event, context):\n    print({json.dumps(document)!r})"
    )

    invoke(local_cloud, function)

    metrics = local_cloud.client("cloudwatch").list_metrics(Namespace="Probe")["Metrics"]
    assert [(m["MetricName"], m["Dimensions"]) for m in metrics] == [
        ("Admitted", [{"Name": "team", "Value": "search"}])
    ]


def test_a_log_holds_every_line_of_its_invocation(local_cloud):
    function = new_function(
        local_cloud,
        "def handler(event, context):\n    for n in range(50):\n        print('line', event, n)",
    )
    name = function.rpartition(":")[2]
    for number in range(3):
        invoke(local_cloud, function, number)
    logs = local_cloud.client("logs")

    events = until(lambda: logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"])

    lines = [event["message"].strip() for event in events if "line" in event["message"]]
    text = "\n".join(lines)
    assert [text.count(f"line {number} ") for number in range(3)] == [50, 50, 50]
    assert "end of invocation" not in text
