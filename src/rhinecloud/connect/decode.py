"""The decoder: a raw message → Updates, by the device's mapping, its payload codec, or the plain forms.

Nothing here writes. What cannot be read is an `Unreadable` beside what could be: a message of a hundred readings of
which one is broken gives ninety-nine Updates and one reason.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final, Protocol

import msgspec
from msgspec import structs

from rhinecloud.base.declare import Model
from rhinecloud.base.errors import BadRequestData, ResourceNotFound, Unreadable
from rhinecloud.base.model import Update

from .codec_host import CodecHost
from .devices import Device, entity_of, matches
from .feeds import Feed, reader_of
from .forms import HEAD, PackForm, form_of, read_answer
from .lorawan import Uplink, read_uplink
from .mapping import Documents, Mapping
from .plain import Plain
from .registry import Registry
from .runs import Origin, Run, compile_mapping, expand_name
from .uplinks import Uplinks, Waiting

MAX_BYTES: Final = 32 * 1024**2
MAX_DEPTH: Final = 64
MAX_LANES: Final = 200_000
_RECHECK_S: Final = 0.5
_NOT_JSON: Final = (b"<", b"\x1f", b"\xff", b"\xfe", b"\xef")  # XML, gzip, byte order marks


class Raw(Protocol):
    """A raw message, as backbone has it: `subject` is an MQTT topic, http/<tenant>/<device> or poll/<tenant>/<feed>."""

    @property
    def stream(self) -> str: ...
    @property
    def sequence(self) -> int: ...
    @property
    def subject(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def stored_us(self) -> int: ...


class Decoded(msgspec.Struct, gc=False):
    """What a message gave. `error` is why it, or a part of it, goes to quarantine; both may be there."""

    updates: list[Update]
    error: Unreadable | None
    device: str  # id of the device, feed or file; "" where not even that is known


class Lane(msgspec.Struct, frozen=True):
    """What is the same for all messages of one topic; kept until a device or a document changes."""

    tenant: str
    device: Device
    entity: str
    type: str  # expanded
    levels: list[str]
    run: Run | None  # None: the plain forms
    form: PackForm | None  # of a pack, where the device's mapping names one
    source: str


class Answered(msgspec.Struct, frozen=True):
    """What a feed or a device sent in a form that a pack brings: it is read in a thread, since it may be large."""

    form: PackForm
    data: bytes
    origin: Origin
    source: str  # id of the feed or device


class Decoder:
    """Decodes messages of all tenants. `forms` are those that packs bring, by id."""

    def __init__(self, registry: Registry, documents: Documents, codecs: CodecHost, *, model: Model) -> None:
        self._registry, self._documents = registry, documents
        self._runs: dict[tuple[str, str, str], tuple[Run, list[str]]] = {}
        self._stamps: dict[str, tuple[float, tuple[int, int]]] = {}
        self._lanes: dict[str, Lane] = {}  # by subject
        self._generation = -1
        self._codecs = codecs
        self.forms: dict[str, PackForm] = {}
        self.use(model)

    def use(self, model: Model) -> None:
        """Takes another set of declarations; what was compiled from the old one is forgotten."""
        self._model = self._registry.model = model
        self._plain = Plain(model, self._registry.owner)
        self._uplinks = Uplinks(self._registry, self._documents, self._codecs, self._plain)
        self._runs.clear()
        self._lanes.clear()

    def tenant_of(self, stream: str, subject: str) -> str | None:
        """The tenant that a message belongs to; None: no device of ours publishes there."""
        if stream == "RAW":
            parts = subject.split("/", 2)
            return parts[1] if len(parts) == 3 else None
        lane = self._lanes.get(subject)
        if lane is not None:
            return lane.tenant
        found = self._registry.route(subject)
        return found[0] if found else None

    async def decode_many(self, messages: Sequence[tuple[str, Raw]]) -> list[Decoded]:
        """(tenant, message) each → what it gave, in order. Payload codecs run in their own thread, one hop for all."""
        self._refresh({tenant for tenant, _ in messages})
        results: list[Decoded | Waiting | Answered] = [self._start(tenant, message) for tenant, message in messages]
        waiting = [(n, r) for n, r in enumerate(results) if isinstance(r, Waiting)]
        if waiting:
            answers = await self._codecs.run(lambda: [self._codecs.answer(w.call) for _, w in waiting])
            for (n, w), answer in zip(waiting, answers, strict=True):
                results[n] = self._finish(w, answer)
        for n, large in [(n, r) for n, r in enumerate(results) if isinstance(r, Answered)]:
            results[n] = await asyncio.to_thread(self._formed, large)
        return [r for r in results if isinstance(r, Decoded)]

    def decode(self, tenant: str, message: Raw) -> Decoded:
        """One message, at once; waits for a payload codec, so not for the loop of a busy city."""
        self._refresh({tenant})
        result = self._start(tenant, message)
        if isinstance(result, Waiting):
            call = result.call
            return self._finish(result, self._codecs.run_now(lambda: self._codecs.answer(call)))
        return self._formed(result) if isinstance(result, Answered) else result

    def _formed(self, answer: Answered) -> Decoded:
        try:
            outcome = read_answer(answer.form, answer.data, self._model, answer.origin, self._registry.owner)
        except Unreadable as error:
            return Decoded([], error, answer.source)
        return Decoded(outcome.updates, outcome.error, answer.source)

    def _finish(self, waiting: Waiting, answer: Any) -> Decoded:
        try:
            outcome = self._uplinks.finish(waiting, answer, self._run)
        except Unreadable as error:
            return Decoded([], error, waiting.device_id)
        except BadRequestData as error:
            return Decoded([], Unreadable(error.detail, reason="bad mapping"), waiting.device_id)
        if waiting.device is not None:
            self._introduce(waiting.device, outcome.updates, waiting.origin)
        return Decoded(outcome.updates, outcome.error, waiting.device_id)

    def _refresh(self, tenants: set[str]) -> None:
        """Forgets what was compiled from devices and documents that have changed since."""
        generation = self._registry.refresh(tenants)
        now = time.monotonic()
        for tenant in tenants:
            stamp = self._stamps.get(tenant)
            if stamp is None or now - stamp[0] > _RECHECK_S:
                changed = self._documents.changed(tenant)
                if stamp is not None and stamp[1] != changed:
                    self._lanes.clear()
                    self._runs.clear()
                self._stamps[tenant] = (now, changed)
        if generation != self._generation:
            self._generation = generation
            self._lanes.clear()

    def _start(self, tenant: str, message: Raw) -> Decoded | Waiting | Answered:
        # A topic that begins with "http/" is another thing than a message that came by HTTP.
        key = message.subject if message.stream != "RAW" else "\0" + message.subject
        lane = self._lanes.get(key)
        try:
            if lane is None or lane.tenant != tenant:
                if message.stream.startswith(("RAW", "file:")) and not message.subject.startswith("http/"):
                    return self._feed(tenant, message)
                lane = self._lane(tenant, key, message)
            return self._device(lane, message)
        except Unreadable as error:
            return Decoded([], error, lane.device.id if lane else "")
        except BadRequestData as error:  # a mapping or a device that cannot work
            return Decoded([], Unreadable(error.detail, reason="bad mapping"), lane.device.id if lane else "")

    def _lane(self, tenant: str, key: str, message: Raw) -> Lane:
        topic = message.subject
        if message.stream == "RAW":
            topic = topic.removeprefix("http/")
            found: tuple[str, str] | None = (tenant, topic.partition("/")[2])
        else:
            found = self._registry.route(topic)
        device = self._registry.find(tenant, found[1]) if found and found[0] == tenant else None
        if device is None:
            raise Unreadable(
                f"No device of tenant {tenant} publishes to {topic[:200]}; register it, then replay this",
                reason="unknown device",
            )
        entity, kind = entity_of(device, self._model)
        levels = topic.split("/")
        try:
            form = self.forms.get(device.mapping)
            run = self._mapping(tenant, device, kind, levels) if form is None else None
        except (Unreadable, BadRequestData) as error:
            self._registry.heard(tenant, device, message.stored_us)
            reason = error.reason if isinstance(error, Unreadable) else "bad mapping"
            raise Unreadable(f"Device {device.id}: {error.detail}", reason=reason) from error
        lane = Lane(tenant, device, entity, kind, levels, run, form, f"device:{device.id}")
        if len(self._lanes) < MAX_LANES:  # topics come from outside
            self._lanes[key] = lane
        return lane

    def _device(self, lane: Lane, message: Raw) -> Decoded | Waiting | Answered:
        device, run, tenant, stored_us = lane.device, lane.run, lane.tenant, message.stored_us
        levels = lane.levels
        if len(levels) > 2 and levels[2] == "command":
            return Decoded([], None, device.id)  # the answer to a command: commands reads it
        self._registry.heard(tenant, device, stored_us)
        raw = f"{message.stream}/{message.sequence}" if message.stream else ""
        origin = Origin(tenant, device.id, lane.entity, lane.type, message.subject, "", stored_us, lane.source, raw)
        form = lane.form
        if form is None and run is None and message.data[:1] in _NOT_JSON:
            form = form_of(message.subject, message.data[:HEAD], self.forms.values())
        if form is not None:
            return Answered(form, message.data, origin, device.id)
        document = self._document(message.data, levels, mapped=run is not None)
        if run is not None:
            outcome = run(document, origin)
        elif type(document) is dict:
            uplink = read_uplink(document)
            if uplink is not None:
                return self._uplink(uplink, document, origin)
            outcome = self._plain.run(document, origin)
            _vital(device, document)
        else:
            outcome = self._plain.run(document, origin)
        if not device.introduced_us or stored_us <= device.introduced_us:
            self._introduce(device, outcome.updates, origin)
        return Decoded(outcome.updates, outcome.error, device.id)

    def _uplink(self, uplink: Uplink, document: dict[str, Any], origin: Origin) -> Decoded | Waiting:
        result = self._uplinks.start(uplink, document, origin, self._run)
        if isinstance(result, Waiting):
            return result
        device = self._registry.find_eui(origin.tenant, uplink.eui)
        if device is not None and result.updates:
            entity, kind = entity_of(device, self._model)
            self._introduce(device, result.updates, structs.replace(origin, entity=entity, type=kind))
        return Decoded(result.updates, result.error, device.id if device else uplink.eui)

    def _feed(self, tenant: str, message: Raw) -> Decoded | Answered:
        """A polled feed's answer, or a record of a file that was pushed: read by the feed's own reader, or plainly."""
        kind, _, rest = message.subject.partition("/")
        name = rest.partition("/")[2]
        stored_us, raw = message.stored_us, f"{message.stream}/{message.sequence}"
        source = f"{'feed' if kind == 'poll' else 'file'}:{name}"
        origin = Origin(tenant, "", "", "", message.subject, "", stored_us, source, raw)
        try:
            read = self._feed_run(tenant, name, message) if kind == "poll" else self._plain.run
            if not callable(read):
                return Answered(read, message.data, origin, name)
            outcome = read(parse(message.data), origin)
        except Unreadable as error:
            return Decoded([], error, name)
        except (BadRequestData, ResourceNotFound) as error:
            return Decoded([], Unreadable(error.detail, reason="bad mapping"), name)
        return Decoded(outcome.updates, outcome.error, name)

    def _feed_run(self, tenant: str, name: str, message: Raw) -> Run | PackForm:
        found = self._runs.get((tenant, "", name))
        if found is None:
            feed = self._documents.find(tenant, "feed", name, Feed)
            if feed is None:
                raise Unreadable(
                    f"Feed {name[:100]} is not declared in tenant {tenant}; switch it on, then replay this",
                    reason="unknown feed",
                )
            if feed.format in self.forms:
                return self.forms[feed.format]
            if not feed.format and not feed.mapping:
                # It may be another form tomorrow; so it is looked at each time.
                return form_of(feed.url, message.data[:HEAD], self.forms.values()) or self._plain.run
            run = reader_of(feed, self._model, self._plain, self._documents, tenant)
            found = self._runs[tenant, "", name] = (run, [])
        return found[0]

    def _document(self, data: bytes, levels: list[str], *, mapped: bool) -> Any:
        try:
            return parse(data)
        except Unreadable:
            text = _text(data)
            # A word alone is a value where the topic or the mapping says of what.
            if text and text[0] not in "{[" and (mapped or len(levels) == 3):
                return text
            raise

    def _mapping(self, tenant: str, device: Device, kind: str, levels: list[str]) -> Run | None:
        """The first of the device's mappings that is for this topic; None: the plain forms."""
        if not device.mapping or device.kind == "lorawan":
            return None
        for mapping_id in device.mapping.split(","):
            run, topic = self._compiled(tenant, mapping_id.strip(), kind)
            if not topic or matches(topic, levels[2:]):
                return run
        return None

    def _run(self, tenant: str, mapping_id: str, kind: str) -> Run:
        return self._compiled(tenant, mapping_id, kind)[0]

    def _compiled(self, tenant: str, mapping_id: str, kind: str) -> tuple[Run, list[str]]:
        """The compiled mapping and its topic filter, made anew when a document of the tenant changed."""
        found = self._runs.get((tenant, mapping_id, kind))
        if found is None:
            mapping = self._documents.find(tenant, "mapping", mapping_id, Mapping)
            if mapping is None:
                raise Unreadable(
                    f"Mapping {mapping_id[:100]} does not exist in tenant {tenant}; create it, or"
                    " choose another for the device",
                    reason="no mapping",
                )
            topic = mapping.topic.split("/") if mapping.topic else []
            found = self._runs[tenant, mapping_id, kind] = (compile_mapping(mapping, self._model, kind), topic)
        return found

    def _introduce(self, device: Device, updates: list[Update], origin: Origin) -> None:
        """The first message also tells the entity's name and place, as registered; so does that message's replay."""
        stored_us = origin.received_us
        if device.introduced_us and stored_us > device.introduced_us:
            return
        attrs = self.introduction(device)
        for update in updates:
            if update.id == origin.entity and attrs:
                update.entity["attrs"] = attrs | update.entity["attrs"]
                break
        if updates:
            device.introduced_us = device.introduced_us or stored_us

    def introduction(self, device: Device) -> dict[str, Any]:
        """Name and location of the registered device as attributes."""
        attrs: dict[str, Any] = {}
        if device.name:
            attrs[expand_name("name", self._model)] = [{"type": "Property", "value": device.name}]
        if device.location is not None:
            attrs[expand_name("location", self._model)] = [{"type": "GeoProperty", "value": device.location}]
        return attrs


