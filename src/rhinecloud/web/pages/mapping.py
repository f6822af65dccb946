"""The mapping of a device, written beside a real message of it: each change shows what would come of the message."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import BadRequestData, ResourceNotFound, RhineError
from rhinecloud.connect import Call, Codec, Mapping, try_mapping
from rhinecloud.web.catalogue import Catalogue, Sort
from rhinecloud.web.language import N_, words
from rhinecloud.web.mapping_form import FORMS, MappingForm, form_of, proposed, read
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .evidence import readable
from .forms import Form

LONGEST: Final = 64_000
DONE: Final = {
    "saved": N_("The mapping is saved; the next message is read with it."),
    "codec": N_("The codec is saved; the next uplink is decoded with it."),
}
STARTER: Final = """// The bytes of an uplink become values. Names of the type's attributes need no mapping.
function decodeUplink(input) {
  return { data: { temperature: ((input.bytes[0] << 8) | input.bytes[1]) / 10 } };
}
"""


class Made(msgspec.Struct, kw_only=True):
    """What would come of the message."""

    looked: list[tuple[str, str, str]] = []  # attribute, path, what stands there
    values: list[tuple[str, str, str]] = []  # entity, attribute, value
    error: str = ""


class MappingPage(msgspec.Struct, kw_only=True):
    frame: Frame
    device: str
    name: str
    form: MappingForm
    forms: tuple[str, ...]
    sort: Sort | None
    message: str
    message_id: str  # of the quarantine; "": the last one, or none
    message_us: int | None
    binary: bool
    made: Made
    shared: int  # other devices that this mapping reads
    versions: int
    error: str
    said: str


class CodecPage(msgspec.Struct, kw_only=True):
    frame: Frame
    device: str
    name: str
    codec: str
    own: bool
    source: str
    payload: str
    port: str
    answer: str
    notes: list[str]
    error: str
    said: str


class Draft(msgspec.Struct, kw_only=True):
    """What is being written, and the message beside it."""

    form: MappingForm
    document: dict[str, Any]
    message: bytes
    item: str = ""  # the message's number in the quarantine
    stored_us: int | None = None
    wrong: str = ""


class Mappings:
    """The handlers of both editors."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._connect, self._pages, self._visits = rooms, rooms.connect, pages, visits
        self._catalogue = Catalogue(rooms)

    # ── the mapping ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def show(self, request: AnyRequest, device_id: FromPath[str]) -> Response[Any]:
        """The editor, with a message of the quarantine (`?message=`) or the device's last one."""
        visit, device = await self._visit(request, device_id)
        item = request.query_params.get("message", "")
        data, stored_us = await self._message(visit, device, item)
        name = device.mapping.split(",")[0].strip()
        kept = self._connect.documents.find(visit.tenant, "mapping", name, Mapping) if name else None
        names = {a.name.lower(): a.name for s in [self._sort(device, visit)] if s for a in s.attributes}
        document = msgspec.to_builtins(kept) if kept else proposed(name or f"own-{device.id}", data, names)
        draft = Draft(form=form_of(document), document=document, message=data, item=item, stored_us=stored_us)
        return self._page(visit, device, draft, said=DONE.get(request.query_params.get("done", ""), ""))

    async def sketch(self, request: AnyRequest, device_id: FromPath[str], data: Form) -> Response[Any]:
        """What would come of the message, while somebody writes."""
        visit, device = await self._visit(request, device_id)
        return self._page(visit, device, _draft(data), template="parts/mapping_preview.html")

    async def save(self, request: AnyRequest, device_id: FromPath[str], data: Form) -> Response[Any]:
        """Saves a new version and gives it to the device; one that makes nothing of the message comes back."""
        visit, device = await self._visit(request, device_id)
        draft = _draft(data)
        if draft.wrong or data.get("act") == "look":
            return self._page(visit, device, draft, error=draft.wrong, status=400 if draft.wrong else 200)
        try:
            mapping = msgspec.convert(draft.document, Mapping)
            made = self._try(visit, device, draft.document, draft.message)
            if made.error and not made.values and draft.message:
                raise BadRequestData(made.error)
            version = await asyncio.to_thread(self._connect.documents.save, visit.tenant, "mapping", mapping)
            if device.mapping != mapping.id:
                await asyncio.to_thread(
                    lambda: self._connect.registry.change(visit.tenant, device.id, mapping=mapping.id)
                )
        except msgspec.ValidationError as error:
            return self._page(visit, device, draft, error=str(error), status=400)
        except RhineError as error:
            return self._page(visit, device, draft, error=error.detail, status=400)
        await self._rooms.access.record(
            visit.principal, "mapping.save", mapping.id, tenant=visit.tenant, version=version, device=device.id
        )
        if data.get("act") == "replay" and self._connect.replay is not None:
            done = await self._connect.replay(visit.tenant, self._of_device(visit.tenant, device.id))
            await self._rooms.access.record(
                visit.principal, "quarantine.replay", device.id, tenant=visit.tenant, read=done.read
            )
            return Redirect(f"/quality?read={done.read}&still={done.still}#quarantine", status_code=303)
        return Redirect(f"/devices/{quote(device.id)}/mapping?done=saved&message={draft.item}", status_code=303)

    # ── the codec ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def codec(self, request: AnyRequest, device_id: FromPath[str]) -> Response[Any]:
        """The payload codec of a LoRaWAN device."""
        visit, device = await self._visit(request, device_id)
        kept = self._connect.documents.find(visit.tenant, "codec", device.codec, Codec) if device.codec else None
        said = DONE.get(request.query_params.get("done", ""), "")
        return await self._codec_page(visit, device, kept.code() if kept else STARTER, said=said)

    async def try_codec(self, request: AnyRequest, device_id: FromPath[str], data: Form) -> Response[Any]:
        """Runs it on a payload, in the sandbox; `act=save` keeps it for this device."""
        visit, device = await self._visit(request, device_id)
        source = data.get("source", "")[:200_000]
        if data.get("act") != "save":
            return await self._codec_page(
                visit, device, source, payload=data.get("payload", ""), port=data.get("port", "")
            )
        codec = Codec(id=f"own-{device.id}", title=f"{device.name or device.id}", source=source)
        await asyncio.to_thread(self._connect.documents.save, visit.tenant, "codec", codec)
        await asyncio.to_thread(lambda: self._connect.registry.change(visit.tenant, device.id, codec=codec.id))
        await self._rooms.access.record(visit.principal, "codec.save", codec.id, tenant=visit.tenant, device=device.id)
        return Redirect(f"/devices/{quote(device.id)}/codec?done=codec", status_code=303)

    async def _codec_page(
        self, visit: Visit, device: Any, source: str, *, payload: str = "", port: str = "", said: str = ""
    ) -> Response[Any]:
        say, answer, notes, error = words(visit.language), "", [], ""
        if payload.strip():
            try:
                data = bytes.fromhex(payload.replace(":", " ").strip())
                number = int(port) if port.isdecimal() and len(port) < 4 else 1
                call = Call("draft", source, f"{visit.tenant}/draft", number, data, None, {}, {})
                found = await self._connect.codecs.run(lambda: self._connect.codecs.answer(call))
                answer = msgspec.json.format(msgspec.json.encode(found.data), indent=2).decode() if found.data else ""
                notes, error = list(found.notes), found.error.detail if found.error else ""
            except ValueError:
                error = say(N_("The payload is written in hexadecimal digits, two a byte."))
        page = CodecPage(
            frame=self._visits.frame(visit, "devices", device.name or device.id),
            device=device.id,
            name=device.name or device.id,
            codec=device.codec,
            own=device.codec.startswith("own-"),
            source=source,
            payload=payload,
            port=port,
            answer=answer,
            notes=notes,
            error=error,
            said=say(said),
        )
        return self._pages.render("pages/codec.html", page, status=400 if error else 200)

    # ── what they share ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _visit(self, request: AnyRequest, device_id: str) -> tuple[Visit, Any]:
        visit = await self._visits.of(request)
        self._visits.demand(visit, "quality.manage")
        if self._connect.documents is None or self._connect.registry is None:
            raise ResourceNotFound("This installation keeps no mappings")
        return visit, self._connect.registry.get(visit.tenant, device_id)

    async def _message(self, visit: Visit, device: Any, item: str) -> tuple[bytes, int | None]:
        """The message that the editor opens with."""
        if item.isdecimal():
            found = await asyncio.to_thread(self._connect.quarantine.get, visit.tenant, int(item))
            return found.data[:LONGEST], found.stored_us
        last = await self._rooms.backbone.last(visit.tenant, device.id) if self._rooms.backbone is not None else None
        return (last.data[:LONGEST], last.stored_us) if last else (b"", None)

    def _of_device(self, tenant: str, device: str) -> list[int]:
        found = self._connect.quarantine.list(tenant, device=device, newest_first=False, limit=5_000)
        return [one.id for one in found.items]

    def _sort(self, device: Any, visit: Visit) -> Sort | None:
        return self._catalogue.sort(device.entity_type, visit.language) if device.entity_type else None

    def _try(self, visit: Visit, device: Any, document: dict[str, Any], data: bytes) -> Made:
        if not data:
            return Made()
        shown = try_mapping(document, data, model=self._rooms.model, tenant=visit.tenant, device=device)
        names = self._rooms.model.names
        values = []
        for update in shown.updates:
            for attr, instances in update.get("attrs", {}).items():
                for one in instances:
                    value = one.get("value", one.get("object", one.get("json")))
                    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
                    unit = f" {one['unitCode']}" if "unitCode" in one else ""
                    at = f" · {one['observedAt']}" if "observedAt" in one else ""
                    values.append((str(update["id"]), names.get(attr, attr), text[:200] + unit + at))
        return Made(
            looked=[(one.attribute, one.path, one.found) for one in shown.looked], values=values, error=shown.error
        )

    def _page(
        self,
        visit: Visit,
        device: Any,
        draft: Draft,
        *,
        error: str = "",
        said: str = "",
        template: str = "pages/mapping.html",
        status: int = 200,
    ) -> Response[Any]:
        raw = readable("", draft.stored_us or 0, draft.message)
        registry, say, name = self._connect.registry, words(visit.language), draft.form.id
        kept = self._connect.documents.find(visit.tenant, "mapping", name, Mapping) if name else None
        users = [d for d in registry.list(visit.tenant, limit=10_000).devices if name in d.mapping.split(",")]
        page = MappingPage(
            frame=self._visits.frame(visit, "devices", device.name or device.id),
            device=device.id,
            name=device.name or device.id,
            form=draft.form,
            forms=FORMS,
            sort=self._sort(device, visit),
            message="" if raw.hex else raw.text,
            message_id=draft.item,
            message_us=draft.stored_us,
            binary=raw.hex,
            made=self._try(visit, device, draft.document, draft.message),
            shared=sum(d.id != device.id for d in users),
            versions=kept.version if kept else 0,
            error=error,
            said=say(said),
        )
        return self._pages.render(template, page, status=status)


def _draft(typed: dict[str, str]) -> Draft:
    form, document, wrong = read(typed)
    item = typed.get("message_id", "")
    return Draft(
        form=form, document=document, message=_bytes(typed), item=item if item.isdecimal() else "", wrong=wrong
    )


def _bytes(typed: dict[str, str]) -> bytes:
    text = typed.get("message", "")
    if len(text) > LONGEST:
        raise BadRequestData("The message is too long to be tried here")
    return text.encode()


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = Mappings(rooms, pages, visits)
    one = "/devices/{device_id:str}"
    return [
        get(f"{one}/mapping")(page.show),
        post(f"{one}/mapping/try")(page.sketch),
        post(f"{one}/mapping")(page.save),
        get(f"{one}/codec")(page.codec),
        post(f"{one}/codec")(page.try_codec),
    ]
