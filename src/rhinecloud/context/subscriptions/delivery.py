"""Delivering notifications: a queue a subscription, so that an endpoint that hangs delays nobody but itself.

A queue is bounded; what no longer fits is dropped, the oldest first, counted and said. What cannot be delivered after
its attempts becomes a dead letter on the backbone, from where it can be replayed.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from rhinecloud.base import telemetry
from rhinecloud.base.clock import Clock, iso
from rhinecloud.base.errors import RhineError

from .endpoints import Message, Reach, Undelivered
from .model import Subscription, Told

WAITS_S: Final = (1.0, 5.0, 25.0)
"""Between the attempts of one notification. Where all of them failed, each further notification gets one attempt."""
MOST_NOTICES: Final = 1_000
MOST_ENTITIES: Final = 50_000
STOP_S: Final = 2.0

log = telemetry.logger("context")
_sent = telemetry.counter("notifications", "Notifications of subscriptions", ("outcome",))


class Notice(msgspec.Struct):
    """One notification that waits to be sent; rendered only then, or already, when it is a replayed one."""

    notified_us: int
    told: list[Told]
    message: Message | None = None


Render = Callable[[Subscription, Notice], Awaitable[Message]]
PublishDead = Callable[[str, bytes], Awaitable[object]]
"""(tenant, JSON of the dead letter)."""


class DeadLetter(msgspec.Struct):
    """What is kept of a notification that could not be delivered."""

    tenant: str
    subscription: str
    reason: str
    failed_at: str
    headers: list[tuple[str, str]]
    body: msgspec.Raw


class _Line:
    """The queue of one subscription."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self.waiting: deque[Notice] = deque()
        self.entities = 0
        self.failures = 0  # notifications in a row that could not be delivered
        self.said_at = 0.0
        self.task: asyncio.Task[None] | None = None

    def take(self) -> Notice:
        notice = self.waiting.popleft()
        self.entities -= len(notice.told)
        return notice


class Delivery:
    """All queues. `touched` is told of each subscription whose counters changed."""

    def __init__(
        self,
        reach: Reach,
        render: Render,
        publish_dead: PublishDead,
        clock: Clock,
        touched: Callable[[Subscription], None],
    ) -> None:
        self._reach, self._render, self._publish_dead = reach, render, publish_dead
        self._clock, self._touched = clock, touched
        self._lines: dict[tuple[str, str], _Line] = {}

    def put(self, subscription: Subscription, notice: Notice) -> None:
        """Queues a notification; returns at once."""
        key = (subscription.tenant, subscription.id)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line(subscription)
        line.subscription = subscription
        line.waiting.append(notice)
        line.entities += len(notice.told)
        while len(line.waiting) > MOST_NOTICES or (line.entities > MOST_ENTITIES and len(line.waiting) > 1):
            line.take()
            self._dropped(line)
        if line.task is None:
            line.task = asyncio.create_task(self._work(key, line), name=f"notify-{subscription.id}")

    def forget(self, tenant: str, subscription_id: str) -> None:
        """The subscription is gone: what still waits is not sent."""
        line = self._lines.pop((tenant, subscription_id), None)
        if line is not None and line.task is not None:
            line.task.cancel()

    def exchange(self, subscription: Subscription) -> None:
        """The subscription was updated: what waits goes where it says now."""
        line = self._lines.get((subscription.tenant, subscription.id))
        if line is not None:
            line.subscription = subscription
            line.failures = 0

    async def stop(self) -> None:
        """Gives what waits a moment to get out; the rest becomes dead letters."""
        tasks = [line.task for line in self._lines.values() if line.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for line in self._lines.values():
            while line.waiting:
                await self._bury(line.subscription, line.take(), "The city was stopped before it was sent")
        self._lines.clear()

    def _dropped(self, line: _Line) -> None:
        line.subscription.counters.dropped += 1
        _sent.labels("dropped").inc()
        self._touched(line.subscription)
        now = time.monotonic()
        if now - line.said_at > 60:
            line.said_at = now
            log.warning(
                "notifications_dropped",
                tenant=line.subscription.tenant,
                subscription=line.subscription.id,
                dropped=line.subscription.counters.dropped,
            )

    async def _work(self, key: tuple[str, str], line: _Line) -> None:
        while line.waiting:
            notice = line.take()
            try:
                await self._deliver(line, notice)
            except asyncio.CancelledError:
                if self._lines.get(key) is line:  # stopping, not forgotten
                    line.waiting.appendleft(notice)
                    line.entities += len(notice.told)
                raise
            except Exception:  # one bad notification must not end the queue
                log.exception("notification_failed", subscription=line.subscription.id)
        line.task = None
        if self._lines.get(key) is line and not line.failures:
            del self._lines[key]

    async def _deliver(self, line: _Line, notice: Notice) -> None:
        waits = WAITS_S if line.failures == 0 else ()
        for attempt, wait_s in enumerate((*waits, None)):
            subscription = line.subscription
            try:
                await self._attempt(subscription, notice, first=attempt == 0)
            except Undelivered as error:
                if wait_s is None or not error.again:
                    line.failures += 1
                    _sent.labels("failed").inc()
                    await self._bury(subscription, notice, error.detail)
                    await asyncio.sleep(self._cooldown_s(subscription, line.failures))
                    return
                await asyncio.sleep(max(wait_s * random.uniform(0.8, 1.2), self._cooldown_s(subscription, 0)))  # noqa: S311
            else:
                line.failures = 0
                _sent.labels("delivered").inc()
                return

    @staticmethod
    def _cooldown_s(subscription: Subscription, failures: int) -> float:
        own: float = subscription.endpoint.get("cooldown", 0) / 1000
        return max(own, min(30.0, 0.25 * 2**failures) if failures else 0.0)

    async def _attempt(self, subscription: Subscription, notice: Notice, *, first: bool) -> None:
        counters = subscription.counters
        if notice.message is None:
            notice.message = await self._render(subscription, notice)
        if first:
            counters.sent += 1
        counters.last_us = self._clock()
        try:
            await self._reach.send(subscription.endpoint, notice.message)
        except Undelivered as error:
            counters.failed += first
            counters.failure_us, counters.ok = self._clock(), False
            log.info(
                "notification_undelivered", tenant=subscription.tenant, subscription=subscription.id, why=error.detail
            )
            raise
        else:
            counters.success_us, counters.ok = self._clock(), True
        finally:
            self._touched(subscription)

    async def _bury(self, subscription: Subscription, notice: Notice, reason: str) -> None:
        try:
            if notice.message is None:
                notice.message = await self._render(subscription, notice)
            letter = DeadLetter(
                tenant=subscription.tenant,
                subscription=subscription.id,
                reason=reason,
                failed_at=iso(self._clock()),
                headers=notice.message.headers,
                body=msgspec.Raw(notice.message.body),
            )
            await self._publish_dead(subscription.tenant, msgspec.json.encode(letter))
        except RhineError as error:
            log.warning("dead_letter_lost", subscription=subscription.id, why=error.detail)
