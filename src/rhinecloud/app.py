"""Wires the rooms together and starts them (the command centre: `centre.py`). How a fact travels:

    device → backbone (durable) → connect (decode) → context (quality, present, outbox: one commit) → history
                                                        └→ relay → backbone changes.<tenant> → screens
                                                             └→ at once: figures, rules, forecasts, subscriptions

Data doors open first: NGSI-LD answers and devices are let in while the screens' framework is still being imported.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from rhinecloud import __version__
from rhinecloud.access import Access
from rhinecloud.backbone import MQTT, RAW, Backbone, MqttGrant
from rhinecloud.base import collector, telemetry
from rhinecloud.base.clock import Clock, now_us
from rhinecloud.base.declare import Model
from rhinecloud.base.errors import Unauthorized
from rhinecloud.base.settings import Settings
from rhinecloud.centre import CITY, Centre, local_host
from rhinecloud.connect import Bad, Commands, Connect, Ingest, Replayed, Throttle, mqtt_filters
from rhinecloud.context import DeadLetters, Presents, Relay, Subscriptions, Vocabularies
from rhinecloud.history import Histories
from rhinecloud.insight import TYPES, Forecasting, Insight
from rhinecloud.kit import Demo, Switchboard, discover, seed_centres
from rhinecloud.operations import ENTITIES
from rhinecloud.serving import Asgi, bind, serve_http, url_of
from rhinecloud.sharing import (
    COMMAND_CENTRE,
    Health,
    NgsiLd,
    Publications,
    Push,
    command_centre,
    described,
    described_cap,
    openapi,
)

OWN_VOCABULARY = "/vocabulary.jsonld"

log = telemetry.logger("app")


if TYPE_CHECKING:
    from rhinecloud.web import Screens


class Room(Protocol):
    """What runs between its start and its stop."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


