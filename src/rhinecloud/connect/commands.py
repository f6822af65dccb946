"""Commands to devices, and what became of each: queued → delivered → confirmed | failed | expired.

A command goes out on `<tenant>/<device>/command` as ``{"id", "name", "params", "expires"}``. Delivered: the device's
MQTT client has acknowledged it. Confirmed or failed: the device says so on `…/command/ack` with ``{"id", "status",
"detail", "result"}``, where a missing status means confirmed. It may come twice (the same id), when a device was away.
Kept in `commands.db` of the tenant, so that a restart forgets none.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from rhinecloud.base.clock import SECOND, Clock, iso, now_us
from rhinecloud.base.database import connect, migrate
from rhinecloud.base.errors import BadRequestData, NonexistentTenant, ResourceNotFound, Unavailable, Unreadable
from rhinecloud.base.telemetry import counter, logger

log = logger("connect")
became = counter("commands", "Commands to devices by what became of them", ("tenant", "status"))

Status = Literal["queued", "delivered", "confirmed", "failed", "expired"]
OPEN: Final = ("queued", "delivered")
RESEND_S: Final = 2.0
"""A device that has just connected gets what its session held by itself; what is still queued then is sent again."""
EARLY: Final = 1000
"""Acknowledgements kept for commands whose number is not known yet; those of other messages are among them."""
LONGEST_S: Final = 30 * 86_400.0

SCHEMA: Final = (
    """
    CREATE TABLE command (
        id TEXT PRIMARY KEY, device TEXT NOT NULL, status TEXT NOT NULL, created_us INTEGER NOT NULL,
        expires_us INTEGER NOT NULL, body BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX command_device ON command (device, created_us);
    CREATE INDEX command_created ON command (created_us);
    CREATE INDEX command_open ON command (status, expires_us) WHERE status IN ('queued', 'delivered');
    """,
)


class Command(msgspec.Struct, kw_only=True):
    """One command and its life."""

    id: str
    tenant: str
    device: str
    name: str
    params: dict[str, Any] = {}
    by: str = ""  # who asked: "person:ID", "rule:ID", …
    status: Status = "queued"
    created_us: int = 0
    expires_us: int = 0
    delivered_us: int = 0  # 0: not (yet) known
    finished_us: int = 0
    detail: str = ""  # the device's words, or why it failed
    result: Any = None  # what the device gave back


class Answer(msgspec.Struct):
    """What a device says on `…/command/ack`."""

    id: str
    status: Literal["delivered", "confirmed", "failed"] = "confirmed"
    detail: str = ""
    result: Any = None


Listener = Callable[[Command], None]
Listing = list[Command]


class Commands:
    """Commands of all tenants below `folder` (DATA/tenants).

    Args:
        send: (topic, payload) → sequence in the broker's stream; `Backbone.send_mqtt`.
    """

    def __init__(self, folder: Path, send: Callable[[str, bytes], Awaitable[int]], *, clock: Clock = now_us) -> None:
        self._folder, self._send, self._clock = folder, send, clock
        self._open: dict[str, sqlite3.Connection] = {}
        self._lock = threading.Lock()
        self._sent: dict[int, tuple[str, str]] = {}  # sequence → (tenant, id), for those not delivered yet
        self._early: deque[int] = deque(maxlen=EARLY)  # acknowledged before we knew that the sequence is ours
        self._listeners: list[Listener] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Takes up the commands that were open when the process ended."""
        await asyncio.to_thread(self._recall)
        self._spawn(self._expire())

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with self._lock:
            for db in self._open.values():
                db.close()
            self._open.clear()

    def close(self, tenant: str) -> None:
        """Lets go of a tenant's file, before its folder is deleted."""
        with self._lock:
            if db := self._open.pop(tenant, None):
                db.close()

    async def send(
        self,
        tenant: str,
        device: str,
        name: str,
        params: dict[str, Any] | None = None,
        *,
        by: str = "",
        expires_s: float = 60,
    ) -> Command:
        """Queues a command, durable when it returns, and sends it.

        Raises:
            BadRequestData: no name, or an expiry that cannot be.
            Unavailable: it was not queued.
        """
        if not name or len(name) > 200:
            raise BadRequestData("A command needs a name of at most 200 characters")
        if not 0 < expires_s <= LONGEST_S:
            raise BadRequestData(f"A command expires after more than 0 and at most {LONGEST_S:.0f} seconds")
        now = self._clock()
        command = Command(
            id=f"{now:014x}{secrets.token_hex(4)}",
            tenant=tenant,
            device=device,
            name=name,
            params=params or {},
            by=by,
            created_us=now,
            expires_us=now + round(expires_s * SECOND),
        )
        await asyncio.to_thread(self._insert, command)
        self._tell(command)
        await self._transmit(command)
        return command

    def get(self, tenant: str, command_id: str) -> Command:
        """
        Raises:
            ResourceNotFound: there is no such command.
        """
        rows = self._read(tenant, "SELECT body FROM command WHERE id = ?", (command_id,))
        if not rows:
            raise ResourceNotFound(f"Command {command_id[:100]} does not exist in tenant {tenant}")
        return rows[0]

    def list(
        self, tenant: str, *, device: str = "", status: Status | None = None, limit: int = 50, offset: int = 0
    ) -> Listing:
        """Newest first."""
        wanted = {"device = ?": device, "status = ?": status}
        where = " AND ".join(k for k, v in wanted.items() if v) or "TRUE"
        return self._read(
            tenant,
            f"SELECT body FROM command WHERE {where} ORDER BY created_us DESC LIMIT ? OFFSET ?",  # noqa: S608 - our words
            (*(v for v in wanted.values() if v), limit, offset),
        )

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener`, in the loop, with every command that is new or has changed; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def delivered(self, sequence: int) -> None:
        """The broker says: a device's client has acknowledged the message of this sequence."""
        if found := self._sent.pop(sequence, None):
            await self._change(*found, Answer(found[1], "delivered"), self._clock())
        else:
            self._early.append(sequence)

    async def answered(self, tenant: str, device: str, payload: bytes, at_us: int) -> None:
        """The device's own word.

        Raises:
            Unreadable: it is no answer to a command of that device; reason "bad answer".
        """
        try:
            answer = msgspec.json.decode(payload, type=Answer)
            command = await asyncio.to_thread(self.get, tenant, answer.id)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ResourceNotFound) as error:
            raise Unreadable(f"This is no answer to a command: {error}", reason="bad answer") from error
        if command.device != device:
            raise Unreadable(f"Command {answer.id} was sent to {command.device}, not to {device}", reason="bad answer")
        await self._change(tenant, answer.id, answer, at_us)

    def connected(self, tenant: str, device: str) -> None:
        """The device has just connected: what it missed is sent again in a moment."""
        if any(t == tenant for t, _ in self._sent.values()):
            self._spawn(self._resend(tenant, device))

    async def _transmit(self, command: Command) -> None:
        message = {
            "id": command.id,
            "name": command.name,
            "params": command.params,
            "expires": iso(command.expires_us),
        }
        try:
            sequence = await self._send(f"{command.tenant}/{command.device}/command", msgspec.json.encode(message))
        except Unavailable as error:
            # It is queued; it goes out when the device connects anew, which it does when the broker is back.
            log.warning("command_waits", tenant=command.tenant, device=command.device, error=str(error))
            sequence = -int(command.id[:14], 16)
        self._sent[sequence] = (command.tenant, command.id)
        if sequence in self._early:  # a device that is near is quicker than the broker's word to us
            self._early.remove(sequence)
            await self.delivered(sequence)

    async def _resend(self, tenant: str, device: str) -> None:
        await asyncio.sleep(RESEND_S)
        for command in await asyncio.to_thread(self.list, tenant, device=device, status="queued", limit=1000):
            if command.expires_us > self._clock():
                for sequence in [s for s, known in self._sent.items() if known == (tenant, command.id)]:
                    del self._sent[sequence]
                await self._transmit(command)

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(1)
            for tenant in list(self._open):
                try:
                    for command in await asyncio.to_thread(self._overdue, tenant):
                        self._tell(command)
                except (sqlite3.Error, NonexistentTenant):
                    log.exception("commands_expire", tenant=tenant)

    async def _change(self, tenant: str, command_id: str, answer: Answer, at_us: int) -> None:
        changed = await asyncio.to_thread(self._apply, tenant, command_id, answer, at_us)
        if changed:
            self._tell(changed)

    def _tell(self, command: Command) -> None:
        became.labels(command.tenant, command.status).inc()
        if command.status != "queued":
            self._sent = {s: known for s, known in self._sent.items() if known[1] != command.id}
        for listener in list(self._listeners):
            try:
                listener(command)
            except Exception:
                log.exception("command_listener")

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # In threads, one at a time.

    def _db(self, tenant: str) -> sqlite3.Connection:
        """Under the lock."""
        db = self._open.get(tenant)
        if db is None:
            if not (self._folder / tenant).is_dir():
                raise NonexistentTenant(f"Tenant {tenant} does not exist")
            db = self._open[tenant] = connect(self._folder / tenant / "commands.db")
            migrate(db, SCHEMA)
        return db

    def _read(self, tenant: str, statement: str, values: tuple[Any, ...]) -> Listing:
        with self._lock:
            rows = self._db(tenant).execute(statement, values).fetchall()
        return [msgspec.json.decode(body, type=Command) for (body,) in rows]

    def _insert(self, command: Command) -> None:
        with self._lock:
            self._db(command.tenant).execute(
                "INSERT INTO command (id, device, status, created_us, expires_us, body) VALUES (?, ?, ?, ?, ?, ?)",
                (command.id, command.device, command.status, command.created_us, command.expires_us, _body(command)),
            )

    def _save(self, db: sqlite3.Connection, command: Command) -> None:
        db.execute("UPDATE command SET status = ?, body = ? WHERE id = ?", (command.status, _body(command), command.id))

    def _apply(self, tenant: str, command_id: str, answer: Answer, at_us: int) -> Command | None:
        """The command as it is now; None when the answer says nothing new."""
        with self._lock:
            db = self._db(tenant)
            row = db.execute("SELECT body FROM command WHERE id = ?", (command_id,)).fetchone()
            command = msgspec.json.decode(row[0], type=Command)
            if command.status in ("confirmed", "failed") or (
                answer.status == "delivered" and command.status != "queued"
            ):
                return None
            if answer.status == "delivered":
                command.delivered_us = at_us
            else:
                # Also after its expiry: the device did it, and the operator has to know.
                command.finished_us = at_us
                command.delivered_us = command.delivered_us or at_us
                command.detail, command.result = answer.detail, answer.result
            command.status = answer.status
            self._save(db, command)
            return command

    def _overdue(self, tenant: str) -> Listing:
        now = self._clock()
        with self._lock:
            db = self._db(tenant)
            rows = db.execute(
                "SELECT body FROM command WHERE status IN ('queued', 'delivered') AND expires_us <= ?", (now,)
            ).fetchall()
            overdue = [msgspec.json.decode(body, type=Command) for (body,) in rows]
            for command in overdue:
                command.detail = (
                    "the device did not answer" if command.status == "delivered" else "the device was not reached"
                )
                command.status, command.finished_us = "expired", now
                self._save(db, command)
        return overdue

    def _recall(self) -> None:
        """Opens the tenants that have commands; queued ones are sent again when their device connects."""
        for file in sorted(self._folder.glob("*/commands.db")):
            tenant = file.parent.name
            for command in self._read(tenant, "SELECT body FROM command WHERE status = 'queued'", ()):
                self._sent[-int(command.id[:14], 16)] = (tenant, command.id)


def _body(command: Command) -> bytes:
    return msgspec.json.encode(command)
