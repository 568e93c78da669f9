"""Rules about any text file. Each takes its path and text and yields what is wrong."""

import re
from collections.abc import Iterator

# Put together from parts, so that this file does not break its own rules.
_UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
_MACHINE_PATH = re.compile(r"(?<![\w.$}/-])/(?:work|root|tmp|home)(?=/)")
_REGISTRY = re.compile(
    "|".join(
        re.escape(".".join(host))
        for host in (
            ("pypi", "org"),
            ("files", "pythonhosted", "org"),
            ("registry", "npmjs", "org"),
            ("registry", "yarnpkg", "com"),
            ("deb", "debian", "org"),
        )
    )
)
_ADDRESS = re.compile(r"\b(?:https?|git\+\w+|ftp)://")
_LOCKS = re.compile(r"(?:^|/)(?:requirements[^/]*|[^/]+\.in|package-lock\.json)$|^requirements/")


def unfinished(path: str, text: str) -> Iterator[str]:
    """Notes to oneself belong into an issue."""
    yield from _found(path, text, _UNFINISHED, "is a note to oneself")


def machine_paths(path: str, text: str) -> Iterator[str]:
    """Paths that exist on somebody's machine only."""
    yield from _found(path, text, _MACHINE_PATH, "is a path of one machine")


def registry_hosts(path: str, text: str) -> Iterator[str]:
    """Where packages come from is the business of whoever installs them."""
    yield from _found(path, text, _REGISTRY, "is the host of a registry")


def addresses_in_locks(path: str, text: str) -> Iterator[str]:
    """Locks name versions and hashes, never where to download them."""
    if _LOCKS.search(path):
        yield from _found(path, text, _ADDRESS, "is an address in a lock")


def _found(path: str, text: str, pattern: re.Pattern[str], what: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        match = pattern.search(line)
        if match:
            yield f"{path}:{number}: {match.group()!r} {what}"


RULES = (unfinished, machine_paths, registry_hosts, addresses_in_locks)
