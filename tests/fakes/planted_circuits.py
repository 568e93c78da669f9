"""Stores of circuits with one mistake each, to try the races and the laws on."""

from tests.fakes.memory_circuits import MemoryCircuits
from tests.fakes.planted_ledgers import others_run


class LooksThenChanges(MemoryCircuits):
    """The condition and the write are two steps: many callers take one probe."""

    def change(self, model_id, before, after):
        is_as_seen = self.circuits.get(model_id) == before
        others_run()
        if not is_as_seen:
            return False
        return super().change(model_id, self.circuits.get(model_id), after)


class ChangesWhateverStands(MemoryCircuits):
    """Who comes later overwrites who came first, and is told that all is well."""

    def change(self, model_id, before, after):
        return super().change(model_id, self.circuits.get(model_id), after)


class LosesReports(MemoryCircuits):
    """A probe is taken, and its end is not written down."""

    def change(self, model_id, before, after):
        if before is not None and before.probe is not None:
            return False
        return super().change(model_id, before, after)
