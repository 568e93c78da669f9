"""Which commit a run has measured."""

from subprocess import run
from typing import Any

from cost_sentry_local.layout import PROJECT


def checkout() -> dict[str, Any]:
    """``commit`` in short, and whether files differ from it, before the run writes its own.

    ``commit`` is ``None`` where this is no checkout, such as in a downloaded archive.
    """
    try:
        commit = _git("rev-parse", "--short", "HEAD").strip()
    except (OSError, ValueError):
        return {"commit": None, "changed": None}
    return {"commit": commit, "changed": bool(_git("status", "--porcelain").strip())}


def in_words(found: dict[str, Any]) -> str:
    """As a page says it."""
    if found["commit"] is None:
        return "not known"
    return (
        f"{found['commit']}, and files that were changed" if found["changed"] else found["commit"]
    )


def _git(*arguments: str) -> str:
    command = ("git", "-C", str(PROJECT), *arguments)
    done = run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(done.stderr)
    return done.stdout
