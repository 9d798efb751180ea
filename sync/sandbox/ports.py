"""TCP ports of the loopback address: free ones, and sockets that hold one."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"


class PortTaken(Exception):
    """Raised by `listen`: somebody else has the port."""


def listen(port: int) -> socket.socket:
    """A socket that has the port (0: any free one) and does not answer yet."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise PortTaken(f"port {port} on {HOST} is taken or may not be used") from error
    return listener


def free_ports(count: int) -> list[int]:
    """Ports that nobody has now; all are held at once, so that they differ."""
    listeners = [listen(0) for _ in range(count)]
    try:
        return [int(listener.getsockname()[1]) for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()
