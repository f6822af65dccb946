"""Polled feeds: asked on a schedule, kept raw on the backbone, read by the one batch path like anything else.

Each feed has a task of its own. What did not change since the last time (304, or the same bytes) is not published; a
source that fails is asked ever more seldom, up to an hour, with jitter so that feeds do not march in step.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Final

import msgspec

from rhinecloud.backbone import raw_subject
from rhinecloud.base.clock import SECOND, Clock, now_us
from rhinecloud.base.errors import BadRequestData, RhineError
from rhinecloud.base.telemetry import counter, logger

from .feeds import Feed, address_of, check_feed
from .fetch import Fetched, Refusal, fetch

log = logger("connect")
polls = counter("feed_polls", "Questions to feeds by what came of them", ("tenant", "feed", "outcome"))

LONGEST_S: Final = 3600.0
"""Longest pause after failures, where the feed's own interval is not longer."""

Publish = Callable[[str, bytes], Awaitable[int]]
"""(subject, data) → sequence in the stream, durable when it returns."""


class Polled(msgspec.Struct, kw_only=True):
    """How a feed is doing."""

    feed: Feed
    asked_us: int = 0
    answered_us: int = 0  # last time that it answered well
    changed_us: int = 0  # last time that there was something new
    failures: int = 0  # in a row
    error: str = ""
    size: int = 0  # of the last answer, bytes
    sequence: int = 0
    next_us: int = 0
    etag: str = ""
    modified: str = ""
    digest: bytes = b""


class Polling:
    """Asks the feeds of all tenants.

    Args:
        publish: puts raw bytes on the backbone, as `raw.<tenant>.poll.<feed>`; in production `Backbone.publish`.
        allow_private: lets feeds be inside our own network (tests, installations behind a proxy).
    """

    def __init__(
        self, publish: Publish, *, clock: Clock = now_us, allow_private: bool = False, seed: int | None = None
    ) -> None:
        self._publish, self._clock, self._allow_private = publish, clock, allow_private
        self._random = random.Random(seed)  # noqa: S311 - jitter, no secret
        self._feeds: dict[tuple[str, str], Polled] = {}
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}

    def declare(self, tenant: str, feeds: Iterable[Feed], forms: Collection[str] = ()) -> None:
        """The tenant's feeds from now on; those that stay as they are go on undisturbed.

        Args:
            forms: ids of the forms that packs bring.
        Raises:
            BadRequestData: a feed cannot be; nothing is changed then.
        """
        wanted = {(tenant, feed.id): feed for feed in feeds if feed.active}
        for feed in wanted.values():
            check_feed(feed, forms)
        for key in [k for k, known in self._feeds.items() if k[0] == tenant and known.feed != wanted.get(k)]:
            self._end(key)
        for key, feed in wanted.items():
            if key not in self._feeds:
                self._feeds[key] = Polled(feed=feed)
                self._tasks[key] = asyncio.create_task(self._run(key), name=f"feed-{tenant}-{feed.id}")

    def states(self, tenant: str) -> list[Polled]:
        """How the tenant's feeds are doing, by id."""
        return [state for key, state in sorted(self._feeds.items()) if key[0] == tenant]

    async def ask(self, tenant: str, feed_id: str) -> Polled:
        """Asks a feed now, whatever its schedule says."""
        key = (tenant, feed_id)
        if key not in self._feeds:
            raise BadRequestData(f"Feed {feed_id[:80]} is not switched on in tenant {tenant}")
        await self._ask(key)
        return self._feeds[key]

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for key in list(self._feeds):
            self._end(key)
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def _end(self, key: tuple[str, str]) -> None:
        self._feeds.pop(key, None)
        if (task := self._tasks.pop(key, None)) is not None:
            task.cancel()

    async def _run(self, key: tuple[str, str]) -> None:
        # The first questions after a start are spread over some seconds.
        await asyncio.sleep(self._random.uniform(0, min(5.0, self._feeds[key].feed.interval_s / 4)))
        while True:
            pause_s = await self._ask(key)
            self._feeds[key].next_us = self._clock() + round(pause_s * SECOND)
            await asyncio.sleep(pause_s)

    async def _ask(self, key: tuple[str, str]) -> float:
        """One question; how long to wait for the next, in seconds."""
        state, (tenant, name) = self._feeds[key], key
        feed, state.asked_us = state.feed, self._clock()
        try:
            answer = await fetch(
                address_of(feed),
                headers=feed.headers,
                etag=state.etag,
                modified=state.modified,
                timeout_s=feed.timeout_s,
                allow_private=self._allow_private,
            )
            outcome = await self._take(key, state, answer)
        except RhineError as error:
            state.failures, state.error = state.failures + 1, error.detail
            polls.labels(tenant, name, "failed").inc()
            log.warning("feed_failed", tenant=tenant, feed=name, failures=state.failures, why=error.detail)
            told = error.retry_after_s if isinstance(error, Refusal) else 0.0
            return max(told, self.pause_s(feed, state.failures))
        state.failures, state.error, state.answered_us = 0, "", self._clock()
        polls.labels(tenant, name, outcome).inc()
        return feed.interval_s * self._random.uniform(0.98, 1.02)

    async def _take(self, key: tuple[str, str], state: Polled, answer: Fetched) -> str:
        if answer.status == 304:
            return "unchanged"
        digest = hashlib.sha256(answer.body).digest()
        if digest != state.digest:
            state.sequence = await self._publish(raw_subject(key[0], "poll", key[1]), answer.body)
            state.changed_us, state.size = self._clock(), len(answer.body)
        outcome = "unchanged" if digest == state.digest else "changed"
        # Only what is durable may be skipped the next time.
        state.etag, state.modified, state.digest = answer.etag, answer.modified, digest
        return outcome

    def pause_s(self, feed: Feed, failures: int) -> float:
        """After failures: half a minute (or the interval, where that is shorter), doubled each time, with jitter."""
        first = min(30.0, feed.interval_s)
        longest = max(LONGEST_S, feed.interval_s)
        return float(min(longest, first * 2.0 ** min(failures - 1, 20)) * self._random.uniform(0.75, 1.25))
