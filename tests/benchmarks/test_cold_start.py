"""A cold start is measured from what ships, in the form that it ships in."""

import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from benchmarks.shared.cold_start import deployed, start
from scripts.build_layer import LAYER
from scripts.stage_functions import staged_functions

TAG = sys.implementation.cache_tag
UNCHECKED = importlib.util.MAGIC_NUMBER + b"\x01\0\0\0"


@pytest.fixture(scope="module")
def environments() -> Iterator[tuple[Mapping[str, str], ...]]:
    with deployed() as both:
        yield both


def folders(environment: Mapping[str, str]) -> list[Path]:
    return [Path(path) for path in environment["PYTHONPATH"].split(os.pathsep)]


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_what_is_measured_is_what_ships_with_bytecode_that_this_python_takes_unchecked(
    environments,
):
    compiled, plain = map(folders, environments)
    parts = (staged_functions(), LAYER / "python")

    for part, copy, bare in zip(parts, compiled, plain, strict=True):
        own = set(copy.rglob(f"*.{TAG}.pyc"))
        assert all(path.read_bytes().startswith(UNCHECKED) for path in own)
        assert len(own) == len([*part.rglob("*.py")]) > 200
        assert files(part) <= files(copy)
        assert files(bare) == {name for name in files(part) if not name.endswith(".pyc")}


@pytest.mark.slow
def test_a_start_writes_no_bytecode_because_lambda_cannot(environments):
    before = [[files(folder) for folder in folders(one)] for one in environments]

    for environment in environments:
        assert start([sys.executable], environment, "ours")["seconds"] > 0

    assert [[files(folder) for folder in folders(one)] for one in environments] == before
