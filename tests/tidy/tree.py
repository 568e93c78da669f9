"""The files of this house: what would be committed, found without git."""

import fnmatch
import os
import pathlib
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parents[2]


def ignored(root: pathlib.Path = ROOT) -> tuple[str, ...]:
    """Patterns of names that .gitignore leaves out, and git's own folder."""
    lines = (root / ".gitignore").read_text(encoding="utf-8").splitlines()
    return (".git", *(line.rstrip("/") for line in lines if line and not line.startswith("#")))


def files(*suffixes: str, under: str = "", root: pathlib.Path = ROOT) -> Iterator[pathlib.Path]:
    """Every file below ``root / under`` with one of these suffixes, or every file; sorted."""
    patterns = ignored(root)

    def keeps(name: str) -> bool:
        return not any(fnmatch.fnmatch(name, pattern) for pattern in patterns)

    for folder, subfolders, names in os.walk(root / under):
        subfolders[:] = sorted(filter(keeps, subfolders))
        for name in sorted(filter(keeps, names)):
            if not suffixes or name.endswith(suffixes):
                yield pathlib.Path(folder, name)


def texts(*suffixes: str, under: str = "", root: pathlib.Path = ROOT) -> Iterator[tuple[str, str]]:
    """Path below ``root`` and content of every such file that is UTF-8 text."""
    for path in files(*suffixes, under=under, root=root):
        try:
            yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
