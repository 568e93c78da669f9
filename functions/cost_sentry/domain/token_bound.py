"""How many tokens a prompt can and must have, known before any tokenizer has seen it.

No public tokenizer exists for most of the models, so the quote needs a bound that holds for all of
them (P7). **Text**: every tokenizer in use is a byte-level BPE or falls back to single bytes, so a
text never has more tokens than UTF-8 bytes after whichever normalisation the tokenizer applies
first. **Documents** (tool schemas, inputs and results) are counted in the longest rendering that
chat templates use: indented JSON with escapes. **Framing**, images and files cannot be derived from
the request; they are the constants below.

A file whose text nobody can bound (a PDF or a spreadsheet is compressed; a video is seconds, not
bytes) counts ``UNBOUNDED_TOKENS``. Whoever quotes clamps the bound
to the model's context window: Bedrock refuses longer prompts and does not bill them.
"""

import json
import unicodedata
from collections.abc import Iterator, Mapping

REQUEST_FRAMING_TOKENS = 1_024
"""Of a chat template and the system text that some models add to it by themselves."""
TOOLS_FRAMING_TOKENS = 1_024
"""Instructions added when there are tools; the most published is 530 (Anthropic, Claude 3 Opus)."""
VENDOR_TOOL_FRAMING_TOKENS = 2_048
"""One tool of ``VENDOR_TOOL_TYPES``, whose definition the provider writes.

Anthropic's pages of these tools: bash 245, of Opus 4.7 and 4.8 325; text editor 700; computer use
735, and up to 499 of instructions of its own. This is half as much again as the most of them.
"""
VENDOR_TOOL_TYPES = frozenset({
    "bash_20241022", "bash_20250124",
    "computer_20241022", "computer_20250124", "computer_20251124",
    "text_editor_20241022", "text_editor_20250124", "text_editor_20250429", "text_editor_20250728",
})  # fmt: skip
"""Tools of ``additionalModelRequestFields.tools`` that Anthropic defined, with published counts."""
MEMBER_FRAMING_TOKENS = 32
"""Around each message, block, tool and every other object: role markers, tags, separators."""
IMAGE_TOKENS = 16_384
"""One image: Qwen-VL's limit. Claude says at most 4,784, Llama 6,404, Pixtral 4,096."""
TEXT_FILE_TOKENS_PER_BYTE = 4
"""A text file is decoded first, where a byte can become two, and a table gets separators."""
UNBOUNDED_TOKENS = 10_000_000
"""More than any context window on Bedrock."""

BYTES_PER_TOKEN = 4
"""A text is bounded by its bytes, and expected to have a token for so many of them."""
FILE_TOKENS_EXPECTED = 10_000
"""A file that counts ``UNBOUNDED_TOKENS`` is expected to have so many, for whichever model.

Five pages of a PDF at 2,000 each; Anthropic says 1,500 to 3,000 (Claude docs, "PDF support").
"""

COUNT_MARGIN_TOKENS = 64
COUNT_MARGIN_RATIO = 32
"""Added to what the provider counts: 64 tokens, and one in 32.

Bedrock's page says that its count matches what is billed (user guide, "Monitor your token usage by
counting tokens"). Anthropic says of the same counter that "the actual number of input tokens may
differ by a small amount" (Claude docs, "Token counting"), and not how small. The margin is for the
second page.
"""

NO_PROMPT_FIELDS = frozenset({
    "inferenceConfig", "additionalModelResponseFieldPaths", "requestMetadata",
    "performanceConfig", "serviceTier",
})  # fmt: skip
"""Fields of Converse that the model never reads: how to sample, what to return, what to log.

Source: Converse in Bedrock's API reference, field by field. A guardrail is not among them: it may
mask what it finds in a prompt with tags of its own.
"""

WORDS_PER_TOKEN_MAX = 4
"""Tokenizers split at spaces; those with tokens of several words (SuperBPE) stop at four."""

_DOCUMENTS = frozenset({"input", "json", "additionalModelRequestFields"})
_TEXT_FILES = frozenset({"csv", "html", "txt", "md"})
_UNSEEN_MEDIA = frozenset({"video", "audio"})


def input_bound_tokens(converse: Mapping[str, object]) -> int:
    """No tokenizer makes more prompt tokens of this camelCase request with base64 bytes."""
    vendor = _vendor_tools(converse.get("additionalModelRequestFields"))
    tools = TOOLS_FRAMING_TOKENS if "toolConfig" in converse or vendor is not None else 0
    tools += VENDOR_TOOL_FRAMING_TOKENS * (vendor or 0)
    prompt = {name: item for name, item in converse.items() if name not in NO_PROMPT_FIELDS}
    return REQUEST_FRAMING_TOKENS + tools + _bound("", prompt)


