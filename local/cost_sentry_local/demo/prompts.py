"""Prompts as long as the trace says, in the shapes that applications send. The text is made up.

Every prompt begins with a canary. If it turns up in the ledger, a log or a mail, promise P10 is
broken.
"""

import base64
import struct
import zlib
from typing import Any

from cost_sentry_local.demo.traffic import Content
from cost_sentry_local.stand_in.tokenizer import text_tokens

Json = dict[str, Any]

CANARY = "canary-prompt-7f3ac1"
_WORDS = [
    "please",
    "read",
    "this",
    "note",
    "about",
    "the",
    "order",
    "of",
    "blue",
    "shoes",
    "and",
    "say",
    "what",
    "the",
    "buyer",
    "wants",
]
_BYTES_PER_DOCUMENT_TOKEN = 4
_SYSTEM_TEXT = "You answer in one short paragraph. You never promise a refund."
_CACHED_TOKENS = 1_200
"""Above the shortest prefix that the models keep."""
_TOOL: Json = {
    "toolSpec": {
        "name": "find_order",
        "description": "Looks up an order by its number.",
        "inputSchema": {
            "json": {
                "type": "object",
                "properties": {"number": {"type": "integer"}, "city": {"type": "string"}},
                "required": ["number"],
            }
        },
    }
}


def words(tokens: int) -> str:
    """A text of ``tokens`` tokens, at least those of the canary."""
    left = max(0, tokens - text_tokens(CANARY))
    return " ".join([CANARY, *(_WORDS[place % len(_WORDS)] for place in range(left))])


def prompt(content: Content, tokens: int) -> Json:
    """Converse's ``messages`` and what belongs to them, of about ``tokens`` prompt tokens."""
    match content:
        case Content.TOOL_RESULT:
            return _with_tool_result(tokens)
        case Content.CACHED:
            return _cached(tokens)
        case Content.IMAGE:
            return _said(_image(), {"text": words(tokens)})
        case Content.DOCUMENT:
            return _said(_document(tokens), {"text": "What does this document ask for?"})
        case Content.TOOLS:
            # The stand-in calls a tool where a prompt says so.
            plain, more = f"#tool {words(tokens)}", {"toolConfig": {"tools": [_TOOL]}}
        case Content.SYSTEM:
            plain, more = words(tokens), {"system": [{"text": _SYSTEM_TEXT}]}
        case Content.TEXT:
            plain, more = words(tokens), {}
    return {**more, **_said({"text": plain})}


def _said(*blocks: Json) -> Json:
    return {"messages": [{"role": "user", "content": list(blocks)}]}


def _cached(tokens: int) -> Json:
    """A long handbook that every such call repeats, then the question."""
    point = {"cachePoint": {"type": "default"}}
    question = {"text": words(tokens - _CACHED_TOKENS)}
    return {"system": [{"text": words(_CACHED_TOKENS)}, point], **_said(question)}


def _with_tool_result(tokens: int) -> Json:
    use = {"toolUseId": "order-1", "name": "find_order", "input": {"number": 4711}}
    result = {"toolUseId": "order-1", "content": [{"json": {"state": "on its way", "days": 2}}]}
    return {
        "toolConfig": {"tools": [_TOOL]},
        "messages": [
            {"role": "user", "content": [{"text": words(tokens)}]},
            {"role": "assistant", "content": [{"toolUse": use}]},
            {"role": "user", "content": [{"toolResult": result}]},
        ],
    }


def _document(tokens: int) -> Json:
    text = (words(tokens) + " ")[: tokens * _BYTES_PER_DOCUMENT_TOKEN].ljust(len(CANARY))
    encoded = base64.b64encode(text.encode()).decode()
    return {"document": {"format": "txt", "name": "note", "source": {"bytes": encoded}}}


def _image() -> Json:
    encoded = base64.b64encode(_png(48, 48)).decode()
    return {"image": {"format": "png", "source": {"bytes": encoded}}}


def _png(width: int, height: int) -> bytes:
    """A grey picture: the smallest file that is one."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = (b"\x00" + bytes([128]) * width) * height
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
