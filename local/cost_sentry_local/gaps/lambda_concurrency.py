"""Lambda: a burst is served, with as many environments as this machine can bear.

AWS starts a new environment per concurrent call. Here each is a process of some 50 MB, so a burst
of 200 would start 200 of them on two cores. A function gets a few, and further calls wait for one
instead of being refused. Reserved concurrency is still refused at once, as on AWS. (A function that
calls itself deeper than its environments would wait forever; none here does.)
"""

import os
import threading
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from cost_sentry_local.gaps.waiting_time import in_queue

_WORKERS = int(os.environ.get("LOCAL_CLOUD_WORKERS_PER_FUNCTION", "4"))
_LOOK_AGAIN_SECONDS = 1.0


def close() -> None:
    """Wrap taking and returning a worker."""
    acquire, release = lambda_runtime.acquire_worker, lambda_runtime.release_worker
    free = threading.Condition()

    def wait_and_acquire(*args: Any, **kwargs: Any) -> tuple[Any, str]:
        with in_queue(), free:
            while True:
                worker, how = acquire(*args, **{**kwargs, "max_concurrency": _WORKERS})
                if worker is not None:
                    return worker, how
                free.wait(_LOOK_AGAIN_SECONDS)

    def release_and_tell(worker: Any) -> None:
        release(worker)
        with free:
            free.notify()

    for module in (lambda_runtime, lambda_svc):
        module.acquire_worker = wait_and_acquire
        module.release_worker = release_and_tell
