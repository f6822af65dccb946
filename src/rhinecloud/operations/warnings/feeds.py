"""Feeds of CAP that are polled: Atom and RSS with their messages behind links, MeteoAlarm, DWD's archives, NINA.

Each document behind a link is asked for once: a message does not change. A source that fails is asked ever more
seldom, up to an hour.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import msgspec

from rhinecloud.base import telemetry
from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound, RhineError, Unreadable
from rhinecloud.connect import check_url, fetch
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.tables import Shelf, Work

from . import forms
from .incoming import Taken
from .reading import LONGEST

MOST_LINKS: Final = 500
LONGEST_PAUSE_S: Final = 3600.0
_encode = msgspec.json.Encoder().encode

log = telemetry.logger("operations")


class CapFeed(msgspec.Struct, frozen=True, kw_only=True):
    """A source of CAP messages that is asked on a schedule."""

    id: str
    title: str = ""
    url: str
    interval_s: float = 60.0
    timeout_s: float = 30.0
    headers: dict[str, str] = {}
    active: bool = True
    version: int = 0


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """How a feed is doing."""

    feed: CapFeed
    asked_us: int
    answered_us: int
    failures: int
    error: str
    etag: str
    modified: str
    taken: int
    refused: int

    def due(self, now_us: int) -> bool:
        pause = min(self.feed.interval_s * 2 ** min(self.failures, 8), max(LONGEST_PAUSE_S, self.feed.interval_s))
        return self.feed.active and now_us >= self.asked_us + round(pause * SECOND)


def check(feed: CapFeed) -> None:
    """Raises: BadRequestData."""
    if not feed.id or not all(c.isalnum() or c in "._-" for c in feed.id) or len(feed.id) > 60:
        raise BadRequestData("A feed's id has letters, digits, '.', '_' and '-', at most 60")
    if not 10 <= feed.interval_s <= 86_400:
        raise BadRequestData("A feed is asked every 10 seconds to one day")
    if not 1 <= feed.timeout_s <= 120:
        raise BadRequestData("A feed has 1 to 120 seconds to answer")
    if any(not (k + v).isprintable() for k, v in feed.headers.items()):
        raise BadRequestData("A header holds characters that cannot be sent")
    check_url(feed.url)


def save(work: Work, feed: CapFeed) -> CapFeed:
    """Raises: BadRequestData. Conflict: it is of another version by now."""
    check(feed)
    row = work.row("SELECT version FROM cap_feed WHERE id = ?", feed.id)
    known = row[0] if row else 0
    if feed.version != known:
        raise Conflict(f"The feed {feed.id} is of version {known} by now", version=known)
    kept = msgspec.structs.replace(feed, version=known + 1)
    work.run(
        "INSERT INTO cap_feed (id, version, body) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " version = excluded.version, body = excluded.body, asked_us = 0, failures = 0, error = '', etag = '',"
        " modified = ''",
        *(kept.id, kept.version, _encode(kept)),
    )
    work.tell("cap.feed", kept.id, active=kept.active)
    return kept


def remove(work: Work, feed_id: str) -> None:
    """Its messages stay. Raises: ResourceNotFound."""
    if work.row("SELECT 1 FROM cap_feed WHERE id = ?", feed_id) is None:
        raise ResourceNotFound(f"There is no feed {feed_id[:60]}")
    work.run("DELETE FROM cap_feed WHERE id = ?", feed_id)
    work.tell("cap.feed", feed_id, active=False)


def states(asked: Work | Shelf) -> list[FeedState]:
    rows = asked.rows(
        "SELECT body, asked_us, answered_us, failures, error, etag, modified, taken, refused FROM cap_feed ORDER BY id"
    )
    names = FeedState.__struct_fields__[1:]
    return [
        FeedState(feed=msgspec.json.decode(row[0], type=CapFeed), **dict(zip(names, row[1:], strict=True)))
        for row in rows
    ]


class Takes(Protocol):
    """What is done with a document: kept, message by message."""

    def __call__(self, name: str, data: bytes, source: str) -> Awaitable[list[Taken]]: ...


async def ask(
    shelf: Shelf,
    state: FeedState,
    take: Takes,
    *,
    clock: Callable[[], int],
    allow_private: bool,
    known: Callable[[str], bool],
) -> list[Taken]:
    """Asks a feed once, and for what its links point at; how it went is kept.

    Args:
        known: whether the document behind an address was taken in before.
    """
    feed, now = state.feed, clock()
    got: list[Taken] = []
    failed: list[str] = []
    more: dict[str, Any] = {"etag": state.etag, "modified": state.modified}
    try:
        answer = await fetch(
            feed.url,
            headers=feed.headers,
            etag=state.etag,
            modified=state.modified,
            timeout_s=feed.timeout_s,
            max_bytes=LONGEST,
            allow_private=allow_private,
        )
        if answer.status == 200:
            links = await asyncio.to_thread(_links, answer.body, feed.url)
            source = f"feed:{feed.id}"
            if links:
                got, failed = await _follow(feed, links, take, source, allow_private=allow_private, known=known)
            else:
                got = await take(feed.url, answer.body, source)
            more = {"etag": answer.etag if not failed else "", "modified": answer.modified if not failed else ""}
        error = "; ".join(failed[:3])
    except RhineError as refusal:
        error = refusal.detail
    except Exception as failure:  # a source of any kind; it is asked again, ever more seldom
        log.exception("cap_feed_failed", tenant=shelf.folder.name, feed=feed.id)
        error = f"It failed here: {failure!r}"

    def keep() -> None:
        taken, refused = (sum(t.outcome == o for t in got) for o in ("taken", "refused"))
        with shelf.work(SYSTEM) as work:
            work.run(
                "UPDATE cap_feed SET asked_us = ?, answered_us = iif(?, answered_us, ?),"
                " failures = iif(?, failures + 1, 0), error = ?, etag = ?, modified = ?, taken = taken + ?,"
                " refused = refused + ? WHERE id = ? AND version = ?",
                *(now, bool(error), now, bool(error), error[:500], more["etag"], more["modified"], taken, refused),
                *(feed.id, feed.version),
            )

    await asyncio.to_thread(keep)
    return got


def _links(body: bytes, base: str) -> list[str]:
    """What a feed points at; nothing where it holds its messages itself, or is no feed at all."""
    if body[:2] in (b"PK", b"\x1f\x8b"):
        return []
    try:
        found = list(forms.items("", body)) if len(body) < 2_000_000 else []
        if found and any(i.message is not None for i in found):
            return []
        return forms.links(body, base)
    except Unreadable:
        return []


async def _follow(
    feed: CapFeed,
    links: list[str],
    take: Takes,
    source: str,
    *,
    allow_private: bool,
    known: Callable[[str], bool],
) -> tuple[list[Taken], list[str]]:
    got: list[Taken] = []
    failed: list[str] = []

    def unknown() -> list[str]:
        return [link for link in links if link.partition("?")[0].endswith(".json") or not known(link)]

    new = await asyncio.to_thread(unknown)  # a query a link: not in the loop
    home = urlsplit(feed.url)[:2]
    for link in new[:MOST_LINKS]:
        try:
            answer = await fetch(
                link,
                headers=feed.headers if urlsplit(link)[:2] == home else {},  # tokens are for the feed's own host
                timeout_s=feed.timeout_s,
                max_bytes=LONGEST,
                allow_private=allow_private,
            )
            got += await take(link, answer.body, source)
        except RhineError as refusal:
            failed.append(f"{link[:120]}: {refusal.detail}")
    if len(new) > MOST_LINKS:
        failed.append(f"{len(new) - MOST_LINKS} further messages are asked for the next time")
    return got, failed
