import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cost_sentry.domain.answer_cache import CacheUse
from cost_sentry.domain.invocation import Priority
from cost_sentry.domain.routing_rules import TASK_TYPE_TAG
from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.run import Run, deployed_command

if TYPE_CHECKING:
    from rich.console import RenderableType

_NAMED_MAX = 10


@deployed_command
def invoke(
    run: Run,
    prompt: Annotated[
        str | None, typer.Argument(metavar="PROMPT", help="The prompt; - or none reads stdin.")
    ] = None,
    *,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            envvar="COST_SENTRY_MODEL",
            help="Model id or virtual model; may be left out with --tag taskType=….",
        ),
    ] = None,
    team: Annotated[
        str | None, typer.Option("--team", envvar="COST_SENTRY_TEAM", help="Who pays.")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="NAME=VALUE", help="A tag; repeatable.")
    ] = None,
    system: Annotated[str | None, typer.Option("--system", help="System prompt.")] = None,
    max_tokens: Annotated[
        int | None, typer.Option("--max-tokens", help="Output limit; else the configured one.")
    ] = None,
    temperature: Annotated[
        float | None, typer.Option("--temperature", help="0 for the likeliest answer each time.")
    ] = None,
    priority: Annotated[
        Priority | None, typer.Option("--priority", help="How much a refusal hurts.")
    ] = None,
    lower_output_limit: Annotated[
        bool | None,
        typer.Option(
            "--lower-output-limit/--no-lower-output-limit",
            help="Rather a shorter answer than none, when the budgets run dry; the default.",
        ),
    ] = None,
    answer_cache: Annotated[
        CacheUse | None,
        typer.Option("--answer-cache", help="What to do with answers that are kept, if they are."),
    ] = None,
    may_wait: Annotated[
        bool, typer.Option("--may-wait", help="Rather later than dearer: service tier flex.")
    ] = False,
    session: Annotated[
        str | None, typer.Option("--session", help="Of an agent run: a UUID of version 7.")
    ] = None,
    path: Annotated[
        str | None,
        typer.Option("--path", help="Of the agent in its run: planner/searcher; / is the root."),
    ] = None,
    retry: Annotated[
        int | None, typer.Option("--retry", help="Of a step of the run: 1 for its first.")
    ] = None,
    request_id: Annotated[
        str | None, typer.Option("--request-id", help="The same id never pays twice.")
    ] = None,
    image: Annotated[
        list[Path] | None, typer.Option("--image", help="Image file; repeatable.")
    ] = None,
    document: Annotated[
        list[Path] | None, typer.Option("--document", help="Document file; repeatable.")
    ] = None,
) -> ExitCode:
    """Call a model through the sentry: its answer on stdout, what it cost on stderr."""
    from cost_sentry_client.attachments import document_block, image_block
    from cost_sentry_client.tag_options import parse_tags

    tags = parse_tags(tag or [], team)
    content = [
        {"text": _prompt(prompt)},
        *(image_block(path) for path in image or []),
        *(document_block(path) for path in document or []),
    ]
    _require_model_and_team(run, model, tags)
    request: dict[str, Any] = {
        **({"modelId": model} if model else {}),
        "messages": [{"role": "user", "content": content}],
        **({"system": [{"text": system}]} if system else {}),
        **_inference(max_tokens, temperature),
    }
    caller = run.operator.caller(tags)
    with run.progress("waiting for the model"):
        answer = caller.converse(
            requestId=request_id,
            priority=priority,
            lowerOutputLimit=lower_output_limit,
            answerCache=answer_cache,
            mayWait=may_wait or None,
            session=_session(session, path, retry),
            **request,
        )
    return _show(run, answer)


def _session(session: str | None, path: str | None, retry: int | None) -> dict[str, Any] | None:
    given = {"id": session, "path": None if path is None else _names(path), "retry": retry}
    return {name: value for name, value in given.items() if value is not None} or None


def _names(path: str) -> list[str]:
    """``planner/searcher``, also from the root on; the root itself is ``/``, and has none."""
    names = path.removeprefix("/")
    return names.split("/") if names else []


def _inference(max_tokens: int | None, temperature: float | None) -> dict[str, Any]:
    given = {"maxTokens": max_tokens, "temperature": temperature}
    named = {name: value for name, value in given.items() if value is not None}
    return {"inferenceConfig": named} if named else {}


def _show(run: Run, answer: dict[str, Any]) -> ExitCode:
    from cost_sentry_client.answer_report import sentry_report
    from cost_sentry_client.payload import to_json

    run.answer(to_json(answer), *_parts(answer))
    run.show_note("", *sentry_report(answer["sentry"], answer.get("usage")))
    return ExitCode.OK if "output" in answer else ExitCode.REFUSED


def _parts(answer: dict[str, Any]) -> "list[RenderableType]":
    """The model's answer as it wrote it; what is no text as JSON."""
    import json

    from cost_sentry_client.payload import to_json

    if "output" not in answer:
        return []
    blocks = answer["output"]["message"]["content"]
    return [
        block["text"] if "text" in block else json.dumps(to_json(block), ensure_ascii=False)
        for block in blocks
    ]


def _prompt(given: str | None) -> str:
    if given not in (None, "-"):
        return str(given)
    if given is None and sys.stdin.isatty():
        raise typer.BadParameter(
            "there is no prompt: give it as an argument, or on stdin", param_hint="PROMPT"
        )
    text = sys.stdin.read()
    if not text.strip():
        raise typer.BadParameter("the prompt on stdin is empty", param_hint="PROMPT")
    return text


def _require_model_and_team(run: Run, model: str | None, tags: dict[str, str]) -> None:
    """What is missing is answered with what there is."""
    is_named = model is not None or TASK_TYPE_TAG in tags
    if is_named and "team" in tags:
        return
    config = run.operator.config()
    if not is_named:
        known = [*config.routing.virtual_models, *config.models]
        raise _missing("--model", "COST_SENTRY_MODEL", known)
    raise _missing("--team", "COST_SENTRY_TEAM", list(config.teams))


def _missing(option: str, variable: str, known: list[str]) -> typer.BadParameter:
    named = ", ".join(known[:_NAMED_MAX]) + (" …" if len(known) > _NAMED_MAX else "")
    return typer.BadParameter(
        f"it is missing; set it, or {variable}. Configured: {named}", param_hint=option
    )
