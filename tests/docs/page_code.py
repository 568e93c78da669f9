"""The code on the pages, block by block."""

import re
from collections.abc import Iterator
from pathlib import Path

from scripts.generate_reference import pages
from tests.tidy.tree import ROOT

_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)\n(?P<body>.*?)^ *```$", re.MULTILINE | re.DOTALL
)


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """Page and body of every block in this language; indented ones without their indent."""
    for page in pages():
        for match in _BLOCK.finditer(page.read_text(encoding="utf-8")):
            if match["language"] == language:
                indent = match["indent"]
                lines = match["body"].splitlines()
                body = "\n".join(line.removeprefix(indent) for line in lines)
                yield page.relative_to(ROOT).as_posix(), body


def shell_lines() -> Iterator[tuple[str, str]]:
    """Page and command of every line of every ``sh`` block; continued lines are one."""
    for page, body in blocks("sh"):
        for line in body.replace("\\\n", " ").splitlines():
            if line.strip() and not line.startswith("#"):
                yield page, " ".join(line.split())


def examples() -> list[Path]:
    """Files that pages show."""
    return sorted((ROOT / "examples").iterdir())
