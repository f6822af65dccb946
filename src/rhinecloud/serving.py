"""The HTTP server: one socket, claimed before anything starts, and uvicorn on it as long as the city runs."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import uvicorn

from rhinecloud.base.errors import Conflict, InvalidRequest
from rhinecloud.base.settings import Settings

Scope = MutableMapping[str, Any]
Asgi = Callable[[Any, Any, Any], Awaitable[None]]

BACKLOG = 2048
GOODBYE_S = 2  # open event streams get this long to end


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        Conflict: somebody listens there.
        InvalidRequest: the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise Conflict(f"Port {port} for HTTP is taken by another program; choose another with --port") from error
        raise InvalidRequest(f"{host} port {port} cannot be opened: {error.strerror}") from error
    listening.listen(BACKLOG)
    listening.setblocking(False)
    return listening


def url_of(settings: Settings, listening: socket.socket) -> str:
    """How this machine's user reaches the city."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host, port = listening.getsockname()[:2]
    if host in ("127.0.0.1", "::1", "0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # signals belong to the command line, which ends the city in order


async def serve_http(app: Asgi, listening: socket.socket, settings: Settings) -> None:
    """Answers until cancelled, then lets requests in hand finish."""
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        timeout_graceful_shutdown=GOODBYE_S,
        timeout_keep_alive=75,
        h11_max_incomplete_event_size=None,
    )
    server = _Server(config)
    try:
        await server.serve(sockets=[listening])
    finally:
        server.should_exit = True
        if server.started:
            await server.shutdown(sockets=[listening])
