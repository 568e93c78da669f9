"""Build the one layer from the locked requirements: same input, same bytes, no Docker.

pip downloads wheels for Lambda's platform whatever machine this runs on. botocore ships the
description of every AWS service; only those that the adapters use are kept, because a function's
cold start and the upload pay for each megabyte. What stays is compiled for Lambda's Python. A stamp
holds a digest of what the layer was made from, so a second run is instant.
"""

import hashlib
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Iterator

from scripts.bytecode import PYTHON_VERSION, ROOT, add_bytecode, compiler_digest

REQUIREMENTS = ROOT / "requirements" / "lambda.txt"
LAYER = ROOT / ".build" / "layer"
STAMP = ROOT / ".build" / "layer.sha256"

PLATFORM = "manylinux2014_aarch64"
RUNS_IN = "/opt/python"

SERVICES = (
    "application-autoscaling",
    "bedrock",
    "bedrock-runtime",
    "cloudwatch",
    "dynamodb",
    "events",
    "resourcegroupstaggingapi",
    "s3",
    "sagemaker",
    "sagemaker-runtime",
    "sns",
    "stepfunctions",
    "sts",
)
"""What boto3 clients in the adapters speak to; a test compares."""

UNUSED_FOLDERS = ("__pycache__", "*.dist-info", "bin")
UNUSED_FILES = ("*.pyc", "*.pyi", "py.typed")


def main() -> None:
    """Leave ``.build/layer/python`` as the lock says, and nothing else in it."""
    digest = source_digest()
    if LAYER.is_dir() and STAMP.is_file() and STAMP.read_text().strip() == digest:
        return
    shutil.rmtree(LAYER, ignore_errors=True)
    STAMP.unlink(missing_ok=True)
    packages = LAYER / "python"
    packages.mkdir(parents=True)
    install(packages)
    prune(packages)
    add_bytecode(packages, RUNS_IN)
    STAMP.write_text(digest + "\n")


def source_digest() -> str:
    """Names the lock, this script and the compiler: what decides the layer's content."""
    script = pathlib.Path(__file__).read_bytes()
    return hashlib.sha256(REQUIREMENTS.read_bytes() + script + compiler_digest()).hexdigest()


def install(packages: pathlib.Path) -> None:
    """Wheels only, hashes checked, exactly the lock; nothing is resolved here, or built."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--target", str(packages), "--no-compile", "--no-deps", "--require-hashes"]
    command += ["--only-binary=:all:", "--platform", PLATFORM, "--python-version", PYTHON_VERSION]
    command += ["--implementation", "cp", "--requirement", str(REQUIREMENTS)]
    subprocess.run(command, check=True)  # noqa: S603 - every word of it is written above


def prune(packages: pathlib.Path) -> None:
    """Remove what never runs: metadata, type stubs, and services that nobody calls."""
    for folder in _matching(packages, UNUSED_FOLDERS):
        shutil.rmtree(folder)
    for file in _matching(packages, UNUSED_FILES):
        file.unlink()
    for service in sorted((packages / "botocore" / "data").iterdir()):
        if service.is_dir() and service.name not in SERVICES:
            shutil.rmtree(service)
    shutil.rmtree(packages / "boto3" / "examples", ignore_errors=True)


def _matching(folder: pathlib.Path, patterns: tuple[str, ...]) -> Iterator[pathlib.Path]:
    found = {path for pattern in patterns for path in folder.rglob(pattern)}
    # Parents first, so that nothing is looked for inside a folder that is already gone.
    for path in sorted(found, key=lambda path: len(path.parts)):
        if path.exists():
            yield path


if __name__ == "__main__":
    main()
