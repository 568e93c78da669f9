"""Lambda: the layer's packages are there, in the build for this machine.

The layer holds packages compiled for Python 3.13 on arm64, which is what AWS runs. The emulator
runs functions in its own interpreter, where such a build cannot be loaded; the same locked
versions are installed there. So the layer is deployed and listed, but not put on the path.
"""

from typing import Any

from ministack.core import lambda_runtime


def close() -> None:
    """Wrap the start of a worker."""
    spawn = lambda_runtime.Worker._spawn

    def spawn_without_layers(worker: Any) -> None:
        worker.config = {**worker.config, "Layers": []}
        spawn(worker)

    lambda_runtime.Worker._spawn = spawn_without_layers
