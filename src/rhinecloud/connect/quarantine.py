"""Quarantine: what could not be read, with its bytes and the reason, until someone mends the cause and replays it.

Each message lies here once, by (stream, sequence). The room is bounded: beyond it the oldest goes, which is
counted and said.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from rhinecloud.base.clock import Clock, now_us
from rhinecloud.base.errors import ResourceNotFound, Unreadable
from rhinecloud.base.model import Outcome, Result, Update
from rhinecloud.base.telemetry import counter

from .decode import Decoded, Raw
from .tables import Shelf, Tables

MAX_ROWS: Final = 100_000
MAX_BYTES: Final = 512 * 1024**2
EVICTED: Final = "quarantine_evicted"
_REPLAYED_AT_ONCE: Final = 500

evictions = counter("quarantine_evicted", "Messages that left the full quarantine unread", ("tenant",))

Decode = Callable[[Sequence[tuple[str, Raw]]], Awaitable[list[Decoded]]]
Write = Callable[[list[Update]], Awaitable[list[Result]]]


class Item(msgspec.Struct, kw_only=True):
    """A message in quarantine. `data` is empty in lists."""

    id: int
    stream: str
    sequence: int
    subject: str
    device: str
    reason: str
    detail: str
    size: int
    stored_us: int
    put_us: int
    attempts: int
    data: bytes = b""


class Summary(NamedTuple):
    """How full the quarantine is, and with what."""

    messages: int
    bytes: int
    evicted: int  # since ever: gone unread, since it was full
    reasons: dict[str, int]
    devices: dict[str, int]  # the twenty with most


class Replayed(NamedTuple):
    """What a replay came to."""

    read: int
    updates: int
    still: int


class Listing(NamedTuple):
    items: list[Item]
    total: int


Items = list[Item]
Ids = list[int]
Errors = list[Unreadable | None]
Read = list[Decoded]


_COLUMNS: Final = "id, stream, sequence, subject, device, reason, detail, size, stored_us, put_us, attempts"


class Quarantine:
    """Of all tenants; every call names its tenant. Calls are short and synchronous, `replay` is not."""

    def __init__(
        self, tables: Tables, *, clock: Clock = now_us, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES
    ) -> None:
        self._tables, self._clock, self._max_rows, self._max_bytes = tables, clock, max_rows, max_bytes
        self._size: dict[str, tuple[int, int]] = {}

    def put(self, tenant: str, messages: Iterable[tuple[Raw, str, Unreadable]]) -> int:
        """Keeps (message, device, error) each, in one transaction; how many are new. Durable when it returns."""
        now = self._clock()
        rows = [
            (
                *_identity(m),
                m.subject[:500],
                device[:100],
                error.reason,
                error.detail[:1000],
                m.data,
                len(m.data),
                m.stored_us,
                now,
            )
            for m, device, error in messages
        ]
        if not rows:
            return 0
        shelf, new, size = self._tables.shelf(tenant), 0, 0
        with shelf.transaction() as db:
            rows_now, bytes_now = self._sizes(tenant, shelf)
            for row in rows:
                added = db.execute(
                    "INSERT INTO quarantine (stream, sequence, subject, device, reason, detail,"
                    " data, size, stored_us, put_us)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (stream, sequence) DO NOTHING",
                    row,
                ).rowcount
                new, size = new + added, size + added * row[7]
            rows_now, bytes_now = rows_now + new, bytes_now + size
            if rows_now > self._max_rows or bytes_now > self._max_bytes:
                rows_now, bytes_now = self._evict(tenant, shelf, rows_now, bytes_now)
        self._size[tenant] = rows_now, bytes_now
        return new

    async def keep(self, tenant: str, messages: Sequence[tuple[Raw, str, Unreadable]]) -> None:
        """As `put`, off the event loop: a commit waits for the disk."""
        await asyncio.to_thread(self.put, tenant, messages)

    def close(self, tenant: str) -> None:
        """Forgets what is in memory of a tenant."""
        self._size.pop(tenant, None)

    def _sizes(self, tenant: str, shelf: Shelf) -> tuple[int, int]:
        """(rows, bytes) that lie there, from memory where we know them."""
        if tenant not in self._size:
            row = shelf.db.execute("SELECT count(*), coalesce(sum(size), 0) FROM quarantine").fetchone()
            self._size[tenant] = int(row[0]), int(row[1])
        return self._size[tenant]

    def _evict(self, tenant: str, shelf: Shelf, rows: int, size: int) -> tuple[int, int]:
        """Oldest first, to nine tenths, so that this happens now and then only."""
        gone = 0
        for item, its_bytes in shelf.db.execute("SELECT id, size FROM quarantine ORDER BY id").fetchall():
            if rows <= self._max_rows * 0.9 and size <= self._max_bytes * 0.9:
                break
            shelf.db.execute("DELETE FROM quarantine WHERE id = ?", (item,))
            rows, size, gone = rows - 1, size - its_bytes, gone + 1
        shelf.db.execute(
            "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            (EVICTED, gone),
        )
        evictions.labels(tenant).inc(gone)
        return rows, size

    def list(
        self,
        tenant: str,
        *,
        search: str = "",
        reason: str = "",
        device: str = "",
        newest_first: bool = True,
        offset: int = 0,
        limit: int = 50,
    ) -> Listing:
        """A page; `search` is looked for in subject, detail and device."""
        where, values = _where(reason=reason, device=device, search=search)
        shelf = self._tables.shelf(tenant)
        order = "DESC" if newest_first else "ASC"
        with shelf.lock:
            rows = shelf.db.execute(
                f"SELECT {_COLUMNS} FROM quarantine {where} ORDER BY id {order} LIMIT ? OFFSET ?",  # noqa: S608
                (*values, limit, offset),
            ).fetchall()
            total = shelf.db.execute(f"SELECT count(*) FROM quarantine {where}", values).fetchone()[0]  # noqa: S608
        return Listing([_item(row) for row in rows], total)

    def get(self, tenant: str, item: int) -> Item:
        """One message with its bytes.

        Raises:
            ResourceNotFound: it is not there (any more).
        """
        shelf = self._tables.shelf(tenant)
        with shelf.lock:
            row = shelf.db.execute(f"SELECT {_COLUMNS}, data FROM quarantine WHERE id = ?", (item,)).fetchone()  # noqa: S608
        if row is None:
            raise ResourceNotFound(
                f"Message {item} is not in the quarantine of tenant {tenant}; it was replayed, discarded or pushed out"
            )
        found = _item(row[:-1])
        found.data = row[-1]
        return found

    def discard(
        self, tenant: str, *, ids: Sequence[int] = (), reason: str = "", device: str = "", everything: bool = False
    ) -> int:
        """Deletes messages unread: those named, or all with that reason or device; how many."""
        if not (ids or reason or device or everything):
            return 0
        shelf = self._tables.shelf(tenant)
        with shelf.transaction() as db:
            if ids:
                gone = sum(db.execute("DELETE FROM quarantine WHERE id = ?", (item,)).rowcount for item in ids)
            else:
                where, values = _where(reason=reason, device=device)
                gone = db.execute(f"DELETE FROM quarantine {where}", values).rowcount  # noqa: S608
        self._size.pop(tenant, None)
        return gone

    def summary(self, tenant: str) -> Summary:
        shelf = self._tables.shelf(tenant)
        with shelf.lock:
            count, size = shelf.db.execute("SELECT count(*), coalesce(sum(size), 0) FROM quarantine").fetchone()
            reasons = dict(
                shelf.db.execute("SELECT reason, count(*) FROM quarantine GROUP BY reason ORDER BY 2 DESC").fetchall()
            )
            devices = dict(
                shelf.db.execute(
                    "SELECT device, count(*) FROM quarantine GROUP BY device ORDER BY 2 DESC LIMIT 20"
                ).fetchall()
            )
            evicted = shelf.db.execute("SELECT value FROM counter WHERE name = ?", (EVICTED,)).fetchone()
        return Summary(count, size, evicted[0] if evicted else 0, reasons, devices)

    async def replay(
        self, tenant: str, decode: Decode, write: Write, *, ids: Sequence[int] = (), reason: str = "", device: str = ""
    ) -> Replayed:
        """Reads messages again with the mappings, codecs and devices of now.

        What can be read is written (durable when `write` returns) and leaves; the rest stays, with the reason of now.
        Killed in between, a message is replayed twice, which changes nothing: the same observation is one fact.
        """
        chosen = list(ids) or self._chosen(tenant, reason, device)
        read = updates = still = 0
        for start in range(0, len(chosen), _REPLAYED_AT_ONCE):
            items = self._load(tenant, chosen[start : start + _REPLAYED_AT_ONCE])
            decoded = await decode([(tenant, item) for item in items])
            errors = await _written(decoded, write)
            self._settle(tenant, items, decoded, errors)
            failed = sum(error is not None for error in errors)
            read, still = read + len(items) - failed, still + failed
            updates += sum(len(one.updates) for one in decoded)
        return Replayed(read, updates, still)

    def _chosen(self, tenant: str, reason: str, device: str) -> Ids:
        where, values = _where(reason=reason, device=device)
        shelf = self._tables.shelf(tenant)
        with shelf.lock:
            return [row[0] for row in shelf.db.execute(f"SELECT id FROM quarantine {where} ORDER BY id", values)]  # noqa: S608

    def _load(self, tenant: str, ids: Ids) -> Items:
        found = Items()
        for item in ids:
            try:
                found.append(self.get(tenant, item))
            except ResourceNotFound:
                continue
        return found

    def _settle(self, tenant: str, items: Items, decoded: Read, errors: Errors) -> None:
        with self._tables.shelf(tenant).transaction() as db:
            for item, one, error in zip(items, decoded, errors, strict=True):
                if error is None:
                    db.execute("DELETE FROM quarantine WHERE id = ?", (item.id,))
                else:
                    db.execute(
                        "UPDATE quarantine SET reason = ?, detail = ?, device = ?, attempts = attempts + 1"
                        " WHERE id = ?",
                        (error.reason, error.detail[:1000], (one.device or item.device)[:100], item.id),
                    )
        self._size.pop(tenant, None)


async def _written(decoded: list[Decoded], write: Write) -> list[Unreadable | None]:
    """Writes what was read; for each message why it is not yet done with, or None."""
    every = [update for one in decoded for update in one.updates]
    results = await write(every) if every else []
    errors, at = list[Unreadable | None](), 0
    for one in decoded:
        mine, at = results[at : at + len(one.updates)], at + len(one.updates)
        refused = next((r for r in mine if r.outcome is Outcome.REFUSED), None)
        if refused is not None and one.error is None:
            why = refused.error.detail if refused.error else "the present refuses it"
            errors.append(Unreadable(why, reason="refused"))
        else:
            errors.append(one.error)
    return errors


def _identity(message: Raw) -> tuple[str, int]:
    """(stream, sequence); a message that lies nowhere (MQTT QoS 0) is told by its content and moment."""
    if message.stream:
        return message.stream, message.sequence
    digest = zlib.crc32(message.data, zlib.crc32(message.subject.encode()))
    return "qos0", (message.stored_us << 12) ^ digest


def _where(*, reason: str = "", device: str = "", search: str = "") -> tuple[str, tuple[Any, ...]]:
    conditions, values = list[str](), list[Any]()
    for column, value in (("reason", reason), ("device", device)):
        if value:
            conditions.append(f"{column} = ?")
            values.append(value)
    for word in search.split()[:10]:
        conditions.append("(subject || ' ' || detail || ' ' || device) LIKE ? ESCAPE '\\'")
        values.append("%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%")
    return ("WHERE " + " AND ".join(conditions) if conditions else ""), tuple(values)


def _item(row: tuple[Any, ...]) -> Item:
    return Item(**dict(zip(_COLUMNS.split(", "), row, strict=True)))
