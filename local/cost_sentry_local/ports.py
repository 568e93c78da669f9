"""Free ports of the loopback interface; nothing local listens anywhere else."""

import socket

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port that nothing listens on; the caller should bind it soon."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def is_taken(port: int) -> bool:
    """Whether something listens on a port already."""
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0
