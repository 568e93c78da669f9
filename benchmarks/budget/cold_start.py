"""Cold start of ``admit_request`` beside LiteLLM's proxy, each in new processes, in turn.

Ours runs from copies of what is deployed: the functions' source and the built layer. Both sides
have their bytecode compiled before, as pip leaves it; what it costs to have none is told beside it.
"""

import compileall
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.budget import cold_start_probe, litellm_environment
from benchmarks.budget.plan import Plan
from cost_sentry_local.layout import PROJECT

_NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.pyc")

Json = dict[str, Any]
Probe = Mapping[str, float]


def cold_starts(*, litellm: bool, plan: Plan, say: Callable[[str], None]) -> tuple[Json, Json]:
    """Medians; every start in the details."""
    found: dict[str, list[Probe]] = {"ours": [], "ours, no bytecode": [], "litellm": []}
    with _deployed() as (compiled, plain):
        _start([sys.executable], "ours", compiled)  # the disk is warm for everyone
        for number in range(plan.cold_starts):
            say(f"cold start {number + 1} of {plan.cold_starts}")
            found["ours"].append(_start([sys.executable], "ours", compiled))
            found["ours, no bytecode"].append(_start([sys.executable, "-B"], "ours", plain))
            if litellm:
                python = [str(litellm_environment.PYTHON)]
                their_environment = litellm_environment.environment()
                found["litellm"].append(_start(python, "litellm", their_environment))
    figures = {name: _median(found[name]) for name in ("ours", "litellm")}
    return figures, {name: starts for name, starts in found.items() if starts}


@contextmanager
def _deployed() -> Iterator[tuple[Mapping[str, str], Mapping[str, str]]]:
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


def _start(python: Sequence[str], which: str, environment: Mapping[str, str]) -> Probe:
    done = subprocess.run(
        [*python, str(cold_start_probe.__file__), which],
        capture_output=True,
        text=True,
        check=True,
        env=dict(environment),
    )
    probe: Probe = json.loads(done.stdout.splitlines()[-1])
    return probe


def _median(starts: Sequence[Probe]) -> Json:
    if not starts:
        return {}
    return {
        "seconds": round(statistics.median(start["seconds"] for start in starts), 3),
        "rss_mb": round(statistics.median(start["rss_mb"] for start in starts)),
    }
