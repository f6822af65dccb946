"""*Administration*: how the installation runs: its settings, its health, what waits where."""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
import platform
import shutil
import tomllib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import msgspec
from litestar import Response, get

from rhinecloud import __version__
from rhinecloud.base import settings as settings_module
from rhinecloud.base.errors import RhineError, Unavailable
from rhinecloud.context import Query
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visits

SECRET: Final = ("secret", "password", "token")
LIBRARIES: Final = ("litestar", "uvicorn", "msgspec", "duckdb", "pyarrow", "shapely", "nats-py", "SQLAlchemy")


class SettingRow(msgspec.Struct, kw_only=True):
    name: str
    value: str
    text: str
    source: str  # default, file, environment, start
    variable: str


class SettingsPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tab: str
    rows: list[SettingRow]
    file: str
    search: str


class HealthRow(msgspec.Struct, kw_only=True):
    name: str
    good: bool
    says: str


class QueueRow(msgspec.Struct, kw_only=True):
    name: str
    text: str
    messages: int
    size: int
    limit: int


class HealthPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tab: str
    rows: list[HealthRow]
    queues: list[QueueRow]
    disk_free: int
    disk_all: int
    data_size: int
    versions: list[tuple[str, str]]


class Running:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._access, self._settings = rooms, rooms.access, rooms.settings
        self._pages, self._visits = pages, visits

    async def settings(self, request: AnyRequest) -> Response[Any]:
        """Every setting with its value, where that comes from, and how it is changed."""
        visit = await self._visits.allowed(request, "settings.manage")
        search = request.query_params.get("q", "")[:60].strip()
        rows = await asyncio.to_thread(self._setting_rows)
        page = SettingsPage(
            frame=self._visits.frame(visit, "administration", "Settings"),
            tab="settings",
            rows=[r for r in rows if search.casefold() in f"{r.name} {r.text}".casefold()],
            file=str(self._settings.data / "rhinecloud.toml"),
            search=search,
        )
        return self._pages.render("pages/settings.html", page)

    def _setting_rows(self) -> list[SettingRow]:
        file = self._settings.data / "rhinecloud.toml"
        given = tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
        rows = []
        defaults = dict(zip(self._settings.__struct_fields__, self._settings.__struct_defaults__, strict=True))
        for name, text in explained().items():
            value, variable = getattr(self._settings, name), f"RHINECLOUD_{name.upper()}"
            known = defaults[name].factory() if hasattr(defaults[name], "factory") else defaults[name]
            source = (
                "environment" if variable in os.environ
                else "file" if name in given
                else "default" if value == known
                else "start"
            )  # fmt: skip
            shown = "••••••" if value and any(word in name for word in SECRET) else _shown(value)
            rows.append(SettingRow(name=name, value=shown, text=text, source=source, variable=variable))
        return rows

    async def health(self, request: AnyRequest) -> Response[Any]:
        """Whether every part works, what waits where, and what runs."""
        visit = await self._visits.allowed(request, "settings.manage")
        say = words(visit.language)
        disk = await asyncio.to_thread(shutil.disk_usage, self._settings.data)
        page = HealthPage(
            frame=self._visits.frame(visit, "administration", "Health"),
            tab="health",
            rows=await self._parts(say, disk.free),
            queues=await self._queues(say),
            disk_free=disk.free,
            disk_all=disk.total,
            data_size=await asyncio.to_thread(_size, self._settings.data),
            versions=_versions(),
        )
        return self._pages.render("pages/health.html", page)

    async def _parts(self, say: Any, free: int) -> list[HealthRow]:
        rooms = self._rooms
        trouble = rooms.backbone.trouble() if rooms.backbone is not None else ""
        rows = [HealthRow(name=say(N_("Backbone (NATS)")), good=not trouble, says=trouble or say(N_("connected")))]
        for tenant in rooms.presents.names():
            try:
                found = await rooms.presents.open(tenant).query(Query(limit=0, count=True))
                says = say(N_("%(num)s things")) % {"num": found.total}
                rows.append(HealthRow(name=f"{say(N_('Present'))}: {tenant}", good=True, says=says))
            except RhineError as error:
                rows.append(HealthRow(name=f"{say(N_('Present'))}: {tenant}", good=False, says=error.detail))
        enough = free > self._settings.disk_reserve_bytes
        says = say(N_("enough room")) if enough else say(N_("too little room: writes are refused"))
        rows.append(HealthRow(name=say(N_("Disk")), good=enough, says=says))
        if rooms.insight is not None:
            rules = rooms.insight.rules(self._settings.default_tenant)
            broken = sum(rooms.insight.trouble(self._settings.default_tenant, r.id) is not None for r in rules)
            says = say(N_("%(num)s rules, %(broken)s in trouble")) % {"num": len(rules), "broken": broken}
            rows.append(HealthRow(name=say(N_("Rules")), good=not broken, says=says))
        if rooms.switchboard is not None:
            left_out = len(rooms.switchboard.troubles)
            says = say(N_("%(num)s loaded, %(broken)s left out")) % {"num": len(rooms.packs), "broken": left_out}
            rows.append(HealthRow(name=say(N_("Packs")), good=not left_out, says=says))
        return rows

    async def _queues(self, say: Any) -> list[QueueRow]:
        texts = {
            "$MQTT_msgs": say(N_("what devices sent over MQTT")),
            "RAW": say(N_("what came by HTTP, feeds and files")),
            "CHANGES": say(N_("changes for screens and subscribers")),
            "COMMANDS": say(N_("commands to devices")),
            "ALERTS": say(N_("news of alerts")),
            "DEAD": say(N_("what could not be delivered")),
        }
        if self._rooms.backbone is None:
            return []
        try:
            found = await self._rooms.backbone.sizes()
        except Unavailable:
            return []
        return [
            QueueRow(name=name, text=texts.get(name, ""), messages=messages, size=size, limit=limit)
            for name, messages, size, limit in found
        ]


@lru_cache(maxsize=1)
def explained() -> dict[str, str]:
    """Each setting's words, as they stand under it in the source."""
    tree = ast.parse(inspect.getsource(settings_module.Settings))
    body, found = tree.body[0].body, {}  # type: ignore[attr-defined]
    for at, node in enumerate(body):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            after = body[at + 1] if at + 1 < len(body) else None
            said = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            found[node.target.id] = " ".join(str(after.value.value).split()) if said and after else ""
    return found


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} = {v}" for k, v in value.items())
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _size(folder: Any) -> int:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file() and not f.is_symlink())


def _versions() -> list[tuple[str, str]]:
    found = [("Rhine Cloud", __version__), ("Python", platform.python_version())]
    for library in LIBRARIES:
        try:
            found.append((library, version(library)))
        except PackageNotFoundError:
            continue
    return [*found, (platform.system(), platform.release())]


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = Running(rooms, pages, visits)
    root = "/administration"
    return [
        get(f"{root}/settings")(page.settings),
        get(f"{root}/health")(page.health),
    ]
