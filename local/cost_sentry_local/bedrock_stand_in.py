"""A stand-in for Amazon Bedrock: speaks Converse, InvokeModel and CountTokens, and counts.

Run as `python -m cost_sentry_local.bedrock_stand_in PORT [--parent PID]`.

A request may replay exact token counts, or meet a fault of its own, by
`requestMetadata`: `standIn.inputTokens`, `standIn.outputTokens`, `standIn.latencyMs`,
`standIn.fault`. Faults for any call are set by `POST /_stand_in/faults`
`{"kind": ..., "times": n, "model": ..., "seconds": n}`, listed by `GET` and cleared by `DELETE`.
Application inference profiles are made by CreateInferenceProfile and read by GetInferenceProfile.
`GET /_stand_in/calls` is what the provider billed, without any text;
Every call is metered as `AWS/Bedrock` metrics in the local CloudWatch, whoever makes it;
`POST /_stand_in/metric-lag` `{"seconds": n}` says how late.
`GET /_stand_in/last-request` is the last request as it arrived, with all of its text.
"""

from cost_sentry_local.loopback_server import serve
from cost_sentry_local.stand_in.front_door import BedrockServer


def main() -> None:
    """Serve until the process ends."""
    serve(BedrockServer, __doc__)


if __name__ == "__main__":
    main()
