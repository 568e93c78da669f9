"""Cold starts in new processes, from copies of what is deployed: staged functions and built layer.

What is deployed holds bytecode of Lambda's Python. This Python's own is put beside it, in the same
form; what it costs to have none can be measured too.
"""

import json
import os
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.shared import cold_start_probe
from scripts.build_layer import LAYER
from scripts.compile_folder import compile_folder
from scripts.stage_functions import staged_functions

_BYTECODE = shutil.ignore_patterns("__pycache__")

Json = dict[str, Any]
Probe = Mapping[str, float]


@contextmanager
def deployed() -> Iterator[tuple[Mapping[str, str], Mapping[str, str]]]:
    """Environments of two copies of zip and layer: with bytecode and without."""
    with tempfile.TemporaryDirectory(prefix="cost-sentry-") as folder:
        compiled, plain = Path(folder, "compiled"), Path(folder, "plain")
        for part, name in ((staged_functions(), "task"), (LAYER / "python", "python")):
            shutil.copytree(part, plain / name, ignore=_BYTECODE)
            shutil.copytree(part, compiled / name)
            compile_folder(compiled / name, str(compiled / name))
        yield _environment(compiled), _environment(plain)


def _environment(folder: Path) -> Mapping[str, str]:
    """Finds our code first, then everybody else's; writes no bytecode, for Lambda cannot either."""
    paths = (folder / "task", folder / "python")
    return {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def start(python: Sequence[str], environment: Mapping[str, str], *arguments: str) -> Probe:
    """One process; ``arguments`` are those of the probe."""
    done = subprocess.run(
        [*python, str(cold_start_probe.__file__), *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=dict(environment),
    )
    probe: Probe = json.loads(done.stdout.splitlines()[-1])
    return probe


def median(starts: Sequence[Probe]) -> Json:
    """Of seconds and memory; empty if there was none."""
    if not starts:
        return {}
    return {
        "seconds": round(statistics.median(start["seconds"] for start in starts), 3),
        "rss_mb": round(statistics.median(start["rss_mb"] for start in starts)),
    }
