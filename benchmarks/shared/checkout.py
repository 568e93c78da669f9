"""Which commit a run has measured."""

from pathlib import Path
from subprocess import run
from typing import Any

from cost_sentry_local.layout import PROJECT

WRITTEN = ("benchmarks/*/results.json", "docs/reference/bench-*.md")
"""What a run writes itself, and so may the one before."""


def checkout(project: Path = PROJECT) -> dict[str, Any]:
    """``commit`` in short, and whether files differ from it, but those that runs write.

    ``commit`` is ``None`` where this is no checkout, such as in a downloaded archive.
    """
    try:
        commit = _git(project, "rev-parse", "--short", "HEAD").strip()
    except (OSError, ValueError):
        return {"commit": None, "changed": None}
    others = (".", *(f":(exclude){path}" for path in WRITTEN))
    return {
        "commit": commit,
        "changed": bool(_git(project, "status", "--porcelain", "--", *others).strip()),
    }


def in_words(found: dict[str, Any]) -> str:
    """As a page says it."""
    if found["commit"] is None:
        return "not known"
    return (
        f"{found['commit']}, and files that were changed" if found["changed"] else found["commit"]
    )


def _git(project: Path, *arguments: str) -> str:
    command = ("git", "-C", str(project), *arguments)
    done = run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(done.stderr)
    return done.stdout
