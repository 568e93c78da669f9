"""Files as Converse's content blocks."""

import re
from pathlib import Path
from typing import Any

import typer

from cost_sentry.adapters.converse_shapes import request_shape, shapes_within

_ALIASES = {"jpg": "jpeg", "htm": "html", "markdown": "md"}
_DOCUMENT_NAME_MAX = 200


def image_block(path: Path) -> dict[str, Any]:
    """An image; the format is the file's suffix."""
    format_ = _format(path, "ImageFormat", "--image")
    return {"image": {"format": format_, "source": {"bytes": _content(path, "--image")}}}


def document_block(path: Path) -> dict[str, Any]:
    """A document; its name is the file's, in the characters that Converse takes for names."""
    format_ = _format(path, "DocumentFormat", "--document")
    plain = re.sub(r"[^A-Za-z0-9\-()\[\]]+", " ", path.stem).strip()
    name = plain[:_DOCUMENT_NAME_MAX] or "document"
    source = {"bytes": _content(path, "--document")}
    return {"document": {"format": format_, "name": name, "source": source}}


def _format(path: Path, shape_name: str, option: str) -> str:
    suffix = path.suffix.lower().removeprefix(".")
    suffix = _ALIASES.get(suffix, suffix)
    allowed = next(
        list(getattr(shape, "enum", ()))
        for shape in shapes_within(request_shape())
        if shape.name == shape_name
    )
    if suffix not in allowed:
        raise typer.BadParameter(
            f"{path.name} has the suffix {path.suffix!r}; allowed: {', '.join(allowed)}",
            param_hint=option,
        )
    return suffix


def _content(path: Path, option: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise typer.BadParameter(f"{path} cannot be read: {why}", param_hint=option) from error
