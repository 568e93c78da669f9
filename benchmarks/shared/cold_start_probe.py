"""In a new process: load the handler of ``admit_request`` and all that its first call needs.

Arguments: ``ours``, or ``policies`` and the file of a configuration that has some, or ``litellm``.
Prints, as JSON, the seconds that this took and the most memory that the process ever held.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

_KIB_PER_MIB = 1024
_STATUS = Path("/proc/self/status")


_REQUEST = {
    "modelId": "us.amazon.nova-micro-v1:0",
    "messages": [{"role": "user", "content": [{"text": "hello"}]}],
    "tags": {"team": "search"},
}


def load_ours() -> None:
    """Handler, its AWS client, price book, cards and Converse's shapes: all but the decision."""
    _load_handler()


def load_policies() -> None:
    """The same, and the configuration of a file, with all that its policies need."""
    admission, request = _load_handler()
    document = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    from cost_sentry.application.candidates import candidates_for  # noqa: PLC0415
    from cost_sentry.application.config_document import config_from_document  # noqa: PLC0415
    from cost_sentry.application.policy_check import PolicyCheck  # noqa: PLC0415

    config = config_from_document(document)
    check = PolicyCheck(
        request=request,
        policies=config.policies,
        engines=admission.policy_engines,
        clock=admission.clock,
    )
    next(check.permitted(candidates_for(request, config, admission.price_book)))


def _load_handler() -> tuple[Any, Any]:
    """The use case and a request, parsed."""
    os.environ.update(
        SENTRY_STAGE="dev",
        SENTRY_TABLE_NAME="table",
        SENTRY_ANSWER_TABLE_NAME="answers",
        SENTRY_APPROVAL_WORKFLOW_ARN="approvals",
        SENTRY_ALERT_TOPIC_ARN="arn:aws:sns:us-east-1:123456789012:alerts",
        SENTRY_EMERGENCY_BUCKET_NAME="bucket",
        AWS_REGION="us-east-1",
        AWS_DEFAULT_REGION="us-east-1",
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
    )
    from cost_sentry import bootstrap  # noqa: PLC0415 - what is measured
    from cost_sentry.adapters.request_parser import parse_request  # noqa: PLC0415
    from cost_sentry.handlers import admit_request  # noqa: F401, PLC0415

    admission = bootstrap.admission()
    request = parse_request(_REQUEST, default_request_id="first")
    admission.price_book.card(request.model_id)
    admission.price_book.price(request.model_id)
    return admission, request


def load_litellm() -> None:
    """LiteLLM's proxy."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    from litellm.proxy import proxy_server  # noqa: F401, PLC0415 - what is measured


def most_memory_kib() -> int:
    """Of this program alone: ``getrusage`` also counts the parent that it was forked from."""
    if _STATUS.is_file():
        lines = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
        return int(lines["VmHWM"].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    began = time.perf_counter()
    {"ours": load_ours, "policies": load_policies, "litellm": load_litellm}[sys.argv[1]]()
    seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    found = {
        "seconds": seconds,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "rss_mb": most_memory_kib() / _KIB_PER_MIB,
        "modules": len(sys.modules),
    }
    sys.stdout.write(json.dumps(found) + "\n")
