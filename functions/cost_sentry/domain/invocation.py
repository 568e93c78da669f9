"""One call that an application wants to make."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from cost_sentry.domain.answer_cache import CacheUse
from cost_sentry.domain.caller import Caller
from cost_sentry.domain.retry import Again
from cost_sentry.domain.session import Session

NO_APPLICATION = "-"
"""The application of callers that name none."""


class Priority(StrEnum):
    """How much the caller minds waiting or being refused."""

    CRITICAL = "critical"
    NORMAL = "normal"
    LOW = "low"


class InvocationPath(StrEnum):
    """Which branch of the workflow calls the model."""

    DIRECT = "DIRECT"
    """Step Functions calls Bedrock itself; no Lambda is paid to wait."""
    LAMBDA = "LAMBDA"
    """Bytes (images, documents, video, audio) go through one Lambda that calls Converse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a model must be able to do to serve this request."""

    modalities: frozenset[str] = frozenset({"text"})
    """Of ``text``, ``image``, ``document``, ``video``, ``audio``."""
    tools: bool = False
    system: bool = False
    streaming: bool = False
    prompt_cache: bool = False
    system_message: int | None = None
    """Position of the first message of role ``system``, behind the first of all."""
    vendor_parts: frozenset[str] = frozenset()
    """Members whose content is made for the asked model's provider: ``reasoningContent``, ….

    Another provider's model refuses them, or reads them otherwise, unless its card says that it
    takes them.
    """
    converse_parts: frozenset[str] = frozenset()
    """Members that only Converse itself has, whatever the model: ``guardrailConfig``, …."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationRequest:
    """A well-formed request: every field was checked, nothing was decided."""

    request_id: str
    model_id: str
    """A model id, an inference profile id, or the ARN of either.

    As the caller wrote it; from admission on, the one name of the model (``model_id.known_as``).
    Or a virtual model; ``taskType=…`` where it names nothing but that (``routing_rules``).
    """
    tags: Mapping[str, str]
    priority: Priority
    max_tokens: int | None
    """``None`` when the caller left it out; the configured default is used then."""
    input_bound_tokens: int
    """No tokenizer can make more tokens of this prompt; see ``token_bound``."""
    input_floor_tokens: int
    """No tokenizer can make fewer; a prompt above the context window by this count is refused."""
    needs: Needs
    path: InvocationPath
    digest: str
    """Of everything sent but ``requestId``; the same id with another digest is refused."""
    converse: Mapping[str, object]
    """Converse's arguments in camelCase, without ``modelId``; the only place with text."""
    lower_output_limit: bool = True
    """Rather a shorter answer than none, when the budgets cannot pay for ``max_tokens``."""
    may_wait: bool = False
    """Rather a later answer than a dearer one: the flexible service tier may serve it."""
    thinking_tokens: int = 0
    """Of the output limit, set aside by the caller for thinking; Bedrock refuses a limit within."""
    answer_cache: CacheUse = CacheUse.USE
    """What the caller wants of its application's cache, if that has one."""
    caller: Caller | None = None
    """Who called, where that is proven; ``tags`` agree with it. ``None``: tags are all there is."""
    environment: str | None = None
    """Of the calling application, where the configuration names one."""
    ignored_tags: Mapping[str, str] = field(default_factory=dict)
    """What was claimed of the caller, and is not so."""
    began_at: datetime | None = None
    """When the execution that asks began; ``None``: nobody says so, and the call never waits."""
    again: Again | None = None
    """Of an attempt after the first; then ``request_id`` is the attempt's own."""
    session: Session | None = None
    """Of which agent run, and where in it; the tag ``session`` agrees with its id."""
    complexity_thousandths: int | None = None
    """As it was estimated when its text was at hand; ``None``: it may have its text yet."""

    @property
    def account(self) -> str:
        """The payer path whose ledger account serves this request: ``team/application``.

        A slash in a name is written ``%2F``, so that no two callers share a path.
        """
        return account_of(self.tags)

    def without_text(self) -> "InvocationRequest":
        """The same without the one field that holds any of the prompt (P10)."""
        return replace(self, converse={})


def account_of(tags: Mapping[str, str]) -> str:
    """The payer path of these tags, ``team`` among them; see ``InvocationRequest.account``."""
    names = (tags["team"], tags.get("application", NO_APPLICATION))
    return "/".join(name.replace("%", "%25").replace("/", "%2F") for name in names)
