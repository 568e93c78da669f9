"""A Converse request as a row of counted pieces, in the order in which a cache sees them."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from cost_sentry_local.stand_in.tokenizer import document_tokens, image_tokens, text_tokens

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One block of a prompt; a cache point has no tokens and a time to live."""

    content: str
    tokens: int
    cache_ttl: str | None = None


def pieces(request: Json) -> list[Piece]:
    """Tools, then system, then messages: the order in which prompts are cached."""
    tools = request.get("toolConfig", {}).get("tools", [])
    row = [_tool(tool) for tool in tools]
    row += [_block(block) for block in request.get("system", [])]
    for message in request.get("messages", []):
        row += [_block(block) for block in message["content"]]
    return row


def prompt_tokens(request: Json) -> int:
    """Tokens of everything that the request says to the model."""
    return sum(piece.tokens for piece in pieces(request))


def blocks(request: Json) -> list[Json]:
    """Every content block of the messages."""
    return [block for message in request["messages"] for block in message["content"]]


def modalities(request: Json) -> set[str]:
    """The kinds of content in the messages, beside text."""
    kinds = {"image", "document", "video", "audio"}
    return {kind for block in blocks(request) for kind in kinds & _with_results(block)}


def last_text(request: Json) -> str:
    """The text of the last message, by which a prompt asks for tools or reasoning."""
    blocks = request["messages"][-1]["content"]
    return " ".join(block["text"] for block in blocks if "text" in block)


def _with_results(block: Json) -> set[str]:
    inner = block.get("toolResult", {}).get("content", [])
    return set(block).union(*(set(part) for part in inner)) if inner else set(block)


def _tool(tool: Json) -> Piece:
    if "cachePoint" in tool:
        return _cache_point(tool["cachePoint"])
    return _json_piece(tool)


def _block(block: Json) -> Piece:
    match block:
        case {"cachePoint": point}:
            return _cache_point(point)
        case {"text": str(text)}:
            return Piece(content=text, tokens=text_tokens(text))
        case {"image": {"source": {"bytes": encoded}}}:
            return Piece(content=encoded, tokens=image_tokens(base64.b64decode(encoded)))
        case {"document": {"source": {"bytes": encoded}}} | {
            "video": {"source": {"bytes": encoded}}
        }:
            return Piece(content=encoded, tokens=document_tokens(base64.b64decode(encoded)))
        case {"toolResult": {"content": list(parts)}}:
            inner = [_block(part) for part in parts]
            return Piece(
                content="".join(piece.content for piece in inner),
                tokens=sum(piece.tokens for piece in inner),
            )
        case _:
            return _json_piece(block)


def _json_piece(value: Json) -> Piece:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return Piece(content=text, tokens=text_tokens(text))


def _cache_point(point: Json) -> Piece:
    return Piece(content="", tokens=0, cache_ttl=point.get("ttl", "5m"))
