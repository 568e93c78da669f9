"""One name all the way down: how a row's name is spelled in the template."""


def standard_workflow_name(stack_name: str, name: str) -> str:
    """Of one that nobody calls: without the ``_`` that each caller's workflow has in its name."""
    return f"{stack_name}-{name.replace('_', '-')}"


def pascal(name: str) -> str:
    """``admit_request`` as construct, output and placeholder: ``AdmitRequest``."""
    return "".join(word.capitalize() for word in name.split("_"))
