"""Synthesizing the CDK app as the CDK CLI would, and only when its sources changed."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from cost_sentry_local.layout import ASSEMBLY_DIRECTORY, PROJECT

# All that a template depends on: the app, what it reads, and what it packs.
_SOURCES = (
    "app.py",
    "cdk.json",
    "examples",
    "functions",
    "infra",
    "requirements",
    "scripts",
    "statemachines",
)
_FINGERPRINT = "sources.sha256"
_NODE = PROJECT / ".venv" / "node"


class SynthesisFailed(Exception):  # noqa: N818 - named as the message reads
    """The app ended with an error; the message holds what it said."""


def synthesize(
    directory: Path = ASSEMBLY_DIRECTORY, *, context: dict[str, str] | None = None
) -> Path:
    """Run `app.py` with the context of `cdk.json`; return the assembly's directory.

    Args:
        directory: where to write; reused as it is if no source changed.
        context: further context, such as the stage.

    Raises:
        SynthesisFailed: the app refused, for example because of a cdk-nag finding.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    with (directory.parent / f"{directory.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fingerprint = _fingerprint(context or {})
        marker = directory / _FINGERPRINT
        if not marker.is_file() or marker.read_text() != fingerprint:
            shutil.rmtree(directory, ignore_errors=True)
            _run(directory, _context() | (context or {}))
            marker.write_text(fingerprint)
    return directory


def _run(directory: Path, context: dict[str, str]) -> None:
    search = os.pathsep.join([str(_NODE), str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, str(PROJECT / "app.py")],
        cwd=PROJECT,
        env=os.environ
        | {
            "PATH": search,
            "CDK_OUTDIR": str(directory),
            "CDK_CONTEXT_JSON": json.dumps(context),
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20,24",
        },
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SynthesisFailed(f"app.py failed:\n{done.stdout}{done.stderr}")


def _context() -> dict[str, str]:
    return json.loads((PROJECT / "cdk.json").read_text()).get("context", {})


def _fingerprint(context: dict[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(context, sort_keys=True).encode())
    for path in _files(context):
        digest.update(f"{path}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(context: dict[str, str]) -> list[Path]:
    """Every source, and the configuration if it lies elsewhere."""
    named = [*_SOURCES, context["config"]] if "config" in context else _SOURCES
    roots = [PROJECT / name for name in named]
    found = [path for root in roots for path in ([root] if root.is_file() else root.rglob("*"))]
    return sorted(
        path
        for path in found
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    )
