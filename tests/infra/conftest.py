from pathlib import Path

import pytest

from cost_sentry_local.layout import ASSEMBLY_DIRECTORY
from cost_sentry_local.synthesize import synthesize
from tests.infra.template import Template


@pytest.fixture(scope="session")
def dev(assembly: Path) -> Template:
    return Template(assembly, "dev")


@pytest.fixture(scope="session")
def prod() -> Template:
    directory = ASSEMBLY_DIRECTORY.parent / f"{ASSEMBLY_DIRECTORY.name}-prod"
    return Template(synthesize(directory, context={"stage": "prod"}), "prod")


@pytest.fixture(params=["dev", "prod"])
def template(request: pytest.FixtureRequest) -> Template:
    return request.getfixturevalue(request.param)
