"""The environment of the local cloud's own processes: nothing of the caller's AWS settings."""

import os
from pathlib import Path

from cost_sentry_local.local_cloud import ACCOUNT, REGION, stand_in_variables
from cost_sentry_local.ports import LOOPBACK


def server_environment(
    aws_port: int, bedrock_port: int, sagemaker_port: int, temporary: Path
) -> dict[str, str]:
    """Variables for the server; its Lambda workers inherit them.

    Args:
        aws_port: where the emulated AWS shall listen.
        bedrock_port: where the Bedrock stand-in shall listen.
        sagemaker_port: where the SageMaker stand-in shall listen.
        temporary: directory for everything that must be gone when the cloud ends.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return own | {
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(aws_port),
        "MINISTACK_HOST": LOOPBACK,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        # Further listeners of the emulator that would open fixed ports.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # AWS default; the emulator would take less on a small machine and refuse calls.
        "LAMBDA_ACCOUNT_CONCURRENCY": "1000",
        "LOG_LEVEL": own.get("LOCAL_CLOUD_LOG_LEVEL", "WARNING"),
        "TMPDIR": str(temporary),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_ENDPOINT_URL": f"http://{LOOPBACK}:{aws_port}",
        **stand_in_variables(
            f"http://{LOOPBACK}:{bedrock_port}", f"http://{LOOPBACK}:{sagemaker_port}"
        ),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
