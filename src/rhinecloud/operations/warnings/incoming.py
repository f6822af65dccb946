"""CAP messages of others: each is taken in once with its bytes, or refused once with its bytes and the reason.

A message that refers to others takes their place or ends them, in whatever order they come. Whether one means this
city is told by its area or by the keys that feeds use (ARS, SHN, AGS, DWD's warning cells).
"""

# ruff: noqa: S608 — SQL is put together from our own constants; whatever came in is a parameter

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound, Unreadable
from rhinecloud.operations.tables import Shelf, Work

from . import rules, signing
from .areas import Box, shape_of
from .cap import Message, Named, at_us
from .declare import Profile
from .forms import Item, items
from .shape import SEVERITY

Outcome = Literal["taken", "known", "refused"]
LATEST_S: Final = 3600.0
"""How far in the future a message may say that it was sent."""
_encode = msgspec.json.Encoder().encode
_MEMBERS: Final = (
    "id, sender, identifier, sent, sent_us, source, name, received_us, received_by, status, msg_type, severity, state,"
    " here, expires_us, seen_us, seen_by, headline, body"
)


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one message of a document."""

    name: str
    outcome: Outcome
    id: int = 0  # of what was taken in, or of what was refused
    identifier: str = ""
    headline: str = ""
    here: bool = False
    reason: str = ""
    detail: str = ""


class Kept(msgspec.Struct, frozen=True):
    """What is kept of a message beside its bytes."""

    message: Message
    hints: tuple[rules.Fault, ...]
    seal: signing.Seen


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A message of others, as it stands. `state`: live, superseded, cancelled, or a reply (Ack, Error)."""

    id: int
    sender: str
    identifier: str
    sent: str
    sent_us: int
    source: str
    name: str
    received_us: int
    received_by: str
    status: str
    msg_type: str
    severity: int  # place in Extreme … Unknown
    state: str
    here: bool
    expires_us: int | None
    seen_us: int | None
    seen_by: str
    headline: str
    kept: Kept
    incidents: tuple[str, ...] = ()

    def in_force(self, now_us: int) -> bool:
        return self.state == "live" and (self.expires_us is None or self.expires_us > now_us)


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a document after all looks at it that need no database."""

    item: Item
    digest: str
    kept: Kept | None = None
    here: bool = False
    fault: Unreadable | None = None


def read(name: str, data: bytes, profile: Profile, box: Box, now_us: int) -> list[Read]:
    """The messages of a document, each judged. Slow with large ones: not in the loop, and in no transaction."""
    return [_judged(item, profile, box, now_us) for item in items(name[:300] or "message", data)]


def _judged(item: Item, profile: Profile, box: Box, now_us: int) -> Read:
    digest = hashlib.sha256(item.data).hexdigest()
    if item.message is None:
        return Read(item=item, digest=digest, fault=item.fault)
    message = item.message
    try:
        faults = rules.check(message, box)
    except Exception as error:  # geometry libraries, on areas of any kind
        return Read(
            item=item, digest=digest, fault=Unreadable(f"Its area cannot be understood: {error}", reason="area")
        )
    errors = rules.errors(faults)
    sent = at_us(message.sent)
    if sent is None or sent > now_us + LATEST_S * SECOND:
        errors = [*errors, rules.Fault("error", "sent-future", "sent", f"It says that it is sent at {message.sent}")]
    if errors:
        detail = "; ".join(f"{f.where}: {f.text}" for f in errors)[:1000]
        return Read(item=item, digest=digest, fault=Unreadable(detail, reason=errors[0].rule))
    kept = Kept(message, tuple(f for f in faults if f.level == "hint"), signing.look(item.data))
    return Read(item=item, digest=digest, kept=kept, here=concerns(message, profile, box))


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said of one message of a document."""

    name: str
    version: str
    kind: str
    seal: str
    faults: tuple[rules.Fault, ...]


