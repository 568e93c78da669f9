"""The functions' zip as a folder: the source as it is, and beside it its bytecode for Lambda.

Lambda takes the bytecode without a look at the source, so it must be that of this very source:
source is copied first, the copy is compiled, and a digest of the copy names the folder.
"""

import fcntl
import hashlib
import os
import pathlib
import shutil
from collections.abc import Callable

from scripts.bytecode import ROOT, add_bytecode, compiler_digest

SOURCE = ROOT / "functions"
STAGED = ROOT / ".build" / "functions"
RUNS_IN = "/var/task"

_NOT_SOURCE = ("__pycache__", "*.pyc")
_NAME_CHARACTERS = 16
_KEPT = 8

Compile = Callable[[pathlib.Path, str], None]


def staged_functions(
    source: pathlib.Path = SOURCE,
    into: pathlib.Path = STAGED,
    compile_source: Compile = add_bytecode,
) -> pathlib.Path:
    """The folder that ships: made when the source is new, and then never changed.

    It appears whole or not at all, and several may ask at once: the first makes it.

    Args:
        source: what is shipped, but for bytecode that lies in it.
        into: holds the folders of the last few sources.
        compile_source: given a folder, and where it will lie in Lambda.

    Raises:
        subprocess.CalledProcessError, WrongBytecode: as ``add_bytecode``.
    """
    into.mkdir(parents=True, exist_ok=True)
    with (into / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = into / _name(source)
        if not folder.is_dir():
            folder = _stage(source, into, compile_source)
        os.utime(folder)
        _forget_oldest(into)
    return folder


def _stage(source: pathlib.Path, into: pathlib.Path, compile_source: Compile) -> pathlib.Path:
    copy = _scratch(into)
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns(*_NOT_SOURCE))
    # Named now, because the source may have changed since it was looked at.
    folder = into / _name(copy)
    if not folder.is_dir():
        compile_source(copy, RUNS_IN)
        copy.rename(folder)
    return folder


def _name(source: pathlib.Path) -> str:
    """Says what the source is, what compiles it, and for which place."""
    digest = hashlib.sha256(compiler_digest() + RUNS_IN.encode())
    files = (path for path in source.rglob("*") if path.is_file())
    for path in sorted(files):
        relative = path.relative_to(source)
        if "__pycache__" not in relative.parts and path.suffix != ".pyc":
            digest.update(f"{relative.as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:_NAME_CHARACTERS]


def _forget_oldest(into: pathlib.Path) -> None:
    folders = [path for path in into.iterdir() if len(path.name) == _NAME_CHARACTERS]
    for old in sorted(folders, key=lambda path: path.stat().st_mtime)[:-_KEPT]:
        # Moved first: what is left of it, should this be killed, is not taken for a whole one.
        shutil.rmtree(old.rename(_scratch(into)))


def _scratch(into: pathlib.Path) -> pathlib.Path:
    """A path where there is nothing."""
    path = into / "unfinished"
    shutil.rmtree(path, ignore_errors=True)
    return path
