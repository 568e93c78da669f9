"""Measures as JSON and back: nobody guesses what is frozen."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.application.measure_document import measures_from_document, measures_to_document
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.measure import Measure, MeasureKind
from tests.fakes.builders import NOON, measure

words = st.text(max_size=30)
GIVEN = {
    MeasureKind.TIGHTEN: {"amount": st.integers(0, 10**27)},
    MeasureKind.FREEZE: {},
    MeasureKind.RAISE: {"amount": st.integers(0, 10**27), "budget_id": words, "budget_kind": words},
    MeasureKind.GRANT: {"price_class": words},
}
measures = st.sampled_from(MeasureKind).flatmap(
    lambda kind: st.builds(
        Measure,
        id=words,
        kind=st.just(kind),
        scope=st.dictionaries(words, words, max_size=2),
        made_at=st.just(NOON),
        until=st.integers(1, 10**7).map(lambda s: NOON + timedelta(seconds=s)),
        why=words,
        undo=words,
        lifted_at=st.sampled_from([None, NOON]),
        **GIVEN[kind],
    )
)


@given(st.lists(measures, max_size=4).map(tuple))
def test_every_measure_comes_back_from_json_as_it_was(some):
    text = json.dumps(measures_to_document(some))

    assert measures_from_document(json.loads(text)) == some


@pytest.mark.parametrize(
    "damage",
    [{"form": 2}, {"kind": "thaw"}, {"amount": "1.5"}, {"until": "soon"}, {"scope": None}],
)
def test_what_is_no_measure_is_an_error_that_says_what_to_do(damage):
    [document] = measures_to_document((measure(),))

    with pytest.raises(ConfigurationError, match="incidents lift --all"):
        measures_from_document([{**document, **damage}])
