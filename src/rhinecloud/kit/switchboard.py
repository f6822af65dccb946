"""Which packs are on, tenant by tenant: what a city has decided, over what a pack says of itself.

A decision is one small file in the tenant's folder, `packs.json`, so that it is backed up and moved with the tenant.
It is written before `switch` returns, and then the watchers are told. The command line writes it too, while no city
runs; a file that has changed is read again.

Switching a pack off hides what it brings and stops what it does. Nothing that was observed is deleted.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import msgspec

from rhinecloud.base.clock import Clock, iso, now_us
from rhinecloud.base.errors import InvalidRequest, NonexistentTenant, ResourceNotFound
from rhinecloud.base.telemetry import logger

from .pack import Pack
from .registry import PackTrouble

FILE: Final = "packs.json"
_RECHECK_S: Final = 1.0

log = logger("kit")


class Decision(msgspec.Struct, frozen=True):
    """That a pack is on or off, by whom and since when."""

    on: bool
    by: str
    at: str  # RFC 3339


class _Known(msgspec.Struct):
    stamp: tuple[int, int]
    looked_s: float
    decisions: dict[str, Decision]
    on: tuple[Pack, ...]
    types: frozenset[str]


class Switchboard:
    """On and off of every pack, in every tenant. Answers from memory; `switch` writes a file.

    Args:
        folder: DATA/tenants.
        troubles: packs that are installed and left out; nobody can switch them on.
    """

    def __init__(
        self, folder: Path, packs: Iterable[Pack], *, troubles: Iterable[PackTrouble] = (), clock: Clock = now_us
    ) -> None:
        self.packs: tuple[Pack, ...] = tuple(packs)
        self.troubles: tuple[PackTrouble, ...] = tuple(troubles)
        self.watchers: list[Callable[[str], None]] = []
        """Called with the tenant after a pack of it was switched, in the thread that switched it."""
        self._folder, self._clock = folder, clock
        self._by_id = {pack.id: pack for pack in self.packs}
        self._known: dict[str, _Known] = {}
        self._writing = threading.Lock()

    def on(self, tenant: str) -> tuple[Pack, ...]:
        """The packs that are on, by id."""
        return self._look(tenant).on

    def ids(self, tenant: str) -> frozenset[str]:
        """The ids of the packs that are on."""
        return frozenset(pack.id for pack in self._look(tenant).on)

    def is_on(self, tenant: str, pack_id: str) -> bool:
        """Whether the pack is on; one that is not installed is off."""
        return any(pack.id == pack_id for pack in self._look(tenant).on)

    def types(self, tenant: str) -> frozenset[str]:
        """Expanded names of the entity types of the packs that are on."""
        return self._look(tenant).types

    def decision(self, tenant: str, pack_id: str) -> Decision | None:
        """What was decided, by whom and when; None: nobody has, and the pack's own default holds."""
        return self._look(tenant).decisions.get(pack_id)

    def missing(self, tenant: str, pack_id: str) -> tuple[str, ...]:
        """Entity types that the pack needs of others and that no pack which is on brings."""
        there = {kind.name for pack in self.on(tenant) for kind in pack.types}
        return tuple(name for name in self.get(pack_id).needs if name not in there)

    def get(self, pack_id: str) -> Pack:
        """
        Raises:
            ResourceNotFound: no such pack is installed.
        """
        if (pack := self._by_id.get(pack_id)) is None:
            raise ResourceNotFound(f"Pack {pack_id[:80]} is not installed; there are {', '.join(self._by_id)}")
        return pack

    def switch(self, tenant: str, pack_id: str, on: bool, who: str) -> None:
        """Switches a pack on or off; durable when it returns, and the watchers have been told.

        Raises:
            ResourceNotFound: no such pack is installed. NonexistentTenant: there is no such tenant.
        """
        self.get(pack_id)
        path = self._path(tenant)
        if not path.parent.is_dir():
            raise NonexistentTenant(f"Tenant {tenant[:80]} does not exist")
        with self._writing:
            decisions = _read(path) | {pack_id: Decision(on, who, iso(self._clock()))}
            _write(path, decisions)
            self._known.pop(tenant, None)
        self._tell(tenant)

    def _tell(self, tenant: str) -> None:
        for watcher in self.watchers:
            try:
                watcher(tenant)
            except Exception:  # the decision stands; one listener's trouble is not another's
                log.exception("pack_switch_not_followed", tenant=tenant)

    def _look(self, tenant: str) -> _Known:
        known = self._known.get(tenant)
        now = time.monotonic()
        if known is not None and now - known.looked_s < _RECHECK_S:
            return known
        path = self._path(tenant)
        stamp = _stamp(path)
        if known is not None and known.stamp == stamp:
            known.looked_s = now
            return known
        try:
            decisions = _read(path)
        except InvalidRequest as error:
            log.warning("packs_file_unreadable", tenant=tenant, why=error.detail)
            decisions = {}
        on = tuple(p for p in self.packs if (decisions[p.id].on if p.id in decisions else p.on_by_default))
        types = frozenset(kind.iri for pack in on for kind in pack.types)
        found = self._known[tenant] = _Known(stamp, now, decisions, on, types)
        return found

    def _path(self, tenant: str) -> Path:
        return self._folder / tenant / FILE


def _stamp(path: Path) -> tuple[int, int]:
    try:
        seen = path.stat()
    except OSError:
        return 0, 0
    return seen.st_mtime_ns, seen.st_ino


def _read(path: Path) -> dict[str, Decision]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Decision])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError) as error:
        raise InvalidRequest(f"{path} cannot be read as the list of packs: {error}") from error


def _write(path: Path, decisions: dict[str, Decision]) -> None:
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(decisions), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    with contextlib.suppress(PermissionError):  # Windows opens no folders, and needs none to be synced
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
