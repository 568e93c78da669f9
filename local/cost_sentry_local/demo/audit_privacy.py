"""P10: no text of prompts or answers in anything that was written down."""

from cost_sentry_local.demo.audit_evidence import Evidence, Finding


def no_prompt_text(evidence: Evidence) -> Finding:
    """P10: the canaries sing nowhere; a place where nothing was found to search is no proof."""
    broken = [
        f"{canary!r} stands in the {place}"
        for place, texts in evidence.texts.items()
        for canary in evidence.canaries
        if any(canary in text for text in texts)
    ]
    broken += [f"nothing to search in the {place}" for place, t in evidence.texts.items() if not t]
    places = ", ".join(f"{len(texts)} {place}" for place, texts in evidence.texts.items())
    checked = f"text of prompts and answers searched in {places}"
    return Finding(
        promise="P10", title="No prompt text kept", checked=checked, broken=tuple(broken)
    )
