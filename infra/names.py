"""One name all the way down: how a row's name is spelled in the template."""


def pascal(name: str) -> str:
    """``admit_request`` as construct, output and placeholder: ``AdmitRequest``."""
    return "".join(word.capitalize() for word in name.split("_"))
