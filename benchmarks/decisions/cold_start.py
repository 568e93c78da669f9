"""Cold start of ``admit_request`` with a configuration that has policies: Cedar is loaded for it.

The layer holds Cedar's engine for Lambda's processors, so this machine's own stands in for it.
"""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cedarpy

from benchmarks.decisions.decision_world import configuration
from benchmarks.decisions.plan import Plan
from benchmarks.shared.cold_start import Probe, deployed, median, start
from cost_sentry.application.config_document import config_to_document
from scripts.compile_folder import compile_folder

Json = dict[str, Any]


def cold_start(plan: Plan, say: Callable[[str], None]) -> tuple[Json, Json]:
    """Median of several; each of them in the details, and beside them starts without policies."""
    found: dict[str, list[Probe]] = {"with policies": [], "without": []}
    python = [sys.executable]
    with _with_cedar() as (environment, config):
        start(python, environment, "policies", config)  # the disk is warm
        for number in range(plan.cold_starts):
            say(f"cold start {number + 1} of {plan.cold_starts}")
            found["with policies"].append(start(python, environment, "policies", config))
            found["without"].append(start(python, environment, "ours"))
    without = median(found["without"])
    return median(found["with policies"]), {"without policies": without, "starts": found}


@contextmanager
def _with_cedar() -> Iterator[tuple[Mapping[str, str], str]]:
    """The environment of a copy of what is deployed; the file of a configuration."""
    with deployed() as (compiled, _), tempfile.TemporaryDirectory(prefix="cost-sentry-") as folder:
        shutil.copytree(Path(cedarpy.__file__).parent, Path(folder, "cedarpy"))
        compile_folder(Path(folder), folder)
        config = Path(folder, "config.json")
        config.write_text(json.dumps(config_to_document(configuration())), encoding="utf-8")
        path = os.pathsep.join([folder, compiled["PYTHONPATH"]])
        yield {**compiled, "PYTHONPATH": path}, str(config)
