"""News as server-sent events, for a system that keeps a line open.

Each event has the number of its news as id, so that a line that broke goes on where it was (Last-Event-ID, or `after`).
A token that is revoked ends its line at once. Source: WHATWG HTML, 9.2 Server-sent events.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import msgspec

from rhinecloud.base.errors import RhineError, Unavailable
from rhinecloud.operations import News
from rhinecloud.sharing.exchange import Asked, Receive, Send

from . import views
from .handlers import MOST_NEWS, Visit, whole

BEAT_S: Final = 10.0
LINES: Final = 200
_OVER: Final = b"event: over\ndata: {}\n\n"
_encode = msgspec.json.Encoder().encode


class NewsStream:
    """Writes the lines.

    Args:
        still: whether the token of a line is good yet.
    """

    def __init__(self, still: Callable[[Asked, Visit], bool], next_news: Callable[[str], asyncio.Event]) -> None:
        self._still, self._next_news = still, next_news
        self._lines = 0
        self._over = False

    def stop(self) -> None:
        self._over = True

    async def __call__(self, asked: Asked, visit: Visit, receive: Receive, send: Send) -> None:
        """Raises, before anything is sent: Unauthorized, Forbidden, BadRequestData, Unavailable."""
        if self._lines >= LINES:
            raise Unavailable("Too many systems follow the news; ask /news with wait instead")
        known = asked.header(b"last-event-id") or asked.query.get("after", "")
        after = whole(known, 0, 2**53, least=0)
        coming = self._next_news(visit.tenant)
        found, after, missed = await asyncio.to_thread(visit.desk.news, after, MOST_NEWS)
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        self._lines += 1
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await _write(send, b"retry: 2000\n\n" + (b"event: missed\ndata: {}\n\n" if missed else b""))
            while not gone.done() and not self._over:
                if not self._still(asked, visit):
                    await _write(send, _OVER)
                    break
                if found:
                    await _write(send, b"".join(map(_event, found)))
                elif not coming.is_set() and not await _happens(coming, gone):
                    await _write(send, b": beat\n\n")
                if gone.done():
                    return
                coming = self._next_news(visit.tenant)
                try:
                    found, after, _ = await asyncio.to_thread(visit.desk.news, after, MOST_NEWS)
                except RhineError:  # the tenant is gone, or their right to it; a status was sent long ago
                    await _write(send, _OVER)
                    break
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._lines -= 1
            gone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gone


async def _happens(coming: asyncio.Event, gone: asyncio.Future[None]) -> bool:
    waits = asyncio.ensure_future(coming.wait())
    done, _ = await asyncio.wait((waits, gone), timeout=BEAT_S, return_when=asyncio.FIRST_COMPLETED)
    waits.cancel()
    return bool(done)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})


def _event(item: News) -> bytes:
    return b"id: %d\nevent: news\ndata: %s\n\n" % (item.number, _encode(views.news(item)))
