"""Write the tables that mirror code, and the files that pages show, into the documentation.

``python -m scripts.generate_reference``. A page asks for a table by
``<!-- table: reason-codes -->`` and for a file by ``<!-- file: examples/sentry.yaml -->``; what
stands from there to ``<!-- end -->`` is replaced.
"""

import re
import sys
from pathlib import Path

from scripts.reference_tables import ROOT, TABLES

_PART = re.compile(r"(<!-- (table|file): (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
_LANGUAGES = {
    ".py": "python",
    ".sh": "sh",
    ".json": "json",
    ".yaml": "yaml",
    ".txt": "text",
    ".cedarschema": "cedar",
}


def pages() -> list[Path]:
    """Every page that may ask for something."""
    readmes = [ROOT / "README.md", *ROOT.glob("*/README.md")]
    return [*readmes, *sorted((ROOT / "docs").rglob("*.md"))]


def generated(text: str) -> str:
    """The page with everything that it asks for; ``KeyError`` for a table that nobody makes."""
    return _PART.sub(lambda m: f"{m[1]}{_content(m[2], m[3])}\n{m[4]}", text)


def _content(kind: str, name: str) -> str:
    if kind == "table":
        return TABLES[name]()
    path = ROOT / name
    body = path.read_text(encoding="utf-8").rstrip("\n")
    return f"```{_LANGUAGES[path.suffix]}\n{body}\n```"


def main() -> None:
    """Rewrite what is not current, and say which pages that were."""
    for page in pages():
        before = page.read_text(encoding="utf-8")
        after = generated(before)
        if after != before:
            page.write_text(after, encoding="utf-8")
            sys.stdout.write(f"{page.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
