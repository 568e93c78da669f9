"""The drop-in: where `boto3.client("bedrock-runtime")` stood, and the same `converse`."""

from cost_sentry_client.call_errors import CallRejected
from cost_sentry_client.sentry_client import SentryClient

bedrock = SentryClient(tags={"team": "support", "application": "helpdesk"})
try:
    answer = bedrock.converse(
        modelId="us.anthropic.claude-haiku-4-5-20251001-v1:0",
        messages=[{"role": "user", "content": [{"text": "What is a budget? One sentence."}]}],
        inferenceConfig={"maxTokens": 200},
    )
except CallRejected as refused:
    raise SystemExit(f"refused, {refused.code}: {refused.message}") from None

print(answer["output"]["message"]["content"][0]["text"])
print(answer["sentry"]["costUsd"], "USD of", answer["sentry"]["reservedUsd"], "reserved")
