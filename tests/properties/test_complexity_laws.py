"""For any texts: the estimate is a number, and always the same one."""

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.adapters.packaged_complexity import packaged_weights
from cost_sentry.domain import complexity
from cost_sentry.domain.complexity import EDGE_CHARACTERS, TEXTS_MAX, complexity_thousandths

WEIGHTS = packaged_weights()
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
TEXTS = st.lists(
    st.builds(lambda text, times: text * times, ANY_TEXT, st.sampled_from([1, 1, 40])),
    max_size=TEXTS_MAX + 8,
)


@given(TEXTS)
def test_an_estimate_lies_between_surely_and_surely_not(texts):
    assert 0 <= complexity_thousandths(texts, WEIGHTS) <= 1000


@given(TEXTS)
def test_the_same_texts_have_the_same_estimate(texts):
    assert complexity_thousandths(texts, WEIGHTS) == complexity_thousandths(
        tuple("".join(text) for text in texts), WEIGHTS
    )


@given(TEXTS)
def test_no_more_is_looked_at_than_both_edges(texts):
    looked_at = complexity._looked_at(texts)

    assert len(looked_at.replace("\n", "")) <= 2 * EDGE_CHARACTERS
    assert len(looked_at) <= 2 * EDGE_CHARACTERS + TEXTS_MAX


@given(TEXTS)
def test_what_is_looked_at_begins_and_ends_as_the_texts_do(texts):
    whole = "".join(texts)
    looked_at = complexity._looked_at(texts).replace("\n", "")
    whole = whole.replace("\n", "")

    if len(texts) <= TEXTS_MAX:
        assert looked_at[:100] == whole[:100]
        assert looked_at[-100:] == whole[-100:]


@given(st.text(st.characters(max_codepoint=127), max_size=200))
def test_words_are_found_alike_on_the_short_way_and_on_the_long(text):
    long_way = complexity._WORD.findall(text.lower())

    assert complexity._ascii_words(text.encode("ascii")) == long_way
