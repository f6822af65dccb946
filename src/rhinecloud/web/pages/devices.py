"""*Devices*: who reports to the city, when each was last heard and how it does; credentials and commands of one."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import BadRequestData, ResourceNotFound, Unavailable
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import PAGE, Form, Pager, address, is_part, page_number, pager

COLUMNS: Final = (
    ("name", N_("Device")),
    ("kind", N_("Kind")),
    ("last_seen_us", N_("Last seen")),
    ("battery_pct", N_("Battery")),
    ("rssi_dbm", N_("Signal")),
)
KINDS: Final = ("mqtt", "http", "lorawan", "network")


class Column(msgspec.Struct, kw_only=True):
    label: str
    address: str  # sorts by it, or the other way round
    sorted: str  # "ascending", "descending" or ""


class DeviceRow(msgspec.Struct, kw_only=True):
    id: str
    name: str
    kind: str
    entity: str  # id of the thing it observes
    last_seen_us: int | None
    silent: bool
    revoked: bool
    battery_pct: float | None
    rssi_dbm: float | None
    snr_db: float | None
    firmware: str


class DevicesPage(msgspec.Struct, kw_only=True):
    frame: Frame
    search: str
    kind: str
    silent: bool  # only those that are silent
    columns: list[Column]
    rows: list[DeviceRow]
    pager: Pager
    all: int  # devices of the tenant
    quiet: int  # of them silent
    kinds: tuple[str, ...]


class CommandRow(msgspec.Struct, kw_only=True):
    name: str
    status: str
    created_us: int
    finished_us: int
    detail: str
    by: str


class DevicePage(msgspec.Struct, kw_only=True):
    frame: Frame
    device: DeviceRow
    topic: str  # where it publishes
    user: str  # what it signs in as
    mapping: str
    interval_s: float | None
    messages: int
    note: str
    created_us: int
    revoked_us: int
    commands: list[CommandRow]
    may_manage: bool
    may_map: bool
    may_command: bool
    secret: str  # a new credential, shown this once; "" otherwise
    said: str
    error: str
    typed: dict[str, str]  # of the command form, kept


class Devices:
    """The handlers of the devices' pages."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._connect = rooms, rooms.connect
        self._pages, self._visits = pages, visits

    async def list(self, request: AnyRequest) -> Response[Any]:
        """The list; htmx asks for its table alone."""
        visit = await self._visit(request, "devices.read")
        query = request.query_params
        search, kind = query.get("q", "")[:200], query.get("kind", "")
        kind = kind if kind in KINDS else ""
        only_silent = query.get("silent") == "1"
        sort, _, way = query.get("sort", "name").partition(".")
        sort = sort if sort in dict(COLUMNS) else "name"
        registry = self._connect.registry
        found = registry.list(
            visit.tenant,
            search=search,
            kind=kind,
            silent=True if only_silent else None,
            sort=sort,
            descending=way == "down",
            offset=page_number(request) * PAGE,
            limit=PAGE,
        )
        say = words(visit.language)
        columns = [
            Column(
                label=say(label),
                address=address(request, sort=f"{name}.down" if name == sort and way != "down" else name),
                sorted=("descending" if way == "down" else "ascending") if name == sort else "",
            )
            for name, label in COLUMNS
        ]
        page = DevicesPage(
            frame=self._visits.frame(visit, "devices", "Devices"),
            search=search,
            kind=kind,
            silent=only_silent,
            columns=columns,
            rows=[self._row(d) for d in found.devices],
            pager=pager(request, len(found.devices), found.total),
            all=registry.list(visit.tenant, limit=1).total,
            quiet=registry.list(visit.tenant, silent=True, limit=1).total,
            kinds=KINDS,
        )
        template = "parts/device_table.html" if is_part(request) else "pages/devices.html"
        return self._pages.render(template, page, headers={"Vary": "HX-Request"})

    async def one(self, request: AnyRequest, device_id: FromPath[str]) -> Response[Any]:
        """One device."""
        visit = await self._visit(request, "devices.read")
        done = {
            "revoked": N_("The credential is revoked: the device cannot sign in any more."),
            "restored": N_("The device may sign in again."),
            "sent": N_("The command is queued."),
        }
        return await self._show(visit, device_id, said=done.get(request.query_params.get("done", ""), ""))

    async def rotate(self, request: AnyRequest, device_id: FromPath[str]) -> Response[Any]:
        """A new credential, shown this once; the old one is good for a day."""
        visit = await self._visit(request, "devices.manage")
        secret = self._connect.registry.rotate(visit.tenant, device_id)
        await self._record(visit, "device.rotate", device_id)
        return await self._show(visit, device_id, secret=secret)

    async def revoke(self, request: AnyRequest, device_id: FromPath[str]) -> Response[Any]:
        """Locks the device out, at once."""
        visit = await self._visit(request, "devices.manage")
        self._connect.registry.revoke(visit.tenant, device_id)
        if self._connect.send_away is not None:
            self._connect.send_away(visit.tenant, device_id)
        await self._record(visit, "device.revoke", device_id)
        return Redirect(f"/devices/{quote(device_id)}?done=revoked", status_code=303)

    async def restore(self, request: AnyRequest, device_id: FromPath[str]) -> Response[Any]:
        """Lets it in again."""
        visit = await self._visit(request, "devices.manage")
        self._connect.registry.restore(visit.tenant, device_id)
        await self._record(visit, "device.restore", device_id)
        return Redirect(f"/devices/{quote(device_id)}?done=restored", status_code=303)

    async def command(self, request: AnyRequest, device_id: FromPath[str], data: Form) -> Response[Any]:
        """Sends a command; its parameters are a JSON object."""
        visit = await self._visit(request, "devices.command")
        if self._connect.commands is None:
            raise Unavailable("Commands are not available in this installation")
        self._connect.registry.get(visit.tenant, device_id)
        name, text = data.get("name", "").strip(), data.get("params", "").strip()
        try:
            params = msgspec.json.decode(text or "{}", type=dict[str, Any])
        except msgspec.DecodeError:
            return await self._show(
                visit, device_id, error="The parameters are not a JSON object.", typed=data, status=400
            )
        try:
            sent = await self._connect.commands.send(visit.tenant, device_id, name, params, by=visit.principal.source)
        except BadRequestData:
            return await self._show(visit, device_id, error="A command needs a name.", typed=data, status=400)
        await self._record(visit, "device.command", device_id, command=name, id=sent.id)
        return Redirect(f"/devices/{quote(device_id)}?done=sent", status_code=303)

    async def _visit(self, request: AnyRequest, action: str) -> Visit:
        visit = await self._visits.of(request)
        self._visits.demand(visit, action)
        if self._connect.registry is None:
            raise ResourceNotFound("This installation keeps no devices")
        return visit

    async def _record(self, visit: Visit, action: str, device_id: str, **detail: Any) -> None:
        await self._rooms.access.record(visit.principal, action, device_id, tenant=visit.tenant, **detail)

    def _row(self, device: Any) -> DeviceRow:
        registry = self._connect.registry
        return DeviceRow(
            id=device.id,
            name=device.name or device.id,
            kind=device.kind,
            entity=device.entity_id,
            last_seen_us=device.last_seen_us,
            silent=registry.silent(device),
            revoked=bool(device.revoked_us),
            battery_pct=device.battery_pct,
            rssi_dbm=device.rssi_dbm,
            snr_db=device.snr_db,
            firmware=device.firmware,
        )

    async def _show(
        self,
        visit: Visit,
        device_id: str,
        *,
        secret: str = "",
        said: str = "",
        error: str = "",
        typed: dict[str, str] | None = None,
        status: int = 200,
    ) -> Response[Any]:
        device = self._connect.registry.get(visit.tenant, device_id)
        sent = []
        if self._connect.commands is not None:
            sent = await asyncio.to_thread(self._connect.commands.list, visit.tenant, device=device_id, limit=20)
        say = words(visit.language)
        default = visit.tenant == self._rooms.settings.default_tenant
        page = DevicePage(
            frame=self._visits.frame(visit, "devices", device.name or device.id),
            device=self._row(device),
            topic=f"{visit.tenant}/{device.id}/…",
            user=device.id if default else f"{visit.tenant}/{device.id}",
            mapping=device.mapping or device.codec,
            interval_s=self._connect.registry.interval_s(device),
            messages=device.messages,
            note=device.note,
            created_us=device.created_us,
            revoked_us=device.revoked_us,
            commands=[
                CommandRow(
                    name=c.name,
                    status=c.status,
                    created_us=c.created_us,
                    finished_us=c.finished_us,
                    detail=c.detail,
                    by=c.by,
                )
                for c in sent
            ],
            may_manage=self._visits.may(visit, "devices.manage"),
            may_map=self._visits.may(visit, "quality.manage") and self._connect.documents is not None,
            may_command=self._visits.may(visit, "devices.command") and self._connect.commands is not None,
            secret=secret,
            said=say(said),
            error=say(error),
            typed=typed or {},
        )
        return self._pages.render("pages/device.html", page, status=status)


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = Devices(rooms, pages, visits)
    one = "/devices/{device_id:str}"
    return [
        get("/devices")(page.list),
        get(one)(page.one),
        post(f"{one}/rotate")(page.rotate),
        post(f"{one}/revoke")(page.revoke),
        post(f"{one}/restore")(page.restore),
        post(f"{one}/command")(page.command),
    ]
