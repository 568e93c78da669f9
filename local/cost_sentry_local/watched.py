"""Runs a program that ends with this process's parent, however that goes.

``python -m cost_sentry_local.watched PARENT PROGRAM [ARGUMENT ...]``; start it in a session of its
own, because the whole process group ends.
"""

import subprocess
import sys

from cost_sentry_local.parent_watch import end_with_parent


def main(parent: str, *command: str) -> int:
    """Run the command while the process ``parent`` lives; the command's own exit code."""
    end_with_parent(int(parent))
    return subprocess.call(command)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
