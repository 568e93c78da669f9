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
    "package-lock.json",
    "requirements",
    "scripts",
    "statemachines",
)
_NAME_CHARACTERS = 16
_ASSEMBLIES_KEPT = 8
_NODE = PROJECT / ".venv" / "node"


class SynthesisFailed(Exception):  # noqa: N818 - named as the message reads
    """The app ended with an error; the message holds what it said."""


def synthesize(
    directory: Path = ASSEMBLY_DIRECTORY, *, context: dict[str, str] | None = None
) -> Path:
    """Run `app.py` with the context of `cdk.json`; return the assembly's directory.

    Every state of the sources has a directory of its own, written whole or not at all, so a
    deployment never sees its assembly change under it.

    Args:
        directory: holds the assemblies; one is reused as it is if no source changed.
        context: further context, such as the stage.

    Raises:
        SynthesisFailed: the app refused, for example because of a cdk-nag finding.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assembly = directory / _fingerprint(context or {})[:_NAME_CHARACTERS]
        if not assembly.is_dir():
            unfinished = directory / "unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            _run(unfinished, _context() | (context or {}))
            unfinished.rename(assembly)
        os.utime(assembly)
        _forget_oldest(directory)
    return assembly


def _forget_oldest(directory: Path) -> None:
    assemblies = [path for path in directory.iterdir() if path.is_dir()]
    for old in sorted(assemblies, key=lambda path: path.stat().st_mtime)[:-_ASSEMBLIES_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


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
