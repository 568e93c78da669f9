"""LiteLLM in an environment of its own, from its own locked and hashed file."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

from cost_sentry_local.layout import PROJECT

LOCK = PROJECT / "requirements" / "litellm.txt"
ENVIRONMENT = PROJECT / ".build" / "litellm"
PYTHON = ENVIRONMENT / "bin" / "python"
_STAMP = ENVIRONMENT / "installed.sha256"


def install() -> bool:
    """Have it installed; whether it was not before. ``CalledProcessError`` if pip fails."""
    digest = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    if _STAMP.is_file() and _STAMP.read_text() == digest:
        return False
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    command = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", "--requirement", str(LOCK)]
    subprocess.run(command, check=True)
    _STAMP.write_text(digest)
    return True


def environment() -> Mapping[str, str]:
    """Variables for LiteLLM's Python: this project's benchmarks and nothing else of it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(PROJECT), "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
