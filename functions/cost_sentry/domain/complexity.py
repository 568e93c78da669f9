"""How likely it is that a small model is not enough for a prompt, from the prompt's text alone.

No model is called. A few features of the text are weighed, as a logistic regression has learned to
from prompts with known answers (``benchmarks/decisions``). What that is worth, and what it is not:
docs/explanation/what-routing-is-worth.md. Lists of words are English; in other languages they say
nothing.

Work is bounded: of all texts together the first and the last characters are looked at, every
pattern is read once from left to right, and no text is kept (P10).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from string import ascii_letters

THOUSAND = 1_000
TEXTS_MAX = 32
"""Texts looked at: the first half of them and the last."""
EDGE_CHARACTERS = 1_000
"""Looked at from the beginning, and as many from the end."""
DEVIATIONS_MAX = 3
"""A feature further from what was learned from counts as so many standard deviations."""
LOGIT_MAX = 30
TOOLS_COUNTED_MAX = 8
TURNS_COUNTED_MAX = 8

_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"[0-9]+")
_LETTERS_ALONE = bytes(
    ord(chr(n).lower()) if chr(n) in ascii_letters else ord(" ") for n in range(256)
)
"""Each letter in lower case, and a blank for any other character."""
_DIGITS = b"0123456789"
_SYMBOLS = b"+*/=<>^\\|%$"
_SENTENCE_ENDS = (b". ", b"? ", b"! ", b".\n", b"?\n")
_WORDS = {
    "negations": """
        not no never except neither nor without unless least cannot false incorrect none
    """,
    "steps": """
        then if after before when while until because therefore so since first next finally how
        again still remaining left rest
    """,
    "arithmetic": """
        each every per total twice half third quarter times percent more less than fewer sum
        difference product average ratio rate altogether spend spent cost costs pay price sold buys
    """,
    "look_ups": "which what who where name following",
    "modals": "may might could would should probably",
    "quantifiers": """
        all some any every implies statement conclude argument premise valid follows true
    """,
}
_KIND = {word: kind for kind, words in _WORDS.items() for word in words.split()}


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptCounts:
    """What a request knows besides its texts."""

    turns: int = 1
    """Messages of the user."""
    tools: int = 0
    """That the model may call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureWeight:
    """In thousandths: of the feature, and of the logit."""

    centre: int
    scale: int
    """One standard deviation, where it was learned."""
    weight: int
    """Added to the logit for each of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplexityWeights:
    """What was learned; and what nobody could learn, for want of such prompts with answers."""

    intercept: int
    """Thousandths of the logit, of a prompt that is like the average in everything."""
    features: Mapping[str, FeatureWeight]
    turn: int
    """Thousandths of the logit for each turn but the first; assumed."""
    tool: int
    """For each tool; assumed."""


ONE_TURN = PromptCounts()


def complexity_thousandths(
    texts: Sequence[str], weights: ComplexityWeights, counts: PromptCounts = ONE_TURN
) -> int:
    """0 is surely simple, 1000 surely not; see the module. Bounded work, whatever the texts.

    Args:
        texts: of the prompt, in order: system texts and all messages' text blocks.
        weights: as learned.
        counts: what the texts do not say.
    """
    return weighed(features_of(texts), weights, counts)


def weighed(
    found: Mapping[str, float], weights: ComplexityWeights, counts: PromptCounts = ONE_TURN
) -> int:
    """The estimate of a prompt with these features."""
    logit: float = weights.intercept
    logit += weights.turn * min(max(counts.turns - 1, 0), TURNS_COUNTED_MAX)
    logit += weights.tool * min(max(counts.tools, 0), TOOLS_COUNTED_MAX)
    for name, known in weights.features.items():
        logit += known.weight * deviations(found[name], known)
    bounded = min(max(logit / THOUSAND, -LOGIT_MAX), LOGIT_MAX)
    return round(THOUSAND / (1 + exp(-bounded)))


def deviations(feature: float, known: FeatureWeight) -> float:
    """How far a feature is from its centre, in standard deviations, as far as that counts."""
    away = (feature * THOUSAND - known.centre) / known.scale
    if -DEVIATIONS_MAX <= away <= DEVIATIONS_MAX:
        return away
    return DEVIATIONS_MAX if away > 0 else -DEVIATIONS_MAX


def features_of(texts: Sequence[str]) -> Mapping[str, float]:
    """The features by name: logarithms of counts and of rates per hundred words, and shares.

    Length is none of them: it is in the price already, and teaches nothing that these do not.
    """
    text = _looked_at(texts)
    plain = text.encode("ascii", "ignore")
    words = _ascii_words(plain) if text.isascii() else _WORD.findall(text.lower())
    lengths = [len(word) for word in words]
    kinds = [_KIND[word] for word in words if word in _KIND]
    per_hundred = 100 / max(len(words), 1)
    sentences = sum(map(plain.count, _SENTENCE_ENDS))
    digits = _share(plain, _DIGITS)
    numbers = len(_NUMBER.findall(text)) if digits else 0
    return {
        "word_length": sum(lengths) / max(len(words), 1),
        "single_letters": log(1 + lengths.count(1) * per_hundred),
        "numbers": log(1 + numbers * per_hundred),
        "digits": log(1 + digits),
        "symbols": log(1 + _share(plain, _SYMBOLS)),
        "sentences": log(1 + sentences),
        "sentence_length": log((1 + len(words)) / (1 + sentences)),
        "commas": log(1 + plain.count(b",") * per_hundred),
        "brackets": log(1 + plain.count(b"(")),
        "distinct_words": len(set(words)) / max(len(words), 1),
        **{kind: log(1 + kinds.count(kind)) for kind in _WORDS},
    }


def _ascii_words(plain: bytes) -> list[str]:
    """What ``_WORD`` finds in lower case; four times as fast."""
    return plain.translate(_LETTERS_ALONE).decode("ascii").split()


def _looked_at(texts: Sequence[str]) -> str:
    """All, if that is little; or else the first and the last of it."""
    half = TEXTS_MAX // 2
    few = texts if len(texts) <= TEXTS_MAX else [*texts[:half], *texts[-half:]]
    if sum(map(len, few)) <= 2 * EDGE_CHARACTERS:
        return "\n".join(few)
    return f"{_beginning(few)}\n{_end(few)}"


def _beginning(texts: Sequence[str]) -> str:
    parts, left = [], EDGE_CHARACTERS
    for text in texts:
        parts.append(text[:left])
        left -= len(parts[-1])
        if left == 0:
            break
    return "\n".join(parts)


def _end(texts: Sequence[str]) -> str:
    parts, left = [], EDGE_CHARACTERS
    for text in reversed(texts):
        parts.append(text[-left:])
        left -= len(parts[-1])
        if left == 0:
            break
    return "\n".join(reversed(parts))


def _share(plain: bytes, characters: bytes) -> float:
    """How many of a hundred characters are among these."""
    return 100 * (len(plain) - len(plain.translate(None, characters))) / max(len(plain), 1)