def examine(name: str, data: bytes) -> list[Examined]:
    """Every message of a document with all that is wrong with it; nothing is kept."""
    made = []
    for item in items(name, data):
        message, fault = item.message, item.fault
        faults = rules.check(message) if message else []
        if fault is not None:
            faults = [rules.Fault("error", fault.reason, "", fault.detail)]
        seal = signing.look(item.data).state if message else ""
        made.append(
            Examined(
                name=item.name,
                version=message.version if message else "",
                kind=message.msg_type if message else "",
                seal=seal,
                faults=tuple(faults),
            )
        )
    return made


# ── does it mean us? ─────────────────────────────────────────────────────────────────────────────────────────────────


def concerns(message: Message, profile: Profile, box: Box) -> bool:
    """Whether a message means this city: by a key of it, by an area that reaches it, or since it names no area."""
    areas = list(message.areas())
    codes = [c for a in areas for c in a.geocodes]
    codes += [p for i in message.infos for p in i.parameters if p.name == "warnVerwaltungsbereiche"]
    if any(_means(code, profile) for code in codes):
        return True
    import shapely

    shape = shape_of(areas)
    if not shape.is_empty:
        return bool(shape.intersects(shapely.box(*box)))
    return not codes and not areas


def _means(code: Named, profile: Profile) -> bool:
    if any(code.name == c.name and code.value == c.value for c in profile.geocodes):
        return True
    key = profile.regional_key
    if not key:
        return False
    name = code.name.upper()
    for value in re.split(r"[,;\s]+", code.value):
        if name == "WARNCELLID" and len(value) == 9 and value[0] in "178" and value[1:6] == key[:5]:
            return True
        if (
            name in ("SHN", "ARS", "AREAID", "AGS", "WARNVERWALTUNGSBEREICHE")
            and value.isdigit()
            and len(value) in (5, 8, 12)
        ):
            short = value.rstrip("0")
            whole = value.startswith("1") and short == "1"  # 100000000000: all of Germany
            if whole or (len(short) >= 1 and key.startswith(short.ljust(2, "0"))):
                return True
    return False


# ── taking in ────────────────────────────────────────────────────────────────────────────────────────────────────────


def take(work: Work, found: Iterable[Read], source: str) -> list[Taken]:
    """Keeps what was read, in the open transaction."""
    return [_refuse(work, r, source) if r.kept is None else _take(work, r, r.kept, source) for r in found]


def _refuse(work: Work, given: Read, source: str) -> Taken:
    fault = given.fault or Unreadable("It cannot be read", reason="unknown")
    row = work.row("SELECT id FROM cap_refused WHERE digest = ? AND source = ?", given.digest, source)
    if row is not None:
        work.run("UPDATE cap_refused SET times = times + 1, last_us = ? WHERE id = ?", work.now, row[0])
        number = int(row[0])
    else:
        number = work.run(
            "INSERT INTO cap_refused (digest, source, name, received_us, received_by, last_us, reason, detail, raw)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(
                given.digest,
                source,
                given.item.name,
                work.now,
                work.by.who,
                work.now,
                fault.reason,
                fault.detail[:2000],
            ),
            given.item.data,
        )
        work.tell("cap.refused", str(number), reason=fault.reason, source=source)
    return Taken(name=given.item.name, outcome="refused", id=number, reason=fault.reason, detail=fault.detail)