def parse(data: bytes) -> Any:
    """A JSON document, not too large and not too deep.

    Raises:
        Unreadable: reason "not JSON", "too large" or "too deep".
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(f"The message has {len(data)} bytes; {MAX_BYTES} are read at most", reason="too large")
    try:
        document = _json(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(
            f"The message is not JSON: {error}; it begins with {data[:40]!r}", reason="not JSON"
        ) from error
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and _deeper(document, MAX_DEPTH):
        raise Unreadable(f"The message is nested deeper than {MAX_DEPTH} levels", reason="too deep")
    return document


def _vital(device: Device, document: dict[str, Any]) -> None:
    battery: Any = document.get("battery")
    rssi: Any = document.get("rssi")
    firmware: Any = document.get("firmware")
    if type(battery) in (int, float) and 0 <= battery <= 100:
        device.battery_pct = battery
    if type(rssi) in (int, float) and -200 <= rssi <= 0:
        device.rssi_dbm = rssi
    if type(firmware) is str:
        device.firmware = firmware[:60]


def _deeper(value: Any, left: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    members = value.values() if isinstance(value, dict) else value
    return left == 0 or any(_deeper(member, left - 1) for member in members)


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8").strip()
    except UnicodeDecodeError:
        return ""
    return text if len(text) <= 1000 and text.isprintable() else ""


_json = msgspec.json.Decoder().decode
