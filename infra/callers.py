"""Who gets a workflow: the teams and applications of ``sentry.yaml``, read and nothing more.

The file is validated by ``cost-sentry config check``; here the names are all that matters, because
workflows are resources and only a deployment creates them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cost_sentry.domain.caller import Caller
from cost_sentry.domain.sentry_config import WORKFLOWS_MAX, Application, Team
from infra.sentry_file import mapping, read_sentry_file


def read_callers(path: Path) -> tuple[Caller, ...]:
    """Each team, or its applications if it names some, in the order of the file.

    ``ValueError`` if there are none, too many, or two whose workflows would have one name.
    """
    document = read_sentry_file(path)
    callers = tuple(
        caller
        for id_, told in mapping(document.get("teams")).items()
        for caller in _team(str(id_), mapping(told)).callers
    )
    if not 0 < len(callers) <= WORKFLOWS_MAX:
        raise ValueError(f"{path} names {len(callers)} callers; allowed are 1 to {WORKFLOWS_MAX}")
    if len({caller.workflow_suffix for caller in callers}) < len(callers):
        raise ValueError(f"two callers of {path} would have one workflow; run `config check`")
    return callers


def _team(id_: str, told: Mapping[str, Any]) -> Team:
    named = [str(name) for name in mapping(told.get("applications"))]
    return Team(id=id_, applications={name: Application(id=name) for name in named})
