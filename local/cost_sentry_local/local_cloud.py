"""A running local cloud, and what any AWS client needs to reach it."""

from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

from botocore.client import BaseClient

from cost_sentry_local.aws_clients import REGION, client_of

ACCOUNT = "123456789012"
_TIMEOUT_SECONDS = 30.0
_OF_SAGEMAKER = ("sagemaker", "sagemaker-runtime", "application-autoscaling")
"""What its stand-in answers."""


def stand_in_variables(bedrock: str, sagemaker: str) -> dict[str, str]:
    """Where AWS SDKs find what the emulator does not answer itself."""
    return {
        "AWS_ENDPOINT_URL_BEDROCK": bedrock,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": bedrock,
        "AWS_ENDPOINT_URL_SAGEMAKER": sagemaker,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": sagemaker,
        "AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING": sagemaker,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCloud:
    """Three servers on the loopback interface in one process group."""

    endpoint: str
    bedrock_endpoint: str
    sagemaker_endpoint: str
    process_group: int
    state_directory: Path

    def environment(self) -> dict[str, str]:
        """Variables with which every AWS SDK and command line talks to this cloud only."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            **stand_in_variables(self.bedrock_endpoint, self.sagemaker_endpoint),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            # StartSyncExecution puts "sync-" before the host, which no local name resolves.
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": str(self.state_directory / "no-aws-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.state_directory / "no-aws-credentials"),
        }

    def client(self, service: str, *, attempts: int = 1, connections: int = 256) -> BaseClient:
        """A boto3 client of this cloud, whatever the environment says; one attempt by default."""
        stand_ins = dict.fromkeys(_OF_SAGEMAKER, self.sagemaker_endpoint)
        stand_ins |= dict.fromkeys(("bedrock", "bedrock-runtime"), self.bedrock_endpoint)
        endpoint = stand_ins.get(service, self.endpoint)
        return client_of(endpoint, service, attempts=attempts, connections=connections)

    @property
    def state_machines(self) -> dict[str, str]:
        """ARN of every deployed state machine by name; empty before a deployment."""
        listed = self.client("stepfunctions").list_state_machines()["stateMachines"]
        return {machine["name"]: machine["stateMachineArn"] for machine in listed}

    def reset(self) -> None:
        """Forget every resource, mail, fault and call, as if freshly started."""
        _send("POST", f"{self.endpoint}/_ministack/reset")
        _send("DELETE", f"{self.bedrock_endpoint}/_stand_in/faults")
        _send("DELETE", f"{self.bedrock_endpoint}/_stand_in/calls")
        _send("DELETE", f"{self.sagemaker_endpoint}/_stand_in/everything")


def _send(method: str, url: str) -> None:
    with urlopen(Request(url, method=method), timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
        answer.read()
