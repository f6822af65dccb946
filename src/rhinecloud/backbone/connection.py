"""The backbone as the other rooms see it: one object that starts the server, lets devices in, and carries messages.

Three connections: one for requests and publishing, one that reads streams in bulk, one that decides who may connect.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import importlib
from collections.abc import Awaitable, Callable
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import msgspec

from rhinecloud.base.clock import parse_us
from rhinecloud.base.errors import PayloadTooLarge, ResourceNotFound, Unavailable
from rhinecloud.base.settings import Settings
from rhinecloud.base.telemetry import logger

from . import streams
from .admission import Admission, Issuer, disconnect
from .consumer import DURABLE, Consumer, _headers
from .messages import NO_HEADERS, Authenticate, Handler, MqttGrant, RawMessage
from .server import Server
from .tail import Tail
from .topics import first_level, subject_of

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg

log = logger("backbone")

CONNECT_S = 5.0
PUBLISH_TRIES = 3

Unsubscribe = Callable[[], Awaitable[None]]


class Backbone:
    """NATS for one installation: embedded, or the server or cluster that `settings.nats_url` names."""

    def __init__(self, settings: Settings, *, authenticate: Authenticate) -> None:
        self._settings = settings
        self._authenticate = authenticate
        self._server: Server | None = None
        self._clients: list[Client] = []
        self._consumers: list[tuple[Consumer, Callable[[str], int] | None]] = []
        self._levels: set[str] = set()  # first topic levels whose QoS 0 messages are taken in
        self._started = False
        self.mqtt_port = settings.mqtt_port

    async def start(self) -> None:
        """Returns when devices are let in: the server runs, streams and consumers are there.

        Raises:
            Unavailable: a port is taken, the server does not start or is not reached.
        """
        secrets = self._settings.data / "secrets"
        issuer = Issuer(secrets / "nats-issuer.nk")
        importing = asyncio.create_task(asyncio.to_thread(importlib.import_module, "nats.aio.client"))
        try:
            if not self._settings.nats_url:
                self._server = Server(self._settings, issuer.public)
                await self._server.start()
                self.mqtt_port = self._server.plan.mqtt_port
            await importing
            await self._connect()
            self._admission = Admission(issuer, self._authenticate, self._learn)
            await self._admission.serve(self._guard, embedded=self._server is not None)
            self._api = streams.Api(self._bus)
            infos = {s["name"]: await self._api.ensure(s) for s in streams.declared(self._settings)}
            tail = Tail(self._settings.data / "nats" / "streams.json", self._api)
            for consumer, highest in self._consumers:
                await consumer.attach(self._bulk, self._parser, self._api)
                consumer.run()
                if highest:
                    await tail.mend(consumer, infos[consumer.stream], highest)
            tail.keep(infos)
        except BaseException:
            await asyncio.gather(importing, return_exceptions=True)
            await self.stop()
            raise
        self._started = True
        self._admission.open()

    async def stop(self) -> None:
        """Ends after the batches in hand; nothing that was acknowledged is lost, whether this is called or not."""
        self._started = False
        self._levels.clear()
        for consumer, _ in self._consumers:
            await consumer.stop()
        for client in self._clients:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(client.close(), 2)
        self._clients.clear()
        if self._server:
            await self._server.stop()
            self._server = None

    def consume(self, stream: str, handler: Handler, *, highest: Callable[[str], int] | None = None) -> None:
        """Has `handler` take everything of a stream, in batches of ≤ 10,000 or 50 ms; call it before `start`.

        A batch is handed over again until the handler returns. After a crash messages may come again that were handled:
        the handler must know by their sequences (`Present.mark`).

        Args:
            highest: the highest sequence of that stream that anybody has noted as handled. Asked after a power cut or
                when the stream is a new one: the stream then goes on behind it, so that no number comes twice.
        """
        assert not self._started, "consume() comes before start()"
        keep_bytes = self._settings.nats_keep_bytes
        self._consumers.append((Consumer(stream, handler, keep_bytes=keep_bytes), highest))

    def trouble(self) -> str:
        """What is wrong now, in one sentence for the operator; "" when nothing is."""
        if not self._started:
            return "The backbone is starting"
        if not all(client.is_connected for client in self._clients):
            return "NATS is not reached; it is tried again all the time"
        return next((c.trouble for c, _ in self._consumers if c.trouble), "")

    async def publish(self, subject: str, data: bytes, *, message_id: str = "") -> int:
        """Durable when it returns; the sequence in its stream. The same `message_id` within two minutes is kept once.

        Raises:
            Unavailable: the backbone does not take it now.
            PayloadTooLarge: longer than the server takes.
        """
        return await self._publish(subject, data, {"Nats-Msg-Id": message_id or token_hex(12)})

    async def _publish(self, subject: str, data: bytes, headers: dict[str, str]) -> int:
        import nats.errors

        for left in reversed(range(PUBLISH_TRIES)):
            try:
                answer = await self._bus.request(subject, data, timeout=streams.ANSWER_S, headers=headers)
                break
            except nats.errors.MaxPayloadError as error:
                raise PayloadTooLarge(f"A message of {len(data)} bytes is longer than the backbone takes") from error
            except (nats.errors.Error, OSError, AttributeError) as error:
                # Asked while the server died: kept, or not. Its id lets us ask again without doubling it.
                if not left or not isinstance(error, nats.errors.TimeoutError):
                    raise Unavailable(
                        f"The backbone does not take {subject}: {error or type(error).__name__}"
                    ) from error
        result: dict[str, Any] = msgspec.json.decode(answer.data)
        if fault := result.get("error"):
            raise Unavailable(f"The backbone refuses {subject}: {fault.get('description')}")
        return int(result["seq"])

    async def subscribe(self, subject: str, handler: Callable[[str, bytes], Awaitable[None]]) -> Unsubscribe:
        """Calls `handler(subject, data)` for each message from now on, in order; returns what ends it."""

        async def hand_over(message: Msg) -> None:
            try:
                await handler(message.subject, message.data)
            except Exception:
                log.exception("subscriber_failed", subject=message.subject)

        subscription = await self._bus.subscribe(subject, cb=hand_over)

        async def unsubscribe() -> None:
            with contextlib.suppress(Exception):
                await subscription.unsubscribe()

        return unsubscribe

    async def send_mqtt(self, topic: str, payload: bytes) -> int:
        """To the devices that subscribe to `topic`; where one subscribed with QoS 1, also when it is away just now.

        Returns:
            The sequence in the stream MQTT, by which `watch_deliveries` speaks of it.

        Raises:
            Unavailable: the backbone does not take it now.
        """
        try:
            subject = subject_of(topic)
        except ValueError as error:
            raise ResourceNotFound(f"No device can listen on the topic {topic!r}") from error
        # As the server itself does for a device that publishes with QoS 1: once for subscribers with QoS 0, once kept.
        headers = {"Nmqtt-Pub": "1", "Nats-Msg-Id": token_hex(12)}
        await self._bus.publish(subject, payload, headers=headers)
        return await self._publish(streams.MQTT_PREFIX + subject, payload, headers)

    async def watch_deliveries(self, handler: Callable[[int], Awaitable[None]]) -> Unsubscribe:
        """Calls `handler` with the sequence of each message that a device's client has acknowledged (QoS 1 and 2)."""

        async def read(subject: str, _data: bytes) -> None:
            words = subject.split(".")
            at = 2 if len(words) == 9 else 4
            if words[at + 1] != DURABLE:
                await handler(int(words[at + 3]))

        return await self.subscribe(f"$JS.ACK.{streams.MQTT}.>", read)

    async def replay(self, stream: str, sequence: int) -> RawMessage:
        """A raw message again, as evidence or to be read anew.

        Raises:
            ResourceNotFound: it is no longer kept, or never was.
        """
        answer = await self._api.call(f"STREAM.MSG.GET.{stream}", {"seq": sequence}, allow=(10037, 10059))
        if "error" in answer:
            raise ResourceNotFound(f"Message {sequence} of {stream} is no longer kept")
        message = answer["message"]
        head = base64.b64decode(message.get("hdrs", ""))
        known = _headers(head) if head and b"Nmqtt-Pub" not in head else NO_HEADERS
        data = base64.b64decode(message.get("data", ""))
        return RawMessage(
            stream, message["seq"], streams.name_of(message["subject"]), data, _stamp(message["time"]), known
        )

    async def walk(self, stream: str, subject: str, after: int, limit: int) -> list[RawMessage]:
        """The messages of a stream under a subject (`>` stands for any end) with higher numbers, in their order."""
        found: list[RawMessage] = []
        while len(found) < limit:
            asked = {"seq": after + 1, "next_by_subj": subject}
            answer = await self._api.call(f"STREAM.MSG.GET.{stream}", asked, allow=(10037, 10059))
            if "error" in answer:
                break
            message = answer["message"]
            after = message["seq"]
            data = base64.b64decode(message.get("data", ""))
            found.append(RawMessage(stream, after, message["subject"], data, _stamp(message["time"]), NO_HEADERS))
        return found

    async def last(self, tenant: str, device: str) -> RawMessage | None:
        """The newest message of a device that is still kept, whichever way it came; None: there is none."""
        found = []
        ways = (
            (streams.MQTT, f"{streams.MQTT_PREFIX}{subject_of(f'{tenant}/{device}')}.>"),
            (streams.RAW, streams.raw_subject(tenant, "http", device)),
        )
        for stream, subject in ways:
            answer = await self._api.call(f"STREAM.MSG.GET.{stream}", {"last_by_subj": subject}, allow=(10037, 10059))
            if "error" not in answer:
                found.append(await self.replay(stream, answer["message"]["seq"]))
        return max(found, key=lambda message: message.stored_us, default=None)

    async def sizes(self) -> list[tuple[str, int, int, int]]:
        """(name, messages, bytes, most bytes) of each stream. Raises: Unavailable."""
        found = []
        for stream in streams.declared(self._settings):
            state = (await self._api.info(stream["name"]))["state"]
            found.append((stream["name"], state["messages"], state["bytes"], stream["max_bytes"]))
        return found

    async def drop(self, stream: str, sequence: int) -> None:
        """Takes one message out of a stream; one that is gone already is no error."""
        await self._api.call(f"STREAM.MSG.DELETE.{stream}", {"seq": sequence}, allow=(10037, 10043, 10057, 10059))

    async def disconnect(self, username: str) -> int:
        """Ends a device's MQTT connections, after it was revoked; returns their number.

        Both spellings of a device of the default tenant are meant: `city/gauge` and `gauge`.
        """
        tenant, _, device = username.rpartition("/")
        names = {username, f"{tenant or self._settings.default_tenant}/{device}"}
        if tenant in ("", self._settings.default_tenant):
            names.add(device)
        return await disconnect(self._guard, sorted(names))

    async def _connect(self) -> None:
        from nats.aio.client import Client as NatsClient

        from .bulk import BulkParser

        self._bus, self._bulk, self._guard = NatsClient(), NatsClient(), NatsClient()
        self._parser = BulkParser(self._bulk)
        self._bulk._ps = self._parser
        names = ("requests", "streams", "admission")
        for client, name in zip((self._bus, self._bulk, self._guard), names, strict=True):
            await self._connect_one(client, name)

    async def _connect_one(self, client: Client, name: str) -> None:
        import nats.errors

        options: dict[str, Any] = {"servers": self._settings.nats_url.split(",")}
        if self._server:
            plan = self._server.plan
            login = plan.system if name == "admission" else plan.city
            options = {"servers": [plan.url], "user": login.user, "password": login.password}

        async def on_error(error: Exception) -> None:
            log.debug("nats_error", connection=name, error=str(error) or type(error).__name__)

        async def on_reconnect() -> None:
            log.info("nats_reconnected", connection=name)
            if name == "streams":
                for consumer, _ in self._consumers:
                    consumer.reconnected()
            elif name == "admission" and self._server:
                with contextlib.suppress(nats.errors.Error, TimeoutError):
                    await self._admission.listening(client)

        self._clients.append(client)
        try:
            async with asyncio.timeout(CONNECT_S):  # the library itself would try for ever
                await client.connect(
                    name=f"rhinecloud {name}",
                    error_cb=on_error,
                    reconnected_cb=on_reconnect,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.05,  # type: ignore[arg-type]  # it sleeps for it, so a fraction is as good
                    **options,
                )
        except (nats.errors.Error, OSError, TimeoutError) as error:
            where = self._settings.nats_url or "the embedded server"
            raise Unavailable(f"NATS at {where} is not reached: {error or type(error).__name__}") from error

    async def _learn(self, grant: MqttGrant) -> None:
        """Takes in QoS 0 messages below the first levels that this device may publish on."""
        reader = next((c for c, _ in self._consumers if c.stream == streams.MQTT), None)
        new = {first_level(pattern) for pattern in grant.publish} - self._levels
        if reader is None or not new:
            return
        self._levels |= new
        for level in new:
            subscription = await self._bulk.subscribe(f"{subject_of(level)}.>")
            self._parser.sinks[subscription._id] = reader.take_qos0
        await self._bulk.flush()


def _stamp(text: str) -> int:
    """RFC 3339 with nanoseconds, as Go writes it."""
    head, dot, rest = text.partition(".")
    if not dot:
        return parse_us(text)
    digits = rest.rstrip("Zz")
    return parse_us(f"{head}.{digits[:6]:0<6}Z")
