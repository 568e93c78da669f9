"""``python -m cost_sentry_local.demo``: the sentry at work on this machine, and judged."""
