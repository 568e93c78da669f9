"""A deterministic tokenizer of our own: close to real ones in size, never over the byte bound."""

import re

_LETTERS_PER_TOKEN = 6
_DIGITS_PER_TOKEN = 3
_PIECE = re.compile(r" ?(?P<letters>[A-Za-z]+)| ?(?P<digits>[0-9]+)|(?P<blank>\s+)|(?P<other>.)")
_IMAGE_TOKENS_MAX = 1600
_BYTES_PER_DOCUMENT_TOKEN = 4


def text_tokens(text: str) -> int:
    """Tokens of a text: about one per four characters of English, at most one per UTF-8 byte."""
    return sum(_piece_tokens(piece) for piece in _PIECE.finditer(text))


def image_tokens(content: bytes) -> int:
    """Tokens of an image, from its size in bytes; real models look at pixels."""
    return min(_IMAGE_TOKENS_MAX, len(content))


def document_tokens(content: bytes) -> int:
    """Tokens of a document, as if a quarter of its bytes were text."""
    return -(-len(content) // _BYTES_PER_DOCUMENT_TOKEN)


def words(tokens: int) -> str:
    """A text of exactly so many tokens."""
    return " ".join(_FILLER[number % len(_FILLER)] for number in range(tokens))


def _piece_tokens(piece: re.Match[str]) -> int:
    if letters := piece["letters"]:
        return -(-len(letters) // _LETTERS_PER_TOKEN)
    if digits := piece["digits"]:
        return -(-len(digits) // _DIGITS_PER_TOKEN)
    return 1


_SENTENCES = (
    "each call is priced before it runs and paid for later so that nobody can spend more",
    "money than the owner of the budget gave for the day or the month",
)
# Words of at most six letters, so that each is one token together with the space before it.
_FILLER = tuple(word for sentence in _SENTENCES for word in sentence.split())