def _take(work: Work, given: Read, kept: Kept, source: str) -> Taken:
    message = kept.message
    key = (message.sender, message.identifier, message.sent)
    row = work.row("SELECT id, digest FROM cap_received WHERE sender = ? AND identifier = ? AND sent = ?", *key)
    info = message.info("de")
    headline = (info.headline or info.event if info else "") or message.note or message.identifier
    taken = Taken(
        name=given.item.name, outcome="taken", identifier=message.identifier, headline=headline, here=given.here
    )
    if row is not None and row[1] != given.digest:
        same = work.row("SELECT body FROM cap_received WHERE id = ?", row[0])
        if same is None or msgspec.json.decode(same[0], type=Kept).message != message:
            fault = Unreadable(
                f"Another message of {message.sender} has come with the same identifier and time",
                reason="identifier-reused",
            )
            return _refuse(work, msgspec.structs.replace(given, kept=None, fault=fault), source)
    if row is not None:
        return msgspec.structs.replace(taken, outcome="known", id=row[0])
    number = work.run(
        "INSERT INTO cap_received (sender, identifier, sent, sent_us, digest, source, name, received_us, received_by,"
        " status, msg_type, severity, state, here, expires_us, headline, body, raw)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(*key, at_us(message.sent), given.digest, source, given.item.name, work.now, work.by.who),
        *(message.status, message.msg_type, _severity(message), _state(work, message), given.here),
        *(message.expires_us, headline[:500], _encode(kept), given.item.data),
    )
    words = " ".join(
        {headline, message.identifier, message.sender, *(i.event for i in message.infos), *_places(message)}
    )
    work.run("INSERT INTO cap_text (rowid, words) VALUES (?, ?)", number, words[:20_000])
    _relate(work, message, number)
    if given.here:
        work.tell("cap.received", str(number), headline=headline[:200], type=message.msg_type, status=message.status)
    return msgspec.structs.replace(taken, id=number)


def _severity(message: Message) -> int:
    return min((SEVERITY.index(i.severity) for i in message.infos if i.severity in SEVERITY), default=len(SEVERITY) - 1)


def _places(message: Message) -> list[str]:
    return [a.desc for i in message.infos[:1] for a in i.areas[:200]]


def _state(work: Work, message: Message) -> str:
    """Of a new message: one that came after its own successor is superseded from the start."""
    if message.msg_type in ("Ack", "Error"):
        return "reply"
    if message.msg_type == "Cancel":
        return "cancel"
    rows = work.rows(
        "SELECT r.msg_type FROM cap_reference f JOIN cap_received r ON r.id = f.by"
        " WHERE f.sender = ? AND f.identifier = ? AND f.sent = ?",
        *(message.sender, message.identifier, message.sent),
    )
    kinds = {k for (k,) in rows}
    return "cancelled" if "Cancel" in kinds else "superseded" if "Update" in kinds else "live"


def _relate(work: Work, message: Message, number: int) -> None:
    """Notes what a message refers to, and takes those out of force."""
    for reference in message.referred():
        key = (reference.sender, reference.identifier, reference.sent)
        work.run("INSERT OR IGNORE INTO cap_reference VALUES (?, ?, ?, ?)", *key, number)
        after = {"Update": "superseded", "Cancel": "cancelled"}.get(message.msg_type)
        if after:
            work.run(
                "UPDATE cap_received SET state = ? WHERE sender = ? AND identifier = ? AND sent = ? AND state = 'live'",
                *(after, *key),
            )


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def get(asked: Work | Shelf, number: int) -> Received:
    rows = asked.rows(f"SELECT {_MEMBERS} FROM cap_received WHERE id = ?", number)
    if not rows:
        raise ResourceNotFound(f"Message {number} of others does not exist")
    return _received(asked, rows[0])


def raw(asked: Work | Shelf, number: int) -> bytes:
    rows = asked.rows("SELECT raw FROM cap_received WHERE id = ?", number)
    if not rows:
        raise ResourceNotFound(f"Message {number} of others does not exist")
    return bytes(rows[0][0])


