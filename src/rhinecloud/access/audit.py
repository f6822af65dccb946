"""The audit log: every decision and change of state, in an order that nobody can alter unnoticed.

Each record carries SHA-256 over its canonical JSON and the hash of the record before it, so that a flipped, dropped,
inserted or swapped record breaks the chain. Each new head is also appended to the file `secrets/audit.heads`, apart
from the database: a cut-off tail, or a chain computed anew from some record on, no longer fits that file. Who can
change both can still forge; against that, note the head that `audit verify` prints somewhere else.

A change and its record are one transaction (`act`), so neither is ever there without the other.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import insert, select, update

from rhinecloud.base.clock import Clock

from .principal import Principal
from .store import Store
from .tables import audit, state

if TYPE_CHECKING:
    from sqlalchemy import Connection

SENSITIVE = ("password", "secret", "token", "cookie", "authorization", "credential", "verifier")
LONGEST_DETAIL = 8_000  # characters of JSON; a record is no place for payloads


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One record, as it is hashed (all members but `hash`)."""

    sequence: int
    at_us: int
    tenant: str
    actor: str
    name: str
    action: str
    subject: str
    outcome: str
    detail: str  # JSON object
    hash: str = ""

    def digest(self, previous: str) -> str:
        """Hash of this record as the one that follows `previous`."""
        members = msgspec.structs.asdict(self)
        del members["hash"]
        return hashlib.sha256(previous.encode() + msgspec.json.encode(members, order="deterministic")).hexdigest()


class Break(msgspec.Struct, frozen=True):
    """A place where the log is not what was written."""

    sequence: int
    reason: str


class Verdict(msgspec.Struct, frozen=True):
    """What verifying found; `head` is the newest record's hash, to be noted elsewhere."""

    records: int
    head: str
    breaks: tuple[Break, ...]


