"""Reference made from the models: ``python -m cost_sentry_client.config_file.schema``."""

import json
from pathlib import Path
from typing import Any

from cost_sentry_client.config_file.reference_page import reference_page
from cost_sentry_client.config_file.shapes import SentryFile

SCHEMA_FILE = "sentry.schema.json"
PAGE_FILE = "sentry-yaml.md"
TITLE = "sentry.yaml"


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of ``sentry.yaml``, for editors.

    It cannot say what depends on the price book or on other parts of the file; ``config check``
    does.
    """
    schema = _tidied(SentryFile.model_json_schema(by_alias=True))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": TITLE, **schema}


def write(directory: Path) -> None:
    """Write the schema and the page of all fields into ``directory``."""
    schema = json_schema()
    text = json.dumps(schema, indent=2) + "\n"
    (directory / SCHEMA_FILE).write_text(text, encoding="utf-8")
    (directory / PAGE_FILE).write_text(reference_page(schema), encoding="utf-8")


def _tidied(schema: Any) -> Any:  # noqa: ANN401 - any JSON
    """Without pydantic's made-up titles, and with names that match no pattern refused."""
    if isinstance(schema, list):
        return [_tidied(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {
        name: _tidied(value)
        for name, value in schema.items()
        if name != "title" or not isinstance(value, str)
    }
    return {**tidy, "additionalProperties": False} if "patternProperties" in tidy else tidy


if __name__ == "__main__":
    write(Path("docs/reference"))
