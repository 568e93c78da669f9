"""The local cloud's process: emulated AWS with its gaps closed, and two stand-ins.

Run as `python -m cost_sentry_local.server AWS_PORT BEDROCK_PORT SAGEMAKER_PORT [--parent PID]`
in a process group of its own; `cost_sentry_local.cloud.up` does.
"""

import argparse
import os
import subprocess
import sys

from cost_sentry_local.parent_watch import end_with_parent


def main() -> None:
    """Serve until the process group ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("aws_port", type=int)
    parser.add_argument("bedrock_port", type=int)
    parser.add_argument("sagemaker_port", type=int)
    parser.add_argument("--parent", type=int, help="end when this process is no longer the parent")
    options = parser.parse_args()
    if options.parent:
        end_with_parent(options.parent)
    _start("cost_sentry_local.bedrock_stand_in", options.bedrock_port)
    _start("cost_sentry_local.sagemaker_stand_in", options.sagemaker_port)
    _serve_aws()


def _start(module: str, port: int) -> None:
    subprocess.Popen([sys.executable, "-m", module, str(port), "--parent", str(os.getpid())])


def _serve_aws() -> None:
    # Imported late: the emulator reads its settings when it is imported.
    from ministack import app  # noqa: PLC0415

    from cost_sentry_local.gaps import close_all  # noqa: PLC0415

    close_all()
    sys.argv = sys.argv[:1]  # the emulator would parse our arguments as its own
    app.main()


if __name__ == "__main__":
    main()
