"""A deployed function with another clock, or with a mistake: its code changed for a while."""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from pathlib import Path

from cost_sentry_local.asset_zip import zip_directory
from scripts.stage_functions import staged_functions

CLOCK = "cost_sentry/adapters/system_clock.py"
Edit = Callable[[str], str]


def ahead(seconds: float) -> Edit:
    """Of ``CLOCK``: so much later than it is; below 0: earlier."""
    more = f"""

from datetime import timedelta

_now = SystemClock.now
SystemClock.now = lambda self: _now(self) + timedelta(seconds={seconds})
"""
    return lambda text: text + more


def replaced(before: str, after: str) -> Edit:
    """One place of a file; it must be there."""

    def edit(text: str) -> str:
        assert text.count(before) == 1, before
        return text.replace(before, after)

    return edit


@contextmanager
def changed_code(stage, output: str, edits: Mapping[str, Edit]):
    """The function of this output, with these files changed, for the length of a ``with``."""
    client, name = stage.cloud.client("lambda"), stage.outputs[f"{output}FunctionName"]
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / "functions"
        shutil.copytree(staged_functions(), copy, ignore=shutil.ignore_patterns("__pycache__"))
        for path, edit in edits.items():
            (copy / path).write_text(edit((copy / path).read_text()))
        changed = zip_directory(copy)
    client.update_function_code(FunctionName=name, ZipFile=changed)
    try:
        yield
    finally:
        client.update_function_code(FunctionName=name, ZipFile=zip_directory(staged_functions()))
