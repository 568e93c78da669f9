"""Cold starts in new processes, from copies of what is deployed: functions' source and built layer.

Bytecode is compiled before, as pip leaves it; what it costs to have none can be measured beside it.
"""

import compileall
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
from cost_sentry_local.layout import PROJECT

_NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.pyc")

Json = dict[str, Any]
Probe = Mapping[str, float]


@contextmanager
def deployed() -> Iterator[tuple[Mapping[str, str], Mapping[str, str]]]:
    """Environments of two copies of zip and layer: with bytecode and without."""
    with tempfile.TemporaryDirectory(prefix="cost-sentry-") as folder:
        environments = []
        for name in ("compiled", "plain"):
            roots = []
            for part in (PROJECT / "functions", PROJECT / ".build" / "layer" / "python"):
                copied = Path(folder, name, part.name)
                shutil.copytree(part, copied, ignore=_NOT_COPIED)
                roots.append(str(copied))
            environments.append({"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(roots)})
        compileall.compile_dir(Path(folder, "compiled"), quiet=2)
        yield environments[0], environments[1]


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
