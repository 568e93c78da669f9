"""No alarm is without a page that says what it means, where to look, what to do, how to undo it."""

import pytest

from infra.alarms import ALARMS
from scripts import runbook
from scripts.reference_tables import ROOT

PAGE = (ROOT / "docs" / "runbook" / "alarms.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", runbook.alarms())
def test_every_alarm_has_a_section_with_all_four(name: str) -> None:
    _, _, section = PAGE.partition(f"## {name}\n")
    section = section.partition("\n## ")[0]

    for part in ("It means", "Look", "Act", "Undo"):
        _, found, said = section.partition(f"- **{part}**")
        assert found, f"{name}: {part} is missing"
        assert len(said.splitlines()[0]) > 20, f"{name}: {part} says nothing"


def test_an_alarm_without_a_section_stops_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = {name: one for name, one in runbook.RUNBOOK.items() if name != ALARMS[0].name}
    monkeypatch.setattr(runbook, "RUNBOOK", fewer)

    with pytest.raises(KeyError, match=ALARMS[0].name):
        runbook.runbook()


def test_a_section_without_an_alarm_stops_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    more = {**runbook.RUNBOOK, "gone": runbook.RUNBOOK[ALARMS[0].name]}
    monkeypatch.setattr(runbook, "RUNBOOK", more)

    with pytest.raises(KeyError, match="gone"):
        runbook.runbook()
