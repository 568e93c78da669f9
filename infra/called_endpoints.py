"""Which SageMaker endpoints are models: those that ``sentry.yaml`` names, read and nothing more.

The file is validated by ``cost-sentry config check``; here the names are all that matters, because
the right to call an endpoint is a part of a role, and only a deployment gives it.
"""

from pathlib import Path

from infra.sentry_file import mapping, read_sentry_file


def read_called_endpoints(path: Path) -> tuple[str, ...]:
    """``endpoint/<name>`` and ``inference-component/<name>`` of each, sorted."""
    document = read_sentry_file(path)
    called: set[str] = set()
    for model in mapping(document.get("models")).values():
        endpoint = mapping(mapping(model).get("endpoint"))
        if "name" in endpoint:
            called |= _arn_names("endpoint", str(endpoint["name"]))
        if "component" in endpoint:
            called |= _arn_names("inference-component", str(endpoint["component"]))
    return tuple(sorted(called))


def _arn_names(kind: str, name: str) -> set[str]:
    """SageMaker writes the names of endpoints in small letters where it makes ARNs of them."""
    return {f"{kind}/{name}", f"{kind}/{name.lower()}"}