def input_floor_tokens(converse: Mapping[str, object]) -> int:
    """No tokenizer makes fewer prompt tokens of this request.

    Only text blocks of messages and of the system prompt count: everything else may be left out of
    the prompt by some model. A word is what stands between spaces and has a letter or a digit, so
    that normalisation cannot make it vanish.
    """
    words = sum(_words(text) for text in _prompt_texts(converse))
    return words // WORDS_PER_TOKEN_MAX


def expected_tokens(bound_tokens: int, floor_tokens: int) -> int:
    """How long a prompt of this bound and floor is expected to be: for orders, never for money.

    Left out is what every bound allows for a chat template: of a short prompt it is most of the
    bound, and hardly any of the prompt.
    """
    files, rest = divmod(bound_tokens, UNBOUNDED_TOKENS)
    text = max(0, rest - REQUEST_FRAMING_TOKENS) // BYTES_PER_TOKEN
    return max(text + files * FILE_TOKENS_EXPECTED, floor_tokens, 1)


def counted_bound_tokens(count_tokens: int) -> int:
    """At most this many tokens are billed for a prompt of which the provider counted so many."""
    return count_tokens + COUNT_MARGIN_TOKENS + -(-count_tokens // COUNT_MARGIN_RATIO)


def counted_tokens_within(bound_tokens: int) -> int:
    """The largest count that is bounded by so many; the inverse of ``counted_bound_tokens``."""
    return max(0, (bound_tokens - COUNT_MARGIN_TOKENS) * COUNT_MARGIN_RATIO) // (
        COUNT_MARGIN_RATIO + 1
    )


def text_bound_tokens(text: str) -> int:
    """UTF-8 bytes of the longest form that a tokenizer may normalise ``text`` to, plus one.

    The one is the leading space that SentencePiece puts before a text.
    """
    if text.isascii():
        return 1 + len(text)
    forms = (text, *(unicodedata.normalize(form, text) for form in ("NFC", "NFKC")))
    return 1 + max(len(form.encode("utf-8", "surrogatepass")) for form in forms)


def _vendor_tools(fields: object) -> int | None:
    """How many tools of the provider's own it asks for; ``None`` if it speaks of no tools."""
    if not isinstance(fields, Mapping) or not fields.get("tools"):
        return None
    return sum(str(tool.get("type")) in VENDOR_TOOL_TYPES for tool in _items(fields["tools"]))


def _bound(name: str, value: object) -> int:
    if name in _DOCUMENTS:
        return _document_bound(value)
    match value:
        case str():
            return text_bound_tokens(value)
        case Mapping():
            return _object_bound(name, value)
        case list():
            return sum(_bound("", item) for item in value)
        case _:
            return len(json.dumps(value))


def _object_bound(name: str, value: Mapping[str, object]) -> int:
    if name == "image":
        return MEMBER_FRAMING_TOKENS + IMAGE_TOKENS
    if name in _UNSEEN_MEDIA:
        return UNBOUNDED_TOKENS
    if name == "document":
        return MEMBER_FRAMING_TOKENS + _file_bound(value) + _members_bound(value, leave="source")
    return MEMBER_FRAMING_TOKENS + _members_bound(value)


def _members_bound(value: Mapping[str, object], leave: str = "") -> int:
    return sum(
        text_bound_tokens(name) + _bound(name, item)
        for name, item in value.items()
        if name != leave
    )


def _file_bound(document: Mapping[str, object]) -> int:
    """Of a document block: its text if it is one, else whatever fits a context window."""
    source = document.get("source")
    if not isinstance(source, Mapping):
        return UNBOUNDED_TOKENS
    if source.keys() <= {"text", "content"}:
        return _members_bound(source)
    encoded = source.get("bytes")
    if document.get("format") not in _TEXT_FILES or not isinstance(encoded, str):
        return UNBOUNDED_TOKENS
    return TEXT_FILE_TOKENS_PER_BYTE * (len(encoded) * 3 // 4)


def _document_bound(document: object) -> int:
    """Characters of the indented, escaped, HTML-safe JSON: the longest rendering in use."""
    rendered = json.dumps(document, indent=4, ensure_ascii=True)
    html_escapes = sum(rendered.count(character) for character in "<>&'") * len("u003c")
    return len(rendered) + html_escapes


def _prompt_texts(converse: Mapping[str, object]) -> Iterator[str]:
    for block in _items(converse.get("system")):
        yield from _text(block)
    for message in _items(converse.get("messages")):
        for block in _items(message.get("content")):
            yield from _text(block)


def _items(value: object) -> Iterator[Mapping[str, object]]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, Mapping))


def _text(block: Mapping[str, object]) -> Iterator[str]:
    text = block.get("text")
    if isinstance(text, str):
        yield text


def _words(text: str) -> int:
    return sum(1 for word in text.split(" ") if any(map(str.isalnum, word)))