class Trail:
    """Blocking; any thread may use it.

    Args:
        heads: file that each new head is appended to.
        touched: told what an act touched, after its commit.
    """

    def __init__(self, store: Store, heads: Path, clock: Clock, touched: Callable[[str], None]) -> None:
        self._store, self._heads, self._clock, self._touched = store, heads, clock, touched

    @contextmanager
    def act(
        self, by: Principal, action: str, subject: str, *, tenant: str = "", touches: str = "", **detail: Any
    ) -> Iterator[Connection]:
        """A change of state with its record, in one durable commit; nothing is recorded when the block raises.

        Args:
            touches: "people", "sessions", "tenants" or "tokens": what other processes have to read anew.
        """
        with self._store.write() as db:
            sequence, previous = _take(db)
            if touches:
                db.execute(update(state).where(state.c.name == touches).values(number=state.c.number + 1))
            yield db
            record = self._record(sequence, by, action, subject, tenant, "done", detail)
            head = _append(db, record, previous)
        self._anchor([(sequence, head)])
        if touches:
            self._touched(touches)

    def write(self, entries: list[tuple[Principal, str, str, str, str, dict[str, Any]]]) -> None:
        """Records acts, in one commit: (who, action, subject, tenant, outcome, detail) each."""
        heads: list[tuple[int, str]] = []
        with self._store.write() as db:
            sequence, head = _take(db, len(entries))
            for number, (by, action, subject, tenant, outcome, detail) in enumerate(
                entries, sequence - len(entries) + 1
            ):
                head = _append(db, self._record(number, by, action, subject, tenant, outcome, detail), head)
                heads.append((number, head))
        self._anchor(heads)

    def records(
        self, *, tenant: str | None = None, actor: str = "", action: str = "", before: int = 0, limit: int = 100
    ) -> list[Record]:
        """The newest records first; `before` is the sequence to go on from; `action` may be a beginning ("token.")."""
        query = select(audit).order_by(audit.c.sequence.desc()).limit(limit)
        for column, value in ((audit.c.tenant, tenant), (audit.c.actor, actor or None)):
            query = query if value is None else query.where(column == value)
        if action:
            query = query.where(audit.c.action.startswith(action, autoescape=True))
        if before:
            query = query.where(audit.c.sequence < before)
        with self._store.read() as db:
            return [Record(**row) for row in db.execute(query).mappings()]

    def verify(self) -> Verdict:
        """Reads the whole log and the file of heads, and says everything that does not fit."""
        anchored = self._anchored()
        breaks: list[Break] = []
        count, expected, previous = 0, 1, ""
        with self._store.read() as db:
            rows = db.execution_options(yield_per=1000).execute(select(audit).order_by(audit.c.sequence))
            for row in rows.mappings():
                record = Record(**row)
                if record.sequence != expected:
                    missing = f"records {expected} to {record.sequence - 1} are missing"
                    breaks.append(Break(expected, missing))
                elif record.digest(previous) != record.hash:
                    breaks.append(Break(record.sequence, "the record was changed, or the one before it was"))
                if anchored.get(record.sequence, record.hash) != record.hash:
                    breaks.append(Break(record.sequence, "the record has another hash than when it was written"))
                count, expected, previous = count + 1, record.sequence + 1, record.hash
            head = db.execute(select(state.c.number, state.c.text).where(state.c.name == "audit")).one()
        last = max([head.number, *anchored])
        if last >= expected:
            breaks.append(Break(expected, f"records {expected} to {last} were cut off"))
        return Verdict(count, previous, tuple(breaks))

    def holds(self, head: str) -> bool:
        """Whether a head that was noted earlier is still in the log."""
        with self._store.read() as db:
            return db.execute(select(audit.c.sequence).where(audit.c.hash == head)).first() is not None

    def _record(
        self, sequence: int, by: Principal, action: str, subject: str, tenant: str, outcome: str, detail: dict[str, Any]
    ) -> Record:
        body = msgspec.json.encode(redact(detail), order="deterministic").decode()
        if len(body) > LONGEST_DETAIL:
            body = msgspec.json.encode({"cut": body[:LONGEST_DETAIL]}).decode()
        return Record(
            sequence=sequence,
            at_us=self._clock(),
            tenant=tenant,
            actor=by.source,
            name=_clean(by.name),
            action=action,
            subject=_clean(subject[:1000]),
            outcome=outcome,
            detail=body,
        )

    def _anchor(self, heads: list[tuple[int, str]]) -> None:
        """Not synced: after a power cut the file may lag behind the log, which verifying takes for what it is."""
        handle = os.open(self._heads, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        try:
            os.write(handle, "".join(f"{sequence} {head}\n" for sequence, head in heads).encode())
        finally:
            os.close(handle)

    def _anchored(self) -> dict[int, str]:
        if not self._heads.exists():
            return {}
        lines = self._heads.read_text("ascii", errors="replace").splitlines()
        parts = (line.split(" ") for line in lines)
        return {int(p[0]): p[1] for p in parts if len(p) == 2 and p[0].isdecimal() and len(p[1]) == 64}


def redact(value: Any, name: str = "") -> Any:
    """`value` without what must never be stored: members named like a secret, and anything that looks like a token."""
    if isinstance(value, dict):
        return {_clean(str(k)): redact(v, str(k)) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(v, name) for v in value]
    if any(word in name.lower() for word in SENSITIVE) and not isinstance(value, bool | int):
        return "***"
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return "***" if text.startswith(("rc_", "Bearer ", "Basic ", "$argon2")) else _clean(text)


def _clean(text: str) -> str:
    """Without what UTF-8 (lone surrogates) or PostgreSQL (NUL) cannot hold."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def _take(db: Connection, count: int = 1) -> tuple[int, str]:
    """Takes the next `count` numbers, which also keeps every other writer waiting: (the last of them, head so far)."""
    row = db.execute(
        update(state)
        .where(state.c.name == "audit")
        .values(number=state.c.number + count)
        .returning(state.c.number, state.c.text)
    ).one()
    return row.number, row.text


def _append(db: Connection, record: Record, previous: str) -> str:
    head = record.digest(previous)
    db.execute(insert(audit).values(**msgspec.structs.asdict(record) | {"hash": head}))
    db.execute(update(state).where(state.c.name == "audit").values(text=head))
    return head
