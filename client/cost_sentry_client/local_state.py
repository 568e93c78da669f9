import os
from pathlib import Path

from cost_sentry_local.layout import STATE_DIRECTORY

VARIABLE = "COST_SENTRY_LOCAL_STATE"


def state_directory() -> Path:
    """Where the local cloud of this shell keeps its state: in the checkout, unless told otherwise.

    Clouds with different directories know nothing of each other, so several can run side by side.
    """
    return Path(os.environ.get(VARIABLE) or STATE_DIRECTORY).resolve()
