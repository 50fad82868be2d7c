"""Ports of loopback: which are free, and whether one of ours still is."""

import random
import socket
import time
from contextlib import closing
from pathlib import Path

from fleetlake.console import Failure

HOST = "127.0.0.1"
PORTS = range(19_000, 32_000)
LET_GO_S = 5


def free_port() -> int:
    """A port of loopback that nobody listens on now, outside the range from which systems take ports for outgoing connections."""
    for port in random.sample(PORTS, len(PORTS)):
        if is_free(port):
            return port
    raise Failure(f"no free port between {PORTS.start} and {PORTS.stop}", "stop what listens there")


def is_free(port: int) -> bool:
    """Nobody listens on this port of loopback."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def is_open(port: int) -> bool:
    """Somebody accepts connections."""
    with closing(socket.socket()) as probe:
        probe.settimeout(2)
        return not probe.connect_ex((HOST, port))


def require_free(port: int, service: str, folder: Path) -> None:
    """Raises Failure when somebody else listens on a port of ours; what was just killed gets a moment to let go of it."""
    deadline = time.monotonic() + LET_GO_S
    while not is_free(port):
        if time.monotonic() > deadline:
            raise Failure(
                f"port {port}, which belongs to this home's {service}, is taken by another process",
                f"find it with lsof -i :{port} and stop it, or have {service} start anew, on another port: rm -r {folder}",
            )
        time.sleep(0.1)
