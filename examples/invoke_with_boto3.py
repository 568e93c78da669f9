"""One guarded call with boto3 and nothing else."""

import json
import os
import pathlib

import boto3
from botocore.config import Config

request = json.loads(pathlib.Path(__file__).with_name("request.json").read_text(encoding="utf-8"))

# An answer may take as long as a workflow may run; boto3 gives up after 60 s if nobody says so.
patient = Config(read_timeout=310, retries={"total_max_attempts": 1})
answer = boto3.client("stepfunctions", config=patient).start_sync_execution(
    stateMachineArn=os.environ["COST_SENTRY_WORKFLOWS"] + "support", input=json.dumps(request)
)
if answer["status"] != "SUCCEEDED":  # the model call failed; Bedrock's own error name
    raise SystemExit(f"{answer['error']}: {json.loads(answer['cause'])['message']}")

output = json.loads(answer["output"])
sentry = output["sentry"]
if sentry["decision"] == "REJECT":  # an answer, not an error: nothing was called, nothing spent
    raise SystemExit(f"refused, {sentry['code']}: {sentry['message']}")

if not sentry["replayed"]:  # a request id that was answered before brings no text again
    print(output["output"]["message"]["content"][0]["text"])
print(f"{sentry['modelUsed']} cost {sentry['costUsd']} USD")
