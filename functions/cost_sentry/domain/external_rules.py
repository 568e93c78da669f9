"""Which models may be called past the sentry."""

from dataclasses import dataclass

from cost_sentry.domain.model_id import base_model_id


@dataclass(frozen=True, slots=True)
class ExternalUsageRules:
    """Which models may be called past the sentry."""

    allowed_models: tuple[str, ...] | None = None
    """``None``: all of them; nothing is told then."""

    def allows(self, model_id: str) -> bool:
        """Whether this one may, in whatever geography it is called."""
        if self.allowed_models is None:
            return True
        return base_model_id(model_id) in map(base_model_id, self.allowed_models)


ALL_ALLOWED = ExternalUsageRules()
