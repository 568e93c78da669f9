"""What the emulator lacks or does differently from AWS, one file per gap.

Each file's `close()` wraps functions of the pinned emulator, which is never edited on disk.
"""


def close_all() -> None:
    """Close every gap; call once, before the emulator serves."""
