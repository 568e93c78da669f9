"""One name all the way down: how a row's name is spelled in the template."""


def approval_workflow_name(stack_name: str) -> str:
    """Of ``budget_approval``; without the ``_`` that each caller's workflow has in its name."""
    return f"{stack_name}-budget-approval"


def pascal(name: str) -> str:
    """``admit_request`` as construct, output and placeholder: ``AdmitRequest``."""
    return "".join(word.capitalize() for word in name.split("_"))
