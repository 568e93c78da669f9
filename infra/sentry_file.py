"""``sentry.yaml`` as a deployment sees it: mappings, lists and texts, read and nothing more.

The file is validated by ``cost-sentry config check``. A deployment reads of it what must be a
resource or a part of a role, and takes whatever is of another form for absent.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def read_sentry_file(path: Path) -> Mapping[str, Any]:
    """The document; names as they stand there, for to YAML ``no`` is false, and ``010`` is eight.

    ``FileNotFoundError`` if there is no such file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no configuration at {path}; give -c config=<your sentry.yaml>")
    return mapping(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader))  # noqa: S506 - texts only


def mapping(value: object) -> Mapping[str, Any]:
    """The value, if it is a mapping, or else an empty one."""
    return value if isinstance(value, dict) else {}
