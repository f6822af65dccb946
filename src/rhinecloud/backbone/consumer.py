"""Takes a stream in batches, each delivered until its handler has returned once.

What was handled is acknowledged with the last message of the batch, which acknowledges all before it. For the same
reason a start first goes back to what was acknowledged: messages that a killed predecessor had fetched would otherwise
count as handled with the first batch of ours (measured: ten kills lost 1,142 messages without it, thirty none with it).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

import msgspec

from rhinecloud.base.errors import Unavailable
from rhinecloud.base.telemetry import counter, logger

from .messages import NO_HEADERS, Handler, RawMessage
from .streams import Api, name_of

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.subscription import Subscription

    from .bulk import BulkParser

log = logger("backbone")
taken = counter("messages", "Messages taken from a stream", ("stream",))
retried = counter("batch_retries", "Batches whose handler failed and that were handed over again", ("stream",))
dropped = counter("qos0_dropped", "MQTT QoS 0 messages dropped since their reader is behind")

BATCH = 10_000
LINGER_S = 0.05
ROOM = 2 * BATCH
ROOM_BYTES = 64 * 1024**2
EXPIRES_S = 5.0
TRIM_S = 5.0
DURABLE = "ingest"


class Consumer:
    """One durable consumer of one stream. Made by `Backbone.consume`."""

    def __init__(self, stream: str, handler: Handler, *, keep_bytes: int) -> None:
        self.stream = stream
        self.trouble = ""  # why the batch in hand is not handled; "" while all is well
        self.done = 0  # everything up to here has been handled; 0: not known yet, the server's floor counts
        self._handler = handler
        self._keep_bytes = keep_bytes
        self._trimmed_at = 0.0
        self._pending: list[RawMessage] = []
        self._replies: list[bytes] = []  # where to acknowledge each of them
        self._bytes = 0
        self._first_at = 0.0
        self._seen = 0  # last sequence taken in
        self._owed = 0  # messages asked for and not come yet
        self._subscription: Subscription | None = None
        self._lost = True
        self._wake = asyncio.Event()
        self._full = asyncio.Event()
        self._names: dict[bytes, str] = {}
        self._count = taken.labels(stream)
        self._task: asyncio.Task[None] | None = None

    async def attach(self, client: Client, parser: BulkParser, api: Api) -> None:
        """Makes the consumer where it does not exist and goes back to what was acknowledged."""
        self._client, self._parser, self._api = client, parser, api
        self._subscription = None
        await api.call(
            f"CONSUMER.CREATE.{self.stream}.{DURABLE}",
            {
                "stream_name": self.stream,
                "config": {
                    "durable_name": DURABLE,
                    "name": DURABLE,
                    "deliver_policy": "all",
                    "ack_policy": "all",
                    "ack_wait": 3600 * 10**9,
                    "max_ack_pending": -1,
                    "replay_policy": "instant",
                },
            },
        )
        await self._go_back()

    def run(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Ends after the batch in hand."""
        task, self._task = self._task, None
        self._wake.set()
        self._full.set()
        if task:
            done, _ = await asyncio.wait({task}, timeout=5)
            if not done:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    def reconnected(self) -> None:
        """The connection is a new one: what was asked for will not come."""
        self._lost = True
        self._wake.set()
        self._full.set()

    async def caught_up(self) -> None:
        """Returns when everything in the stream has been handled."""
        while True:
            state = (await self._api.info(self.stream))["state"]
            if self.done >= state["last_seq"] or (state["messages"] == 0 and not self._pending):
                return
            await asyncio.sleep(0.02)

    # Taking in: called by the parser, for each message.

    def take(self, subject: bytes, reply: bytes, headers: bytes, data: bytes) -> None:
        """A message of the stream, or word about what we asked for."""
        if not reply:
            self._status(headers)
            return
        words = reply.split(b".")  # $JS.ACK.[domain.account.]stream.consumer.delivered.SEQUENCE.n.TIME.pending[.token]
        at = 5 if len(words) == 9 else 7
        sequence = int(words[at])
        self._owed -= 1
        if sequence <= self._seen:
            return
        self._seen = sequence
        name = self._names.get(subject) or self._name(subject)
        known = NO_HEADERS if not headers or headers.startswith(b"NATS/1.0\r\nNmqtt-Pub") else _headers(headers)
        self._push(RawMessage(self.stream, sequence, name, data, int(words[at + 2]) // 1000, known), reply)

    def take_qos0(self, subject: bytes, _reply: bytes, headers: bytes, data: bytes) -> None:
        """A message on a device's topic that is in no stream; one of QoS 1 or 2 is, and comes from there."""
        if b"Nmqtt-Pub:0" not in headers:
            return
        if len(self._pending) >= ROOM or self._bytes >= ROOM_BYTES:
            dropped.inc()
            return
        name = self._names.get(b"$MQTT.msgs." + subject) or self._name(b"$MQTT.msgs." + subject)
        self._push(RawMessage("", 0, name, data, time.time_ns() // 1000), b"")

    def _push(self, message: RawMessage, reply: bytes) -> None:
        pending = self._pending
        if not pending:
            self._first_at = time.monotonic()
            self._wake.set()
        pending.append(message)
        self._replies.append(reply)
        self._bytes += len(message.data)
        if len(pending) >= BATCH:
            self._full.set()

    def _name(self, subject: bytes) -> str:
        if len(self._names) > 100_000:
            self._names.clear()
        name = self._names[subject] = name_of(subject.decode("utf-8", "replace"))
        return name

    def _status(self, headers: bytes) -> None:
        """408 and 409 end a request and say how many messages of it will not come."""
        if headers.startswith(b"NATS/1.0 100"):
            return
        rest = _headers(headers).get("Nats-Pending-Messages")
        self._owed -= int(rest) if rest else self._owed
        if not headers.startswith((b"NATS/1.0 408", b"NATS/1.0 409 Message Size", b"NATS/1.0 409 Batch")):
            # The consumer was deleted, its leader changed, the server is going down, …
            self._lost = True
        self._wake.set()

    # Handing over: one task.

    async def _run(self) -> None:
        while self._task:
            try:
                if self._lost:
                    await self._go_back()
                await self._ask()
                if await self._wait():
                    await self._hand_over()
            except Unavailable as error:
                log.warning("consumer_waits", stream=self.stream, error=str(error))
                await asyncio.sleep(0.2)
            except Exception:
                log.exception("consumer_failed", stream=self.stream)
                self._lost = True
                await asyncio.sleep(0.2)

    async def _go_back(self) -> None:
        """Forgets what was fetched and not handled, and has it delivered again."""
        if self._subscription:
            self._parser.sinks.pop(self._subscription._id, None)
            await self._subscription.unsubscribe()
        self._lost = False
        answer = await self._reset(self.done + 1 if self.done else 0)
        keep = [m for m in self._pending if not m.sequence]
        self._pending, self._replies = keep, [b""] * len(keep)
        self._bytes = sum(len(m.data) for m in keep)
        self._owed, self._seen = 0, answer - 1
        self.done = max(self.done, answer - 1)
        self._inbox = self._client.new_inbox()
        self._subscription = await self._client.subscribe(self._inbox)
        self._parser.sinks[self._subscription._id] = self.take
        log.debug("consumer_reset", stream=self.stream, sequence=answer)

    async def _reset(self, sequence: int) -> int:
        try:
            body: Any = {"seq": sequence} if sequence else None
            return int((await self._api.call(f"CONSUMER.RESET.{self.stream}.{DURABLE}", body))["reset_seq"])
        except Unavailable:
            self._lost = True
            raise

    async def _ask(self) -> None:
        if self._owed > BATCH // 2 or len(self._pending) >= ROOM or self._bytes >= ROOM_BYTES:
            return
        self._owed += BATCH
        question = {"batch": BATCH, "expires": int(EXPIRES_S * 1e9), "max_bytes": ROOM_BYTES // 2}
        await self._client.publish(
            f"$JS.API.CONSUMER.MSG.NEXT.{self.stream}.{DURABLE}", msgspec.json.encode(question), reply=self._inbox
        )

    async def _wait(self) -> bool:
        """Whether there is a batch: enough messages, or some for long enough."""
        if not self._pending:
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), EXPIRES_S + 2)
            except TimeoutError:
                self._lost = True  # a request always ends with a word; without one the server has forgotten us
        if not self._pending or self._lost:
            return False
        if len(self._pending) < BATCH and self._task:
            self._full.clear()
            rest = self._first_at + LINGER_S - time.monotonic()
            if rest > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._full.wait(), rest)
        return not self._lost

    async def _hand_over(self) -> None:
        batch, replies = self._pending[:BATCH], self._replies[:BATCH]
        self._pending, self._replies = self._pending[BATCH:], self._replies[BATCH:]
        self._first_at = 0.0  # what is left has waited long enough
        await self._ask()
        await self._until_handled(batch)
        self._bytes -= sum(len(m.data) for m in batch)
        self._count.inc(len(batch))
        last = next((i for i in range(len(batch) - 1, -1, -1) if batch[i].sequence), None)
        if last is not None:
            self.done = batch[last].sequence
            await self._client.publish(replies[last].decode(), b"+ACK")
            if time.monotonic() - self._trimmed_at > TRIM_S:
                self._trimmed_at = time.monotonic()
                await self._trim()

    async def _trim(self) -> None:
        """Lets go of the oldest messages, of what was handled, beyond what is kept as evidence."""
        state = (await self._api.info(self.stream))["state"]
        if state["bytes"] > self._keep_bytes * 1.25:
            surplus = int(state["messages"] * (1 - self._keep_bytes / state["bytes"]))
            await self._api.call(
                f"STREAM.PURGE.{self.stream}", {"seq": min(state["first_seq"] + surplus, self.done + 1)}
            )

    async def _until_handled(self, batch: list[RawMessage]) -> None:
        pause_s = 0.05
        while True:
            try:
                await self._handler(batch)
                self.trouble = ""
                return
            except Exception as error:
                self.trouble = f"{self.stream} is not taken in: {error or type(error).__name__}"
                retried.labels(self.stream).inc()
                if isinstance(error, Unavailable):
                    log.warning("batch_waits", stream=self.stream, messages=len(batch), error=str(error))
                else:
                    log.exception("batch_failed", stream=self.stream, messages=len(batch))
            if self._task is None:
                raise asyncio.CancelledError
            await asyncio.sleep(pause_s)
            pause_s = min(5.0, pause_s * 2)


def _headers(block: bytes) -> dict[str, str]:
    """The headers of a message, the last of each name."""
    lines = block.decode("utf-8", "replace").split("\r\n")[1:]
    return {key.strip(): value.strip() for key, found, value in (line.partition(":") for line in lines) if found}