def _received(asked: Work | Shelf, row: Sequence[Any]) -> Received:
    members = dict(zip((n.strip() for n in _MEMBERS.split(",")), row, strict=True))
    kept = msgspec.json.decode(members.pop("body"), type=Kept)
    found = asked.rows("SELECT incident FROM cap_incident WHERE received = ?", row[0])
    members["here"] = bool(members["here"])
    return Received(**members, kept=kept, incidents=tuple(i for (i,) in found))


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of messages is filtered by; the newest first."""

    here: bool | None = None
    in_force: bool | None = None
    text: str = ""
    source: str = ""
    unseen: bool = False
    limit: int = 50
    offset: int = 0


def search(shelf: Shelf, wanted: Wanted, now_us: int) -> tuple[list[Received], int]:
    """A page of messages, and how many there are in all."""
    where, values = ["TRUE"], list[object]()
    if wanted.here is not None:
        where.append("here = ?")
        values.append(wanted.here)
    if wanted.in_force:
        where.append("state = 'live' AND (expires_us IS NULL OR expires_us > ?)")
        values.append(now_us)
    if wanted.source:
        where.append("source = ?")
        values.append(wanted.source)
    if wanted.unseen:
        where.append("seen_us IS NULL")
    if words := " ".join(f'"{w}"*' for w in re.findall(r"\w+", wanted.text)[:10]):
        where.append("id IN (SELECT rowid FROM cap_text WHERE words MATCH ?)")
        values.append(words)
    condition = " AND ".join(where)
    total = shelf.rows(f"SELECT count(*) FROM cap_received WHERE {condition}", *values)[0][0]
    rows = shelf.rows(
        f"SELECT {_MEMBERS} FROM cap_received WHERE {condition} ORDER BY sent_us DESC, id DESC LIMIT ? OFFSET ?",
        *(*values, min(wanted.limit, 500), wanted.offset),
    )
    return [_received(shelf, row) for row in rows], int(total)


def sources(shelf: Shelf) -> list[str]:
    return [s for (s,) in shelf.rows("SELECT DISTINCT source FROM cap_received ORDER BY source")]


def seen(work: Work, number: int) -> None:
    work.run(
        "UPDATE cap_received SET seen_us = ?, seen_by = ? WHERE id = ? AND seen_us IS NULL",
        *(work.now, work.by.name or work.by.who, number),
    )
    work.tell("cap.seen", str(number))


# ── what was refused ─────────────────────────────────────────────────────────────────────────────────────────────────


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be taken in, until somebody closes it or it can be read."""

    id: int
    source: str
    name: str
    received_us: int
    received_by: str
    times: int
    last_us: int
    reason: str
    detail: str
    closed_us: int | None
    closed_by: str
    outcome: str
    size: int


_REFUSED: Final = (
    "id, source, name, received_us, received_by, times, last_us, reason, detail, closed_us, closed_by, outcome,"
    " length(raw)"
)


def refused(shelf: Shelf, *, closed: bool = False, limit: int = 50, offset: int = 0) -> tuple[list[Refused], int]:
    condition = "closed_us IS NOT NULL" if closed else "closed_us IS NULL"
    total = shelf.rows(f"SELECT count(*) FROM cap_refused WHERE {condition}")[0][0]
    rows = shelf.rows(
        f"SELECT {_REFUSED} FROM cap_refused WHERE {condition} ORDER BY last_us DESC, id DESC LIMIT ? OFFSET ?",
        *(min(limit, 500), offset),
    )
    return [Refused(**dict(zip(Refused.__struct_fields__, row, strict=True))) for row in rows], int(total)


def refused_one(asked: Work | Shelf, number: int) -> tuple[Refused, bytes]:
    rows = asked.rows(f"SELECT {_REFUSED}, raw FROM cap_refused WHERE id = ?", number)
    if not rows:
        raise ResourceNotFound(f"Nothing was refused under the number {number}")
    return Refused(**dict(zip(Refused.__struct_fields__, rows[0][:-1], strict=True))), bytes(rows[0][-1])


def close(work: Work, number: int, outcome: str) -> None:
    """Raises: Conflict: it is closed. BadRequestData: no reason."""
    if not outcome.strip():
        raise BadRequestData("Say why it need not be taken in")
    if refused_one(work, number)[0].closed_us is not None:
        raise Conflict("It is closed already")
    work.run(
        "UPDATE cap_refused SET closed_us = ?, closed_by = ?, outcome = ? WHERE id = ?",
        *(work.now, work.by.name or work.by.who, outcome.strip()[:500], number),
    )
    work.tell("cap.closed", str(number))
