"""The registry of devices: who may speak, what they observe, when they were last heard.

All devices of a tenant in use are held in memory, since every MQTT connect and every message asks. What is heard (last
seen, battery, signal) is written in batches by `flush`. What another process changes (the command line) is noticed
through SQLite's data_version: before every authentication, and at most every 0.2 s while routing messages.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets as tokens
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from rhinecloud.base.clock import SECOND, Clock, now_us
from rhinecloud.base.declare import Model
from rhinecloud.base.errors import AlreadyExists, BadRequestData, ResourceNotFound

from .devices import CHANGEABLE, LIVE, Device, check, entity_of, expand_type, matches, overlap
from .tables import Tables

GRACE_S: Final = 86_400.0
"""How long a rotated secret's predecessor is still good, unless told otherwise."""
_RECHECK_S: Final = 0.2
_SORTS: Final = {"id", "name", "kind", "entity_type", "last_seen_us", "battery_pct", "rssi_dbm", "created_us"}


Route = tuple[list[str], str, str]
"""(topic filter split at "/", tenant, device)."""
Routes = list[Route]


class Devices(NamedTuple):
    """One page of a tenant's devices, and how many there are in all."""

    devices: list[Device]
    total: int


class _Known:
    """One tenant's devices in memory."""

    def __init__(self) -> None:
        self.devices: dict[str, Device] = {}
        self.secrets: dict[str, tuple[bytes | None, bytes | None, int]] = {}  # (SHA-256, the old one, good until µs)
        self.by_eui: dict[str, Device] = {}
        self.by_entity: dict[str, str] = {}
        self.dirty: set[str] = set()
        self.checked_s = 0.0

    def hold(self, device: Device, model: Model) -> None:
        self.devices[device.id] = device
        if device.eui:
            self.by_eui[device.eui] = device
        self.by_entity.setdefault(entity_of(device, model)[0], device.id)

    def forget(self, device: Device, model: Model) -> None:
        del self.devices[device.id]
        self.by_eui.pop(device.eui, None)
        self.by_entity.pop(entity_of(device, model)[0], None)
        self.dirty.discard(device.id)


