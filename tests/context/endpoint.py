"""A real HTTP endpoint for notifications, as somebody else would run one: the outside world of the tests."""

from __future__ import annotations

import asyncio
import json
from typing import Any


class Endpoint:
    """Keeps what it is sent. `answers` are the status codes to give, the last one for ever; `silent` never answers."""

    def __init__(self, *answers: int, silent: bool = False) -> None:
        self.answers = list(answers) or [200]
        self.silent = silent
        self.got: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._arrived = asyncio.Event()
        self._open: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Endpoint:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.uri = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/notify"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._open:
            writer.close()
        await self._server.wait_closed()

    async def wait(self, count: int = 1, within_s: float = 30) -> list[dict[str, Any]]:
        """The notifications, once there are `count`."""
        async with asyncio.timeout(within_s):
            while len(self.got) < count:
                self._arrived.clear()
                await self._arrived.wait()
        return self.got

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                lines = head.split("\r\n")
                headers = {
                    k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)
                }
                body = await reader.readexactly(int(headers["content-length"]))
                self.got.append(json.loads(body))
                self.headers.append(headers)
                self._arrived.set()
                if self.silent:
                    await asyncio.sleep(3600)
                status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()
