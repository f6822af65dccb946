"""The running city's ear for its own user: a socket in the data directory that only this user can open.

For what must happen inside the process and is no business of the web: a consistent copy for `rhinecloud backup`, a
command to a device. One JSON object a connection asks, one answers; the rights are those of the socket's file.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from rhinecloud.base.errors import BadRequestData, RhineError, Unavailable
from rhinecloud.base.telemetry import logger

from .lock import running

NAME = "control.sock"
LONGEST = 256 * 1024**2  # bytes of a question or an answer

Doer = Callable[[dict[str, Any]], Awaitable[Any]]

log = logger("cli")


class Control:
    """Answers questions of the same user; `doers` are what can be asked for, by name."""

    def __init__(self, data: Path, doers: dict[str, Doer]) -> None:
        self._path = data / NAME
        self._doers = doers
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._path.unlink(missing_ok=True)  # of a process that was killed: the directory's lock says that it is gone
        before = os.umask(0o177)
        try:
            with _within(self._path) as address:
                self._server = await asyncio.start_unix_server(self._serve, address, limit=LONGEST)
        except OSError as error:
            log.warning("no_control_socket", path=str(self._path), error=str(error))
        finally:
            os.umask(before)

    async def stop(self) -> None:
        if self._server:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await self._answer(await reader.readline())
            writer.write(msgspec.json.encode(answer) + b"\n")
            await writer.drain()
        except (ConnectionError, ValueError):
            pass  # who asked has gone, or asked at endless length
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            asked = msgspec.json.decode(line, type=dict[str, Any])
            doer = self._doers.get(asked.pop("do", ""))
            if doer is None:
                raise BadRequestData(f"The city can be asked for {', '.join(sorted(self._doers))}")
            return {"done": await doer(asked)}
        except RhineError as error:
            return {"error": error.detail}
        except (msgspec.DecodeError, msgspec.ValidationError, KeyError, TypeError, AttributeError) as error:
            return {"error": f"That question is not understood: {error!r}"}
        except Exception as error:
            log.exception("control_failed")
            return {"error": f"The city failed to do that: {error}; its log says more"}


def ask(data: Path, do: str, *, timeout_s: float = 600, **members: Any) -> Any:
    """Asks the city that runs on `data`, and waits for its answer.

    Raises:
        Unavailable: no city runs there, or it does not answer, or it cannot do it.
    """
    running(data)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
        wire.settimeout(timeout_s)
        try:
            with _within(data / NAME) as address:
                wire.connect(address)
            wire.sendall(msgspec.json.encode({"do": do, **members}) + b"\n")
            answer = msgspec.json.decode(_read(wire), type=dict[str, Any])
        except (OSError, msgspec.DecodeError) as error:
            raise Unavailable(f"The city on {data} does not answer on {NAME}: {error}") from error
    if "error" in answer:
        raise Unavailable(str(answer["error"]))
    return answer.get("done")


def _read(wire: socket.socket) -> bytes:
    parts = bytearray()
    while part := wire.recv(65_536):
        parts += part
    return bytes(parts)


@contextlib.contextmanager
def _within(path: Path) -> Iterator[str]:
    """The address of a socket whose path may be longer than the hundred-odd bytes that the system allows."""
    if len(os.fsencode(path)) < 100:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
