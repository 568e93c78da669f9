from collections.abc import Iterator
from pathlib import Path

import pytest

from cost_sentry_local.layout import ASSEMBLY_DIRECTORY
from cost_sentry_local.synthesize import synthesize
from tests.infra.recorded_house import House, running_house
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


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with running_house(monkeypatch) as house:
        yield house