class City:
    """One installation: every room, made and given what it needs. Nothing runs before `start`."""

    def __init__(self, settings: Settings, clock: Clock = now_us) -> None:
        self.settings, self.clock = settings, clock
        self.url = ""
        self.sign_in_link = ""
        self.tenants = settings.data / "tenants"
        found = discover()
        for trouble in found.troubles:
            log.warning("pack_left_out", pack=trouble.id, why=trouble.detail, what_to_do=trouble.remedy)
        self.packs = found.packs
        self.switchboard = Switchboard(self.tenants, found.packs, troubles=found.troubles, clock=clock)
        self.model = Model((*(kind for pack in self.packs for kind in pack.types), *TYPES, *ENTITIES))
        self.access = Access(settings, clock, model=self.model)
        self.connect = Connect(
            self.tenants,
            model=self.model,
            default_tenant=settings.default_tenant,
            clock=clock,
            idle_s=settings.tenant_idle_s,
        )
        self.presents = Presents(
            self.tenants,
            model=self.model,
            clock=clock,
            quality=self.connect.quality,
            idle_s=settings.tenant_idle_s,
            reserve_bytes=settings.disk_reserve_bytes,
        )
        self.histories = Histories(self.tenants, self.presents, settings, clock, model=self.model)
        self.backbone = Backbone(settings, authenticate=self._authenticate)
        self.commands = Commands(self.tenants, self.backbone.send_mqtt, clock=clock)
        self.throttle = Throttle(self._send_away, clock=clock)
        self.vocabularies = Vocabularies(self.model, allow_private=settings.allow_private_endpoints or settings.open)
        self.subscriptions = Subscriptions(self.presents, self.vocabularies, self._publish_dead, settings, clock)
        self.dead = DeadLetters(self.subscriptions, self.backbone.walk, self.backbone.drop)
        self.connect.bring(self.packs, self.switchboard.ids)
        self.insight = self._make_insight()
        self.forecasting = Forecasting(
            self.presents, self.histories, self.vocabularies, active=self.switchboard.ids, clock=clock
        )
        self.forecasting.bring(self.packs)
        self.centre = Centre(self)
        self.relay = self._make_relay()
        ingest = Ingest(
            decoder=self.connect.decoder,
            quarantine=self._quarantine,
            writer=self.presents.open,
            default_tenant=settings.default_tenant,
            throttle=self.throttle,
            answered=self._answered,
            clock=clock,
        )
        for stream in (MQTT, RAW):
            self.backbone.consume(stream, ingest.batch, highest=self._highest)
        self._background: set[asyncio.Task[object]] = set()
        self._making = threading.Lock()
        self.demo: Demo | None = None

    def _make_insight(self) -> Insight:
        made = Insight(
            self.tenants,
            self.presents,
            self.histories,
            self.vocabularies,
            self.model,
            active=self.switchboard.ids,
            publish=self.backbone.publish,
            clock=self.clock,
            timezone=self.settings.timezone,
            areas=self.districts,
        )
        made.bring(self.packs)
        self.switchboard.watchers.append(made.switched)
        return made

    def _make_relay(self) -> Relay:
        """One process brings a commit's changes out, and so they are counted and told once."""
        return Relay(
            self.presents,
            self.backbone.publish,
            self.connect.figures.feed,
            lambda changes: self.insight.read(changes.tenant, changes),
            self.forecasting.read,
            self.subscriptions.changed,
            self.centre.digits.read,
        )

    @property
    def mqtt_port(self) -> int:
        return self.backbone.mqtt_port

    async def start(self, stack: AsyncExitStack) -> None:
        """Starts the rooms, each stopped again by `stack` in the reverse order."""
        self.settings.data.mkdir(parents=True, exist_ok=True)
        await self._room(stack, self.access)
        await self._room(stack, self.presents)
        self._loop = asyncio.get_running_loop()
        self.switchboard.watchers.append(self._pack_switched)
        self._make_tenants("tenants")
        self.access.watchers.append(self._make_tenants)
        await self._room(stack, self.connect)
        await self._room(stack, self.histories)
        await self._room(stack, self.commands)
        await self._room(stack, self.backbone)
        self.connect.poll(
            self.backbone.publish, allow_private=self.settings.allow_private_endpoints or self.settings.open
        )
        await self._room(stack, self.subscriptions)
        await self.backbone.watch_deliveries(self.commands.delivered)
        await self._room(stack, self.insight)
        await self._room(stack, self.forecasting)
        await self._room(stack, self.centre)
        await self._room(stack, self.relay)
        await asyncio.to_thread(self._write_cli_token)
        self.sign_in_link = await asyncio.to_thread(self._first_link)

    @staticmethod
    async def _room(stack: AsyncExitStack, room: Room) -> None:
        await room.start()
        stack.push_async_callback(room.stop)

    def doors(self) -> Asgi:
        """Everything that HTTP answers, the hot protocols before the screens."""
        vocabularies = self.vocabularies
        vocabularies.own_url = self.url + OWN_VOCABULARY
        ngsi_ld = NgsiLd(self.presents, self.histories, self.access, vocabularies, self.settings, self.subscriptions)
        push = Push(self.connect.registry.authenticate, self.backbone.publish, clock=self.clock)
        health = Health({"backbone": self._backbone_state}, version=__version__, allow=self._may_see_metrics)
        self.publications = publications = Publications(
            self.switchboard.on,
            self.presents,
            self.access,
            vocabularies,
            self.model,
            default_tenant=self.settings.default_tenant,
            packs=self.packs,
            clock=self.clock,
        )
        cap, centre = self.centre.doors()
        paths, schemas = command_centre()
        more = described(self.packs) | described_cap() | paths
        documents = {
            "/openapi.json": lambda: json.dumps(openapi(self.url, more=more, schemas=schemas)).encode(),
            OWN_VOCABULARY: lambda: json.dumps(vocabularies.own_document).encode(),
        }
        self.screens = screens = asyncio.ensure_future(asyncio.to_thread(self._build_screens))

        async def answer(scope: Any, receive: Any, send: Any) -> None:
            path: str = scope["path"]
            if path.startswith("/ngsi-ld/"):
                await ngsi_ld(scope, receive, send)
            elif path.startswith(("/push/", "/lorawan/")):
                await push(scope, receive, send)
            elif path.startswith(COMMAND_CENTRE + "/"):
                await centre(scope, receive, send)
            elif path in ("/health", "/metrics"):
                await health(scope, receive, send)
            elif publications.answers(path):
                await publications(scope, receive, send)
            elif cap.answers(path):
                await cap(scope, receive, send)
            elif path in documents:
                await _send_json(send, documents[path]())
            else:
                await (await asyncio.shield(screens))(scope, receive, send)

        return answer

    async def close_screens(self) -> None:
        """Ends the live streams, for which a server would otherwise wait."""
        self.centre.close_streams()
        with contextlib.suppress(Exception):
            await (await self.screens).stop()

    def _build_screens(self) -> Screens:
        from rhinecloud import web

        built = web.build(
            web.Rooms(
                settings=self.settings,
                access=self.access,
                presents=self.presents,
                model=self.model,
                backbone=self.backbone,
                histories=self.histories,
                connect=web.Connect(
                    registry=self.connect.registry,
                    quarantine=self.connect.quarantine,
                    figures=self.connect.figures,
                    commands=self.commands,
                    replay=self.replay,
                    send_away=self._send_away,
                    dead=self.dead,
                    documents=self.connect.documents,
                    codecs=self.connect.codecs,
                    put_aside=self.put_aside,
                ),
                vocabularies=self.vocabularies,
                packs=self.packs,
                switchboard=self.switchboard,
                ask=self.publications.ask,
                insight=self.insight,
                operations=self.centre.operations,
                ground=self.centre.ground,
                telling=self.centre.telling,
                warnings=self.centre.warnings,
                cot=self.centre.cot,
                clock=self.clock,
            )
        )
        collector.settle()
        return built

    # ── what the rooms ask of each other ────────────────────────────────────────────────────────────────────────────

    def _authenticate(self, username: str, secret: str, _client: str) -> MqttGrant | None:
        found = self.connect.registry.authenticate(username, secret)
        if found is None or self.throttle.blocked(found[0], found[1].id):
            return None
        tenant, device = found
        self.commands.connected(tenant, device.id)
        return MqttGrant(*mqtt_filters(tenant, device))

    def _send_away(self, tenant: str, device: str) -> None:
        self.later(self.backbone.disconnect(f"{tenant}/{device}"))

    async def replay(self, tenant: str, ids: Sequence[int]) -> Replayed:
        """Reads quarantined messages again, as mappings are now."""
        present = self.presents.open(tenant)
        return await self.connect.quarantine.replay(tenant, self.connect.decoder.decode_many, present.write, ids=ids)

    async def put_aside(self, tenant: str) -> Path:
        """Closes every room's part of a tenant and moves its folder out of the city, to where it is told; nothing is
        deleted. Whoever decides that removes its record from `access` first."""
        self.centre.forget(tenant)
        self.insight.forget(tenant)
        await self.histories.forget(tenant)
        await asyncio.to_thread(self.connect.flush)
        self.connect.close_tenant(tenant)
        self.commands.close(tenant)
        self.presents.release(tenant)
        aside = self.settings.data / "removed" / f"{tenant}-{self.clock() // 1_000_000}"
        aside.parent.mkdir(exist_ok=True)
        (self.tenants / tenant).rename(aside)
        return aside

    async def _answered(self, tenant: str, device: str, payload: bytes, at_us: int) -> None:
        """A device's answer to a command: to an order, it is one of its unit, too."""
        await self.centre.telling.answered(tenant, device, payload, at_us)
        await self.commands.answered(tenant, device, payload, at_us)

    async def _quarantine(self, tenant: str, bad: Sequence[Bad]) -> None:
        await asyncio.to_thread(self.connect.quarantine.put, tenant, bad)

    def _highest(self, stream: str) -> int:
        return max((self.presents.open(name).mark(stream) for name in self.presents.names()), default=0)

    @staticmethod
    def districts(_tenant: str) -> dict[str, dict[str, Any]]:
        """The boroughs that the shipped map shows: indicators are told for each."""
        from rhinecloud import web

        return {d.name: d.geometry for d in web.districts().values() if d.layer == "borough"}

    async def _publish_dead(self, tenant: str, letter: bytes) -> None:
        await self.backbone.publish(f"dead.{tenant}.subscription", letter)

    def _make_tenants(self, what: str) -> None:
        """Gives each tenant that `access` knows its folder; the command line may have added one."""
        if what != "tenants":
            return
        with self._making:  # notices come from the thread that added one and from the look at the table, at once
            there = set(self.presents.names())
            for tenant in self.access.tenants.list():
                if tenant.name not in there:
                    self.presents.create(tenant.name)
                self._close_types(tenant.name)

    def _pack_switched(self, tenant: str) -> None:
        self._loop.call_soon_threadsafe(self._follow_packs, tenant)

    def _follow_packs(self, tenant: str) -> None:
        """What a pack brings appears or disappears where it is not asked for each time anyway."""
        self._close_types(tenant)
        self.connect.notice_feeds()
        if self.demo is not None and tenant == self.settings.default_tenant:
            self.later(self.demo.switched())

    def _close_types(self, tenant: str) -> None:
        """What belongs to a pack that is off is open to nobody; who may read everything still reads it."""
        brought = frozenset(kind.iri for pack in self.packs for kind in pack.types)
        self.access.policy.close(tenant, brought - self.switchboard.types(tenant))

    def _backbone_state(self) -> str:
        return self.backbone.trouble()

    def _may_see_metrics(self, token: str) -> None:
        who = self.access.bearer(token) if token else self.access.anonymous()
        self.access.allow(who, "metrics.read", "")

    def later(self, work: object) -> None:
        task: asyncio.Task[object] = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # ── for people ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _first_link(self) -> str:
        from rhinecloud.access import link_address

        secret = self.access.links.first()
        return link_address(msgspec.structs.replace(self.settings, public_url=self.url), secret) if secret else ""

    def _write_cli_token(self) -> None:
        """The commands of this machine's user reach the city with a token that only they can read."""
        path = self.settings.data / "secrets" / "cli.token"
        known = path.read_text().strip() if path.is_file() else ""
        secret = self._good_token(known, "command line of this machine", "*")
        if secret == known:
            return
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secret + "\n")

    async def start_demo(self, stack: AsyncExitStack, port: int) -> None:
        """The demo city: its devices are registered like any others and played by a child process over MQTT."""
        settings, host = self.settings, local_host(self.settings)
        self.demo = Demo(
            settings.data / "secrets",
            tenant=settings.default_tenant,
            registry=self.connect.registry,
            packs_on=lambda: self.switchboard.on(settings.default_tenant),
            token=self._archive_token,
            clock=self.clock,
        )
        given = (settings.default_tenant, CITY, self.access.tenants, self.centre.operations, self.clock)
        on, everyday = self.switchboard.on(settings.default_tenant), settings.demo_incidents
        await asyncio.to_thread(seed_centres, on, *given, everyday=everyday)
        at = f"[{host}]" if ":" in host else host
        url = f"http://{at}:{port}"
        await self.demo.start(host=host, mqtt_port=self.mqtt_port, url=url, days=settings.demo_days)
        stack.push_async_callback(self.demo.stop)

    def _archive_token(self, known: str) -> str:
        """A token that may bring the demo city's past in."""
        return self._good_token(known, "past of the demo city", "entities.write", self.settings.default_tenant)

    def _good_token(self, known: str, name: str, scope: str, tenant: str = "") -> str:
        """The token that a program of ours has, while it is good; else a new one."""
        with contextlib.suppress(Unauthorized):
            if known:
                self.access.bearer(known)
                return known
        return self.access.tokens.new(CITY, name, [scope], tenant=tenant)[0]


async def _send_json(send: Any, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def serve(settings: Settings, *, ready: Callable[[City], None]) -> None:
    """Runs a city until cancelled; `ready` is called once it serves.

    Raises:
        Conflict, InvalidRequest: a port or address cannot be had.
        Unavailable: a part does not start.
    """
    listening = bind(settings.host, settings.port)
    try:
        city = City(settings)
        city.url = url_of(settings, listening)
        async with AsyncExitStack() as stack:
            await city.start(stack)
            collector.settle()
            server = asyncio.create_task(serve_http(city.doors(), listening, settings))
            stack.push_async_callback(_end, server)
            stack.push_async_callback(city.close_screens)
            if settings.demo:
                await city.start_demo(stack, listening.getsockname()[1])
            ready(city)
            # Shielded: cancelled, the server would wait for streams that only `close_screens` ends.
            await asyncio.shield(server)
    finally:
        listening.close()


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
