"""What telling does by itself: takes up what was handed over, sends it on every way, tries again, lets silence climb.

A follower of operations' news. Nothing is sent in its own step: each line (an endpoint, a device, the mail server) has
a task that sends what is due on it, one go at a time, so that one that hangs delays nobody else.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import msgspec

from rhinecloud.base import telemetry
from rhinecloud.base.clock import Clock, now_us
from rhinecloud.base.errors import NonexistentTenant, Refused, ResourceNotFound, RhineError
from rhinecloud.operations import units
from rhinecloud.operations.declare import By, News
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.tables import Shelf, Work

from . import attempts, feeding, marking, orders, outbox, ways
from .attempts import Outcome, Parcel
from .declare import NEWS, Channel, Mark, Message, Way
from .devices import Answer, Command, Devices, mark_of
from .ways import Known, Resolve

GIVE_UP_EVERY_US: Final = 60_000_000
STOP_S: Final = 2.0
DOUBT_S: Final = 60.0
"""After which something is sent again of which could not be noted what came of it."""
KEPT_NEWS_US: Final = 30 * 86_400 * 1_000_000
"""How long it is known which news were told to whom."""

log = telemetry.logger("operations")


class Sends(Protocol):
    """A channel. It never raises for what may happen outside; it says so as an outcome, one a parcel."""

    async def send(self, tenant: str, parcels: Sequence[Parcel]) -> list[Outcome]: ...


class Telling:
    """The follower named "telling".

    Args:
        channels: by name; the pages need none.
        known: what other rooms know of ways.
        resolvers: by kind of recipient, which it stands for: ``duty:…`` for those who are on.
    """

    name = "telling"

    def __init__(
        self,
        channels: Mapping[Channel, Sends],
        known: Known,
        *,
        timezone: str = "Europe/Berlin",
        resolvers: Mapping[str, Resolve] | None = None,
        clock: Clock = now_us,
    ) -> None:
        self._channels, self._known, self._clock = dict(channels), known, clock
        self._zone = ZoneInfo(timezone)
        self.resolvers: dict[str, Resolve] = dict(resolvers or {})
        self._busy: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._seen: set[str] = set()
        self._coming: dict[str, asyncio.Event] = {}
        self.over = False  # the city stops: who waits for news need not wait
        self._given_up: dict[str, int] = {}
        self._shelf: Callable[[str], Shelf] | None = None

    def attach(self, shelf: Callable[[str], Shelf]) -> None:
        """Where a tenant's file is found when a device answers."""
        self._shelf = shelf

    async def stop(self) -> None:
        """Lets what is being sent come to its end, for a moment; what does not is known as begun."""
        tasks = list(self._busy.values())
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for channel in self._channels.values():
            close = getattr(channel, "close", None)
            if close is not None:
                await close()

    # ── following ────────────────────────────────────────────────────────────────────────────────────────────────────

    def next_news(self, tenant: str) -> asyncio.Event:
        """Set once there are further news than those that are committed now; to be taken before these are read."""
        return self._coming.setdefault(tenant, asyncio.Event())

    def wake(self, tenant: str = "") -> None:
        """Has whoever waits for news look ("": of all tenants)."""
        for name in [tenant] if tenant else list(self._coming):
            coming = self._coming.pop(name, None)
            if coming is not None:
                coming.set()

    async def follow(self, tenant: str, shelf: Shelf, news: Sequence[News]) -> None:
        self.wake(tenant)

        def hand_over() -> None:
            with shelf.work(SYSTEM) as work:
                orders.follow(work, news, self._zone)
                feeding.follow(work, news)

        if any(n.what in orders.TOLD for n in news) or await asyncio.to_thread(lambda: bool(ways.hearing(shelf))):
            await asyncio.to_thread(hand_over)

    async def tick(self, tenant: str, shelf: Shelf) -> None:
        """Takes up what is new, and begins what is due."""
        if tenant not in self._seen:
            await asyncio.to_thread(self._recover, tenant, shelf)
            self._seen.add(tenant)
        await asyncio.to_thread(self._take_up, tenant, shelf)
        busy = {line for t, line in self._busy if t == tenant}
        for line in await asyncio.to_thread(attempts.due, shelf, self._clock(), busy):
            task = asyncio.create_task(self._work(tenant, shelf, line), name=f"tell-{line}")
            self._busy[tenant, line] = task
            task.add_done_callback(partial(self._done, (tenant, line)))

    def _done(self, key: tuple[str, str], _task: object) -> None:
        self._busy.pop(key, None)

    async def settled(self) -> None:
        """Waits for what is being sent."""
        while self._busy:
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    def forget(self, tenant: str) -> None:
        """The tenant's file is closed or exchanged: what it has begun is looked at anew."""
        self._seen.discard(tenant)

    def _recover(self, tenant: str, shelf: Shelf) -> None:
        if shelf.rows("SELECT 1 FROM delivery WHERE begun_us IS NOT NULL LIMIT 1"):
            with shelf.work(SYSTEM) as work:
                log.warning("telling_recovered", tenant=tenant, deliveries=attempts.recover(work))
        devices = self._channels.get("mqtt")
        if isinstance(devices, Devices):  # what devices took while nobody here noted it
            sent = "SELECT id, address, reference FROM delivery WHERE channel = 'mqtt' AND state = 'sent'"
            for delivery, address, reference in shelf.rows(f"{sent} AND reference <> ''"):
                command = devices.command(tenant, reference)
                if command is not None and command.delivered_us:
                    self._note(shelf, delivery, Answer(reference, "delivered"), command.delivered_us, address)

    def _take_up(self, tenant: str, shelf: Shelf) -> None:
        now = self._clock()
        if shelf.rows(
            "SELECT 1 FROM told WHERE spread = 0 UNION ALL SELECT 1 FROM told WHERE climb_us <= ? LIMIT 1", now
        ):
            with shelf.work(SYSTEM) as work:
                for message in outbox.to_spread(work):
                    outbox.spread(work, message, 0, self._ways(work, tenant, message, message.given.to))
                for message in outbox.to_climb(work, work.now):
                    self._climb(work, tenant, message)
        if now - self._given_up.get(tenant, 0) > GIVE_UP_EVERY_US:
            self._given_up[tenant] = now
            if shelf.rows("SELECT 1 FROM told WHERE about = ? AND made_us < ? LIMIT 1", NEWS, now - KEPT_NEWS_US):
                with shelf.work(SYSTEM) as work:
                    outbox.forget_news(work, work.now - KEPT_NEWS_US)
            old = now - round(attempts.LONGEST_S * 1e6)
            if shelf.rows("SELECT 1 FROM delivery WHERE next_us IS NOT NULL AND made_us < ? LIMIT 1", old):
                with shelf.work(SYSTEM) as work:
                    attempts.give_up(work)

    def _climb(self, work: Work, tenant: str, message: Message) -> None:
        following = outbox.climb(work, message)
        if following:
            outbox.spread(work, message, message.stage + 1, self._ways(work, tenant, message, following))

    def _ways(self, work: Work, tenant: str, message: Message, to: tuple[str, ...]) -> dict[str, list[Way]]:
        everyone = ways.resolved(work, to, self.resolvers)
        given = msgspec.structs.replace(message.given, exercise=message.exercise)
        return {r: ways.of(work, tenant, r, given, self._known) for r in everyone}

    # ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _work(self, tenant: str, shelf: Shelf, line: str) -> None:
        """Sends what is due on a line until nothing is, or it does not work."""
        parcels: list[Parcel] = []
        try:
            going = True
            while going:
                parcels = await asyncio.to_thread(self._begin, shelf, line)
                if not parcels:
                    return
                outcomes = await self._send(tenant, line, parcels)
                await asyncio.to_thread(self._end, shelf, parcels, outcomes)
                going = all(o.ok for o in outcomes)
        except NonexistentTenant:
            return
        except Exception as error:  # what came of them could not be noted: they are sent again, and known as doubtful
            log.exception("telling_failed", tenant=tenant, line=line, error=repr(error))
            await asyncio.to_thread(self._give_back, shelf, parcels)

    @staticmethod
    def _give_back(shelf: Shelf, parcels: Sequence[Parcel]) -> None:
        try:
            with shelf.work(SYSTEM) as work:
                ids = [p.delivery.id for p in parcels]
                attempts.recover(work, ids, why="what came of it could not be noted", pause_s=DOUBT_S)
        except (sqlite3.Error, RhineError):  # they are taken up at the next start
            log.exception("telling_not_given_back")

    def _begin(self, shelf: Shelf, line: str) -> list[Parcel]:
        ids = attempts.due(shelf, self._clock(), (), line)
        if line not in ids:
            return []
        with shelf.work(SYSTEM) as work:
            return attempts.begin(work, ids[line])

    async def _send(self, tenant: str, line: str, parcels: list[Parcel]) -> list[Outcome]:
        channel = self._channels.get(parcels[0].delivery.channel)
        if channel is None:
            why = f"This city has no channel {parcels[0].delivery.channel}"
            return [Outcome(ok=False, detail=why, again=False) for _ in parcels]
        try:
            return await channel.send(tenant, parcels)
        except Exception as error:  # a channel's own mistake; it is tried again, and told
            log.exception("channel_failed", tenant=tenant, line=line, error=repr(error))
            return [Outcome(ok=False, detail=f"It failed here: {error!r}", whole=True) for _ in parcels]

    def _end(self, shelf: Shelf, parcels: Sequence[Parcel], outcomes: Sequence[Outcome]) -> None:
        with shelf.work(SYSTEM) as work:
            for parcel, outcome in zip(parcels, outcomes, strict=True):
                attempts.end(work, parcel, outcome)
                marks: tuple[Mark, ...] = ("sent", "received") if outcome.received else ("sent",)
                for what in marks if outcome.ok else ():
                    with contextlib.suppress(Refused):  # it was answered, or is over, meanwhile
                        marking.mark(work, parcel.delivery.id, what)

    # ── devices ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def answered(self, tenant: str, device: str, payload: bytes, at_us: int) -> bool:
        """A device's answer to a command, durable when this returns; whether it was one to a message of ours."""
        try:
            answer = msgspec.json.decode(payload, type=Answer)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        devices = self._channels.get("mqtt")
        if not isinstance(devices, Devices):
            return False
        command = await asyncio.to_thread(devices.command, tenant, answer.id)
        return command is not None and await self._device_says(command, answer, at_us, device)

    async def command_changed(self, command: Command) -> None:
        """What became of a command: its device's client has it."""
        if command.delivered_us:
            await self._device_says(command, Answer(command.id, "delivered"), command.delivered_us, command.device)

    async def _device_says(self, command: Command, answer: Answer, at_us: int, device: str) -> bool:
        # By the message's own id, which the command carries: it may answer before we know the command's.
        delivery = command.params.get("id")
        if self._shelf is None or "message" not in command.params or not isinstance(delivery, str):
            return False
        return await asyncio.to_thread(self._note, self._shelf(command.tenant), delivery, answer, at_us, device)

    def _note(self, shelf: Shelf, delivery: str, answer: Answer, at_us: int, device: str) -> bool:
        rows = shelf.rows("SELECT recipient FROM delivery WHERE id = ? AND address = ?", delivery, device)
        if not rows:
            return False
        what, name = mark_of(answer), rows[0][0].partition(":")[2]
        with contextlib.suppress(ResourceNotFound):
            name = units.get(shelf, name).name
        try:
            with shelf.work(By(f"device:{device}", name)) as work:
                if what is None:
                    attempts.fail(work, outbox.delivery(work, delivery), answer.detail or "not shown there")
                else:
                    marking.mark(work, delivery, what, at_us=at_us, reason=answer.detail)
        except RhineError as error:  # the answer comes too late, or says no word why: a person sees the rest
            log.info("device_answer_refused", device=device, answer=what, detail=error.detail)
        return True
