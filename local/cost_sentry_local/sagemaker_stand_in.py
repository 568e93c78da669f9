"""A stand-in for Amazon SageMaker AI's endpoints: made, called, deleted, and their hours counted.

Run as `python -m cost_sentry_local.sagemaker_stand_in PORT [--parent PID]`.

It answers SageMaker (models, endpoint configurations, endpoints, inference components, tags),
SageMaker Runtime (InvokeEndpoint) and, for endpoints, Application Auto Scaling. What endpoints do
is metered in the local CloudWatch. Orders of its own, by HTTP:

`POST /_stand_in/durations` `{"creating", "updating", "deleting"}`: the seconds that orders take;
`POST /_stand_in/faults` `{"operation", "code", "name", "times", "originalStatus"}` lets the next
calls go wrong, and with the code `Failed` what they make; `DELETE` clears them;
`POST /_stand_in/past` `{"endpoint", "minutes"}`: it has stood there, idle, for so long, and its
metrics tell so; `GET /_stand_in/instances` is what would be billed; `GET /_stand_in/tags`
everything with its tags;
`DELETE /_stand_in/everything` forgets all.
"""

from cost_sentry_local.loopback_server import serve
from cost_sentry_local.sagemaker.front_door import SageMakerServer


def main() -> None:
    """Serve until the process ends."""
    serve(SageMakerServer, __doc__)


if __name__ == "__main__":
    main()
