"""Rules about Markdown: links lead somewhere, commands exist."""

import pathlib
import re
from collections.abc import Collection, Iterator

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_MAKE = re.compile(r"(?<![\w-])make ([a-z][a-z-]*)")
_MAKE_CODE = re.compile(r"`([^`\n]+)`|^```(?:\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)


def anchor(heading: str) -> str:
    """As Git hosts make it: lower case, spaces to hyphens, punctuation gone."""
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors(text: str) -> set[str]:
    """Every heading of a page that a link may point at."""
    return {anchor(heading) for heading in _HEADING.findall(_FENCE.sub("", text))}


def broken_links(path: str, text: str, root: pathlib.Path) -> Iterator[str]:
    """Links to files or headings that are not there; addresses of the web are not asked."""
    for target in _LINK.findall(_FENCE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, fragment = target.partition("#")
        page = (root / path).parent / file if file else root / path
        if not page.exists():
            yield f"{path}: {target} leads nowhere"
        elif (
            fragment
            and page.suffix == ".md"
            and fragment not in anchors(page.read_text(encoding="utf-8"))
        ):
            yield f"{path}: {target} names no heading"


def make_targets(makefile: str) -> set[str]:
    """Every command of the Makefile."""
    return set(_TARGET.findall(makefile))


def unknown_make_commands(path: str, text: str, targets: Collection[str]) -> Iterator[str]:
    """``make x`` in code that the Makefile does not have."""
    for inline, block in _MAKE_CODE.findall(text):
        for name in _MAKE.findall(inline or block):
            if name not in targets:
                yield f"{path}: make {name} is not in the Makefile"
