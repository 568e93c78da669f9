"""A model that some part of ``sentry.yaml`` names, and ``models`` does not list."""

from collections.abc import Sequence

from cost_sentry_client.config_file.problems import Finding, Path, listed, quoted
from cost_sentry_client.config_file.shape_errors import suggestion
from cost_sentry_client.config_file.shapes import SentryFile


def unlisted_model(path: Path, id_: str, file: SentryFile, known: Sequence[str]) -> Finding:
    """What to tell of it; ``known`` are ids with a price, to suggest for a misspelt one."""
    models = listed(file.models)
    if id_ in known:
        return Finding(
            path=path,
            problem=f"{quoted(id_)} has a price, but is not listed under models of this file",
            allowed=f"one of {models}; or list it there",
        )
    hint = suggestion(id_, dict.fromkeys((*file.models, *known)))
    return Finding(
        path=path,
        problem=f"{quoted(id_)} is not listed under models{hint}",
        allowed=f"one of {models}",
    )