class Registry:
    """Devices of all tenants; every call names its tenant."""

    def __init__(self, tables: Tables, *, model: Model, default_tenant: str = "city", clock: Clock = now_us) -> None:
        self.tables, self.model, self.default_tenant, self._clock = tables, model, default_tenant, clock
        self._known: dict[str, _Known] = {}
        self.generation = 0
        self._routes: Routes = []  # (filter, tenant, device) of further topics
        self._routes_read_s = -1e9

    # Asked for every connection and message.

    def authenticate(self, username: str, secret: str) -> tuple[str, Device] | None:
        """(tenant, device) when `username` ("tenant/device", or "device" of the default tenant) owns `secret`."""
        tenant, slash, name = username.partition("/")
        if not slash:
            tenant, name = self.default_tenant, username
        known = self._tenant_or_none(tenant, always=True)
        if known is None or name not in known.devices:
            return None
        device, (good, old, until_us) = known.devices[name], known.secrets[name]
        digest = hashlib.sha256(secret.encode("utf-8", "replace")).digest()
        fits = good is not None and hmac.compare_digest(digest, good)
        if not fits and old is not None and self._clock() < until_us:
            fits = hmac.compare_digest(digest, old)
        return (tenant, device) if fits and not device.revoked_us else None

    def find(self, tenant: str, device_id: str) -> Device | None:
        """The device, or None; fast enough to ask for every message."""
        known = self._tenant_or_none(tenant)
        return known.devices.get(device_id) if known else None

    def find_eui(self, tenant: str, eui: str) -> Device | None:
        """The LoRaWAN device with this EUI (lower case), or None."""
        known = self._tenant_or_none(tenant)
        return known.by_eui.get(eui) if known else None

    def owner(self, tenant: str, entity_id: str) -> str | None:
        """The device whose entity this is."""
        known = self._tenant_or_none(tenant)
        return known.by_entity.get(entity_id) if known else None

    def route(self, topic: str) -> tuple[str, str] | None:
        """(tenant, device) that publishes to an MQTT topic: its own `<tenant>/<device>/…`, or by a further filter."""
        levels = topic.split("/", 2)
        if len(levels) >= 2 and self.find(levels[0], levels[1]) is not None:
            return levels[0], levels[1]
        parts = topic.split("/")
        for topic_filter, tenant, device in self._declared_routes():
            if matches(topic_filter, parts):
                return tenant, device
        return None

    def refresh(self, tenants: Iterable[str]) -> int:
        """Notices what other processes changed; a number that is another whenever a device of any tenant is."""
        for tenant in tenants:
            self._tenant_or_none(tenant)
        return self.generation

    def heard(self, tenant: str, device: Device, at_us: int, **vital: Any) -> None:
        """Notes a message of `device` at `at_us`, with what it tells of itself (battery_pct, firmware, …)."""
        if device.last_seen_us is None or at_us > device.last_seen_us:
            device.last_seen_us = at_us
        device.messages += 1
        for name, value in vital.items():
            if value is not None:
                setattr(device, name, value)
        known = self._known.get(tenant)
        if known is not None:
            known.dirty.add(device.id)

    def interval_s(self, device: Device) -> float | None:
        """The device's own interval, else its entity type's."""
        kind = self.model.types.get(expand_type(device.entity_type or "Device", self.model))
        return device.interval_s or (kind.interval_s if kind else None)

    # Asked by people.

    def get(self, tenant: str, device_id: str) -> Device:
        """
        Raises:
            ResourceNotFound: there is no such device.
        """
        device = self._tenant(tenant).devices.get(device_id)
        if device is None:
            raise ResourceNotFound(f"Device {device_id[:100]} does not exist in tenant {tenant}")
        return device

    def list(
        self,
        tenant: str,
        *,
        search: str = "",
        kind: str = "",
        silent: bool | None = None,
        sort: str = "name",
        descending: bool = False,
        offset: int = 0,
        limit: int = 50,
    ) -> Devices:
        """A page of devices; `search` is looked for in id, name, entity id, EUI and note."""
        if sort not in _SORTS:
            raise BadRequestData(f"Devices do not sort by {sort[:40]!r}; there are {', '.join(sorted(_SORTS))}")
        words, now = search.lower().split(), self._clock()
        found = [d for d in self._tenant(tenant).devices.values() if self._fits(d, words, kind, silent, now)]
        found.sort(key=lambda d: _sort_key(d, sort), reverse=descending)
        return Devices(found[offset : offset + limit], len(found))

    def _fits(self, device: Device, words: Sequence[str], kind: str, silent: bool | None, now: int) -> bool:
        if (kind and device.kind != kind) or (silent is not None and self.silent(device, now) != silent):
            return False
        text = f"{device.id} {device.name} {device.entity_id} {device.dev_eui} {device.note}".lower() if words else ""
        return all(word in text for word in words)

    def silent(self, device: Device, now: int | None = None) -> bool:
        """No message for more than three intervals."""
        return device.silent(self._clock() if now is None else now, self.interval_s(device))

    def add(self, tenant: str, device: Device) -> str:
        """Keeps a new device; the answer is its secret, which is shown this once and kept only as a hash.

        Raises:
            AlreadyExists: the id, the EUI or a further topic is taken.
            BadRequestData: a member cannot be as it is.
        """
        device.created_us = device.created_us or self._clock()
        device.dev_eui = device.dev_eui.lower()
        check(device)
        known, shelf = self._tenant(tenant, always=True), self.tables.shelf(tenant)
        if device.id in known.devices:
            raise AlreadyExists(
                f"Device {device.id} exists already in tenant {tenant}; choose another id or change that one"
            )
        self._check_taken(tenant, device, known)
        secret, digest = _new_secret()
        try:
            with shelf.transaction() as db:
                db.execute("INSERT INTO device (id, body, secret) VALUES (?, ?, ?)", (device.id, _body(device), digest))
        except sqlite3.IntegrityError as error:
            raise AlreadyExists(f"Device {device.id} exists already in tenant {tenant}") from error
        known.secrets[device.id] = (digest, None, 0)
        known.hold(device, self.model)
        self._changed()
        return secret

    def add_many(self, tenant: str, devices: Iterable[Device]) -> dict[str, str]:
        """Keeps new devices at once, all or none; the answer is the secret of each by its id, as `add` gives it.

        Raises:
            AlreadyExists, BadRequestData: as `add`.
        """
        known, shelf = self._tenant(tenant, always=True), self.tables.shelf(tenant)
        made: dict[str, tuple[Device, str, bytes]] = {}
        for device in devices:
            device.created_us = device.created_us or self._clock()
            device.dev_eui = device.dev_eui.lower()
            check(device)
            if device.id in known.devices or device.id in made:
                raise AlreadyExists(f"Device {device.id} exists already in tenant {tenant}")
            self._check_taken(tenant, device, known)
            made[device.id] = (device, *_new_secret())
        with shelf.transaction() as db:
            db.executemany(
                "INSERT INTO device (id, body, secret) VALUES (?, ?, ?)",
                [(device.id, _body(device), digest) for device, _, digest in made.values()],
            )
        for device, _, digest in made.values():
            known.secrets[device.id] = (digest, None, 0)
            known.hold(device, self.model)
        self._changed()
        return {name: secret for name, (_, secret, _) in made.items()}

    def change(self, tenant: str, device_id: str, **members: Any) -> Device:
        """Changes declared members of a device (see `CHANGEABLE`).

        Raises:
            ResourceNotFound, AlreadyExists, BadRequestData: as `get` and `add`.
        """
        if strange := set(members) - CHANGEABLE:
            raise BadRequestData(
                f"A device has no {', '.join(sorted(strange))} to change; there are {', '.join(sorted(CHANGEABLE))}"
            )
        known, old = self._tenant(tenant, always=True), self.get(tenant, device_id)
        try:
            given = {name: msgspec.to_builtins(getattr(old, name)) for name in CHANGEABLE} | msgspec.to_builtins(
                members
            )
            fresh = msgspec.convert(given | {"id": device_id}, Device)
        except msgspec.ValidationError as error:
            raise BadRequestData(f"Device {device_id} cannot be changed so: {error}") from error
        fresh.dev_eui = fresh.dev_eui.lower()
        fresh.created_us, fresh.revoked_us = old.created_us, old.revoked_us
        for name in LIVE:
            setattr(fresh, name, getattr(old, name))
        if {"name", "location", "entity_id", "entity_type"} & set(members):
            fresh.introduced_us = 0  # its next message carries them again
        check(fresh)
        self._check_taken(tenant, fresh, known)
        self._save(tenant, fresh, known)
        return fresh

    def revoke(self, tenant: str, device_id: str) -> Device:
        """From now on the device cannot sign in; what it sent stays."""
        return self._set_revoked(tenant, device_id, self._clock())

    def restore(self, tenant: str, device_id: str) -> Device:
        """Lets a revoked device sign in again."""
        return self._set_revoked(tenant, device_id, 0)

    def _set_revoked(self, tenant: str, device_id: str, at_us: int) -> Device:
        device, known = self.get(tenant, device_id), self._tenant(tenant)
        device.revoked_us = at_us
        self._save(tenant, device, known)
        return device

    def remove(self, tenant: str, device_id: str) -> None:
        """Forgets a device; the entity and its past stay."""
        device, known = self.get(tenant, device_id), self._tenant(tenant)
        with self.tables.shelf(tenant).transaction() as db:
            db.execute("DELETE FROM device WHERE id = ?", (device_id,))
        known.forget(device, self.model)
        known.secrets.pop(device_id, None)
        self._changed()

    def rotate(self, tenant: str, device_id: str, *, grace_s: float = GRACE_S) -> str:
        """A new secret, shown this once; the old one stays good for `grace_s`, so that the device can be told."""
        self.get(tenant, device_id)
        known = self._tenant(tenant)
        secret, digest = _new_secret()
        old, until_us = known.secrets[device_id][0], self._clock() + round(grace_s * SECOND)
        with self.tables.shelf(tenant).transaction() as db:
            db.execute(
                "UPDATE device SET secret = ?, old_secret = ?, old_until_us = ? WHERE id = ?",
                (digest, old, until_us, device_id),
            )
        known.secrets[device_id] = (digest, old, until_us)
        return secret

    def flush(self) -> int:
        """Writes what was heard since the last time, a transaction a tenant; how many devices that were."""
        written = 0
        for tenant, known in list(self._known.items()):
            dirty, known.dirty = known.dirty, set()
            rows = [(*(getattr(d, n) for n in LIVE), d.id) for i in dirty if (d := known.devices.get(i)) is not None]
            if rows:
                with self.tables.shelf(tenant).transaction() as db:
                    db.executemany(f"UPDATE device SET {', '.join(f'{n} = ?' for n in LIVE)} WHERE id = ?", rows)  # noqa: S608
                written += len(rows)
        return written

    def close(self, tenant: str) -> None:
        """Writes and forgets what is in memory of a tenant; the next question reads it again."""
        self.flush()
        self._known.pop(tenant, None)
        self._changed()

    # Reading.

    def _changed(self) -> None:
        self.generation += 1
        self._routes_read_s = -1e9

    def _tenant_or_none(self, tenant: str, *, always: bool = False) -> _Known | None:
        known = self._known.get(tenant)
        if known is not None and not always and time.monotonic() - known.checked_s < _RECHECK_S:
            return known
        if tenant not in self._known and not (self.tables.folder / tenant).is_dir():
            return None
        return self._tenant(tenant, always=always) if tenant else None

    def _tenant(self, tenant: str, *, always: bool = True) -> _Known:
        known, shelf = self._known.get(tenant), self.tables.shelf(tenant)
        if known is None:
            shelf.foreign_change()
            known = self._known[tenant] = self._read(tenant)
        elif shelf.foreign_change(wait=always):
            known = self._known[tenant] = self._read(tenant, known)
            self._changed()
        known.checked_s = time.monotonic()
        return known

    def _read(self, tenant: str, before: _Known | None = None) -> _Known:
        known, shelf = _Known(), self.tables.shelf(tenant)
        with shelf.lock:
            rows = shelf.db.execute(
                f"SELECT body, secret, old_secret, old_until_us, {', '.join(LIVE)} FROM device"  # noqa: S608
            ).fetchall()
        for body, secret, old, until_us, *live in rows:
            device = _decoder.decode(body)
            was = before.devices.get(device.id) if before else None
            for name, value in zip(LIVE, live, strict=True):
                # What we heard is newer than the file, unless the file was told to introduce again.

                setattr(
                    device, name, getattr(was, name) if was and not (name == "introduced_us" and value == 0) else value
                )
            known.secrets[device.id] = (secret, old, until_us)
            known.hold(device, self.model)
        if before:
            known.dirty = before.dirty & known.devices.keys()
        return known

    def _save(self, tenant: str, device: Device, known: _Known) -> None:
        with self.tables.shelf(tenant).transaction() as db:
            db.execute(
                "UPDATE device SET body = ?, introduced_us = ? WHERE id = ?",
                (_body(device), device.introduced_us, device.id),
            )
        known.forget(known.devices[device.id], self.model)
        known.hold(device, self.model)
        self._changed()

    def _check_taken(self, tenant: str, device: Device, known: _Known) -> None:
        twin = known.by_eui.get(device.eui)
        if device.eui and twin is not None and twin.id != device.id:
            raise AlreadyExists(f"DevEUI {device.eui} belongs to device {twin.id} already")
        for topic in device.topics:
            for other, its_tenant, its_device in self._declared_routes(fresh=True):
                if (its_tenant, its_device) != (tenant, device.id) and overlap(topic.split("/"), other):
                    whose = f"device {its_device}" if its_tenant == tenant else "another device of this installation"
                    raise AlreadyExists(f"Topic filter {topic} overlaps with {'/'.join(other)} of {whose}")
            if topic.split("/")[0] in self.tables.tenants():
                raise BadRequestData(
                    f"Topic filter {topic} begins with a tenant's name; those topics belong to its devices"
                )

    def _declared_routes(self, *, fresh: bool = False) -> Routes:
        # Of all tenants, open or not; read again at most every five seconds while nothing here says that it changed.
        if fresh or time.monotonic() - self._routes_read_s > 5:
            self._routes = list(self._read_routes())
            self._routes_read_s = time.monotonic()
        return self._routes

    def _read_routes(self) -> Iterator[Route]:
        for tenant in self.tables.tenants():
            if (self.tables.folder / tenant / "connect.db").exists():
                for device in self._tenant(tenant).devices.values():
                    if not device.revoked_us:
                        yield from ((topic.split("/"), tenant, device.id) for topic in device.topics)


def _sort_key(device: Device, sort: str) -> tuple[bool, Any, str]:
    value = getattr(device, sort)
    if sort == "name":
        value = (device.name or device.id).lower()
    return value is None, value if value is not None else 0, device.id


def _new_secret() -> tuple[str, bytes]:
    secret = tokens.token_hex(20)  # 160 bit
    return secret, hashlib.sha256(secret.encode()).digest()


def _body(device: Device) -> bytes:
    body: dict[str, Any] = msgspec.to_builtins(device)
    return msgspec.json.encode({k: v for k, v in body.items() if k not in LIVE})


_decoder = msgspec.json.Decoder(Device)
