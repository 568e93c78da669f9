"""What every stand-in's server and program have in common."""

import argparse
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cost_sentry_local.parent_watch import end_with_parent
from cost_sentry_local.ports import LOOPBACK


class LoopbackServer(ThreadingHTTPServer):
    """Listens on the loopback interface only; one thread per connection.

    It binds at once, so that a taken port is an error here and not later.
    """

    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__((LOOPBACK, port), handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Say nothing of callers that hung up; that is what a time limit looks like from here."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def serve(make: Callable[[int], LoopbackServer], description: str | None) -> None:
    """Serve on the port that the command line names, until the process ends."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("port", type=int)
    parser.add_argument("--parent", type=int, help="end when this process is no longer the parent")
    options = parser.parse_args()
    if options.parent:
        end_with_parent(options.parent)
    make(options.port).serve_forever()
