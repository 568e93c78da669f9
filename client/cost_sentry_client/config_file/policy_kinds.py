"""Calls to ask policies about: one of each kind that they can tell apart, ordinary ones first.

What a policy compares a fact with divides its values into stretches; a call for each combination
of them is all that there is to ask. Where those are too many, or where a policy looks at a fact in
a way that is not known, some are asked: the ordinary call (working hours, a short answer, no tags
but the required ones), the same with all tags, and then those that differ from it least.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, combinations, islice, product
from math import prod
from typing import NamedTuple, cast

from cost_sentry.adapters.call_kinds import Facts, LookedAt
from cost_sentry.adapters.cedar_policies import OFFER_NAMES
from cost_sentry.application.policy_facts import GRANTED
from cost_sentry.application.policy_ports import OfferFacts
from cost_sentry.application.route_request import CHOICE_MAX, RUNGS_MAX
from cost_sentry.domain.invocation import Priority
from cost_sentry.domain.policy import PRICE_CLASS_NAMES, classes_up_to
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.session import PATH_NAMES_MAX, SESSION_TAG

CALLS_MAX = 200
"""Of one caller to one model."""
_PROMPT_TOKENS_MAX = 10**7
_WHOLE_RANGE_MAX = 32
"""Numbers that are all asked about where a policy does more than compare them."""
ANY = "\0"
"""The value of a tag that no policy looks for; no tag has it."""

Tags = Mapping[str, str | None]
"""What is known of a call's tags; ``None``: it has no such tag."""
Call = tuple[Facts, OfferFacts]


class KindsOfCalls(NamedTuple):
    """Calls to ask about."""

    calls: Iterable[Call]
    are_all: bool
    """There is no other that these policies could tell from each of them."""


class _Options(NamedTuple):
    """Values of one fact, the ordinary one first."""

    name: str
    values: Sequence[object]
    are_all: bool = True


def kinds_of_calls(
    looked: LookedAt, fixed: Tags, pinned: Sequence[bool], config: SentryConfig
) -> KindsOfCalls:
    """Calls that some policies may tell apart.

    Args:
        looked: what these policies look at.
        fixed: the tags that the caller cannot choose, and those that the request must have.
        pinned: whether the request names its model; the ordinary first.
        config: says which tags are required, and how long an answer may be.
    """
    tags = list(_tags(looked, fixed, config))
    facts = [
        *_numbers(looked, config),
        _Options("priority", [Priority.NORMAL, Priority.LOW, Priority.CRITICAL]),
        _Options("pinned", pinned),
        _Options(GRANTED, [[], *(list(classes_up_to(name)) for name in PRICE_CLASS_NAMES)]),
    ]
    facts = [
        one if _is_seen(looked, one.name) else one._replace(values=one.values[:1]) for one in facts
    ]
    options = [*facts, *tags]
    are_all = all(one.are_all for one in options) and not looked.everything
    are_all = are_all and looked.exact.isdisjoint(("tags", "tagNames"))
    chosen = _chosen([one.values for one in options], len(facts))
    if prod(len(one.values) for one in options) > CALLS_MAX:
        chosen, are_all = islice(chosen, CALLS_MAX), False
    calls = (_call(options, values, len(facts), fixed) for values in chosen)
    return KindsOfCalls(calls, are_all)


def _is_seen(looked: LookedAt, name: str) -> bool:
    return looked.everything or name in looked.names


def _numbers(looked: LookedAt, config: SentryConfig) -> Iterator[_Options]:
    """Each with its ordinary value, and its least and greatest; ``None``: it may be absent."""
    longest = config.output_tokens_max
    yield _stretches(looked, "hour", [12], 0, 23)
    yield _stretches(looked, "weekday", [3], 1, 7)
    yield _stretches(looked, "depth", [0], 0, PATH_NAMES_MAX)
    yield _stretches(looked, "maxTokens", [None], 1, longest)
    yield _stretches(looked, "outputTokens", [1], 1, longest)
    yield _stretches(looked, "inputTokensMax", [1], 1, _PROMPT_TOKENS_MAX)
    yield _stretches(looked, "rung", [0], 0, CHOICE_MAX + RUNGS_MAX)
    yield _stretches(looked, "budgetLeftPercent", [100, None], 0, 100)


def _stretches(
    looked: LookedAt, name: str, usual: list[int | None], least: int, most: int
) -> _Options:
    is_exact = looked.everything or name in looked.exact
    if is_exact and most - least <= _WHOLE_RANGE_MAX:
        found = range(least, most + 1)
        return _Options(name, list(dict.fromkeys([*usual, *found])))
    points = (point for one in looked.numbers.get(name, ()) for point in (one, one + 1))
    between = sorted({least, *(point for point in points if least <= point <= most)})
    more = [most] if is_exact else []
    return _Options(name, list(dict.fromkeys([*usual, *between, *more])), not is_exact)


def _tags(looked: LookedAt, fixed: Tags, config: SentryConfig) -> Iterator[_Options]:
    """Whether a call has a tag, and with which value that a policy looks for."""
    pairs = [text.partition("=") for text in sorted(looked.texts_in("tags"))]
    names = {name for name, *_ in pairs} | looked.texts_in("tagNames")
    if looked.everything or not looked.exact.isdisjoint(("tags", "tagNames")):
        names |= {*config.required_tags, *config.known_tags}
    for name in sorted(names - fixed.keys()):
        absent = [] if name in config.required_tags else [None]
        # The tag of an agent run is an id that the sentry has checked, and no policy can know.
        values = [value for n, is_pair, value in pairs if n == name != SESSION_TAG and is_pair]
        yield _Options(name, [*absent, ANY, *values])


def _chosen(options: list[Sequence[object]], facts: int) -> Iterator[tuple[object, ...]]:
    """Each combination once, but the second also in its place: those that differ least come first.

    The second has every tag; tags are the options behind so many ``facts``.
    """
    usual = [values[0] for values in options]
    tagged = [
        values[0] if place < facts or values[0] is not None else values[1]
        for place, values in enumerate(options)
    ]
    yield from chain([tuple(usual), tuple(tagged)] if tagged != usual else [])
    free = [place for place, values in enumerate(options) if len(values) > 1]
    for several in range(len(free) + 1):
        for places in combinations(free, several):
            for values in product(*(options[place][1:] for place in places)):
                chosen = list(usual)
                for place, value in zip(places, values, strict=True):
                    chosen[place] = value
                yield tuple(chosen)


def _call(options: Sequence[_Options], values: Sequence[object], facts: int, fixed: Tags) -> Call:
    named = [(one.name, value) for one, value in zip(options, values, strict=True)]
    has = {name: value for name, value in named[:facts] if value is not None}
    tags = {**fixed, **dict(named[facts:])}
    given = {name: value for name, value in tags.items() if value is not None}
    offer = OfferFacts(*(cast("int", has.pop(name)) for name in OFFER_NAMES))
    call = {
        **has,
        "tags": [f"{name}={value}" for name, value in given.items()],
        "tagNames": list(given),
    }
    return call, offer
