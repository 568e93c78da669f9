"""Random halves of prompts: what is learned from one is tested on the other."""

import random
from collections.abc import Iterator, Sequence

from benchmarks.decisions.answered import Answered

Places = list[int]


def halves(prompts: Sequence[Answered], seed: int) -> Iterator[tuple[Places, Places]]:
    """Places of prompts to learn from, and of those to test on; twice, the second time swapped.

    Every prompt is tested once. Prompts are all different, so that none is on both sides.
    """
    if len({prompt.text for prompt in prompts}) < len(prompts):
        raise ValueError("a prompt is there more than once")
    places = list(range(len(prompts)))
    random.Random(seed).shuffle(places)
    middle = len(places) // 2
    one, other = places[:middle], places[middle:]
    yield one, other
    yield other, one
