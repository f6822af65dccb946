"""The outbox: what was handed over, the deliveries it became, and their marks. All of it by way of `Work`.

What is handed over is durable with the change that it tells of. A mark counts the first time it comes, in whatever
order; the furthest one is the delivery's state.
"""

# ruff: noqa: S608 — SQL is put together from our own constants; whatever came in is a parameter

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound
from rhinecloud.operations import incidents, journal
from rhinecloud.operations.tables import Shelf, Work

from .declare import CHANNELS, NEWS, PRIORITIES, Attachment, Attempt, Delivery, Mark, Message, Tell, Wanted, Way

FURTHEST: Final = ("waiting", "failed", "stopped", "sent", "received", "read", "declined", "accepted")
REACHED: Final[dict[Wanted, tuple[str, ...]]] = {
    "": ("sent", "received", "read", "accepted", "declined"),
    "received": ("received", "read", "accepted", "declined"),
    "read": ("read", "accepted", "declined"),
    "accepted": ("accepted",),
}
"""The states in which what was waited for is there."""
MOST_BYTES: Final = 10_000_000
COLUMNS: Final = ", ".join(Delivery.__struct_fields__)
_encode = msgspec.json.Encoder().encode
_given = msgspec.json.Decoder(Tell).decode


def tell(work: Work, given: Tell) -> Message:
    """Hands something over to be told; it goes out soon after this is committed. The same key again changes nothing.

    Raises:
        BadRequestData: it cannot be told as it is. ResourceNotFound: there is no such incident.
    """
    row = work.row("SELECT id FROM told WHERE key = ?", given.key)
    if row is not None:
        return get(work, row[0])
    _check(given)
    exercise, agencies = given.exercise or work.is_for_drills(), given.agencies
    if given.incident:
        incident = incidents.get(work, given.incident)
        exercise, agencies = exercise or incident.exercise, agencies or incident.agencies
    for file in given.attachments:
        if file.data:
            work.run("INSERT OR IGNORE INTO told_file VALUES (?, ?)", _digest(file.data), file.data)
    kept = msgspec.structs.replace(
        given,
        exercise=exercise,
        agencies=tuple(agencies),
        attachments=tuple(
            msgspec.structs.replace(f, data=b"", sha256=f.sha256 or _digest(f.data)) for f in given.attachments
        ),
    )
    climbs = work.now + round(given.within_s * SECOND) if given.wanted and given.within_s > 0 else None
    made = work.run(
        "INSERT INTO told (key, about, subject, incident, priority, exercise, made_us, made_by, climb_us, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(given.key, given.about, given.subject, given.incident, PRIORITIES.index(given.priority), exercise),
        *(work.now, work.by.who, climbs, _encode(kept)),
    )
    for agency in dict.fromkeys(agencies):
        work.run("INSERT INTO told_reader VALUES (?, ?)", agency, made)
    return get(work, made)


def _check(given: Tell) -> None:
    if not given.key.strip() or not given.about.strip():
        raise BadRequestData("What is told needs a key and a word for what it is about")
    if not given.to:
        raise BadRequestData("What is told needs a recipient")
    if bad := [r for r in (*given.to, *(r for stage in given.then for r in stage)) if ":" not in r or len(r) > 320]:
        raise BadRequestData(f"{bad[0][:80]!r} is no recipient; write unit:…, agency:…, person:…, list:… or mailto:…")
    if not given.text and not given.data:
        raise BadRequestData("What is told needs a text or data")
    if any("\n" in t.subject or "\r" in t.subject or len(t.subject) > 300 for t in given.text.values()):
        raise BadRequestData("A subject is one line of at most 300 characters")
    if any(len(t.body) > 100_000 for t in given.text.values()):
        raise BadRequestData("A text has at most 100,000 characters")
    if sum(len(f.data) for f in given.attachments) > MOST_BYTES:
        raise BadRequestData(f"Files that go along have at most {MOST_BYTES // 1_000_000} MB together")
    if set(given.channels) - set(CHANNELS):
        raise BadRequestData(f"Channels are {', '.join(CHANNELS)}")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# ── deliveries ───────────────────────────────────────────────────────────────────────────────────────────────────────


def spread(work: Work, message: Message, stage: int, ways: Mapping[str, Sequence[Way]]) -> int:
    """Makes the deliveries of a message, one a way; how many. Somebody without a way is told as `telling.unreachable`.

    Args:
        stage: 0: those that it is for; further ones: those that it climbs to.
        ways: by recipient.
    """
    made = 0
    for recipient, found in ways.items():
        for way in found:
            _deliver(work, message, recipient, way)
            made += 1
        if not found:
            _say(work, message, "unreachable", recipient, recipient=recipient)
    work.run("UPDATE told SET spread = 1, stage = ? WHERE id = ?", stage, message.id)
    if made and message.given.about != NEWS:
        _say(work, message, "told", str(message.id), deliveries=made, stage=stage)
    return made


def _deliver(work: Work, message: Message, recipient: str, way: Way) -> None:
    """A delivery; of a drill, where it would leave the city on a way for real things, one that never goes out."""
    barred = message.exercise and way.channel in ("email", "webhook") and not way.exercise
    answerable = way.channel == "email" and message.given.wanted
    work.run(
        "INSERT INTO delivery (id, told, recipient, way, channel, address, language, line, priority, state, made_us,"
        " next_us, code, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(incidents.new_id(work.now), message.id, recipient, way.id or None, way.channel, way.address, way.language),
        "email" if way.channel == "email" else f"{way.channel}:{way.address}",
        PRIORITIES.index(message.given.priority),
        "stopped" if barred else "waiting",
        work.now,
        None if barred or way.channel == "web" else work.now + round(way.after_s * SECOND),
        secrets.token_urlsafe(24) if answerable else "",
        "a drill does not go out on a real channel" if barred else "",
    )


def stop(work: Work, told: int, reason: str, *, recipient: str = "") -> None:
    """It is not told any more (to anybody, or to one recipient but on their page): what has not gone out
    stays, nothing climbs."""
    if not recipient:
        work.run("UPDATE told SET ended_us = ?, climb_us = NULL, spread = 1 WHERE id = ?", work.now, told)
    work.run(
        "UPDATE delivery SET state = 'stopped', next_us = NULL, reason = ? WHERE told = ? AND state = 'waiting'"
        " AND begun_us IS NULL AND (? = '' OR (recipient = ? AND channel <> 'web'))",
        *(reason, told, recipient, recipient),
    )


def mark(
    work: Work, delivery_id: str, what: Mark, *, at_us: int | None = None, who: str = "", reason: str = ""
) -> Delivery:
    """What is known of the way of a message, or its answer; each mark counts the first time.

    Raises:
        ResourceNotFound. BadRequestData: a decline has no reason. Conflict: it was answered otherwise already.
    """
    found = delivery(work, delivery_id)
    answers = what in ("accepted", "declined")
    if answers and found.answered_us is not None and found.state != what:
        raise Conflict(f"{found.answered_by} has {found.state} it already", state=found.state)
    if what == "declined" and not reason.strip():
        raise BadRequestData("Who declines says why")
    column = "answered_us" if answers else f"{what}_us"
    if getattr(found, column) is not None:
        return found
    at = work.now if at_us is None else min(at_us, work.now)
    state = what if FURTHEST.index(what) > FURTHEST.index(found.state) else found.state
    work.run(f"UPDATE delivery SET {column} = ?, state = ?, next_us = NULL WHERE id = ?", *(at, state, delivery_id))
    if answers:
        work.run(
            "UPDATE delivery SET answered_by = ?, reason = ? WHERE id = ?",
            *(who or work.by.who, reason.strip(), delivery_id),
        )
    message = get(work, found.told)
    if what in ("read", "accepted", "declined"):
        stop(work, found.told, f"{what} on another way", recipient=found.recipient)
    if message.climb_us is not None and state in REACHED[message.given.wanted]:
        work.run("UPDATE told SET climb_us = NULL WHERE id = ?", message.id)
    if message.given.about != NEWS:
        detail = {"told": message.id, "recipient": found.recipient, "channel": found.channel}
        _say(work, message, what, delivery_id, **detail)
    return delivery(work, delivery_id)


def _say(work: Work, message: Message, what: str, subject: str, **detail: Any) -> None:
    given = message.given
    more = {"about": given.about, "of": given.subject} | detail
    work.tell(f"telling.{what}", subject, given.incident, given.agencies, **more)


def climb(work: Work, message: Message) -> tuple[str, ...]:
    """Nobody has given the mark that is waited for: who is told next; () when there is nobody left. Both are news."""
    given, stage = message.given, message.stage + 1
    following = given.then[stage - 1] if stage <= len(given.then) else ()
    further = stage < len(given.then) or (following and given.within_s > 0)
    due = work.now + round(given.within_s * SECOND) if further else None
    work.run("UPDATE told SET climb_us = ?, stage = ? WHERE id = ?", due, stage, message.id)
    _say(work, message, "silent", str(message.id), wanted=given.wanted, stage=stage, following=list(following))
    if given.incident:
        journal.note(work, given.incident, "unanswered", about=given.about, to=list(given.to), then=list(following))
    return following


def again(work: Work, delivery_id: str) -> Delivery:
    """Sends one again that failed or was stopped, with the same id. Raises: Conflict: it is on its way, or arrived."""
    found = delivery(work, delivery_id)
    if found.state not in ("failed", "stopped") or found.channel == "web":
        raise Conflict(f"This one is {found.state}; what failed can be sent again", state=found.state)
    work.run("UPDATE delivery SET state = 'waiting', next_us = ?, reason = '' WHERE id = ?", work.now, delivery_id)
    return delivery(work, delivery_id)


def forget_news(work: Work, before_us: int, limit: int = 500) -> int:
    """Takes away news that were told long ago, and of which nothing waits; how many. All else is kept."""
    rows = work.rows(
        "SELECT id FROM told WHERE about = ? AND made_us < ? AND NOT EXISTS"
        " (SELECT 1 FROM delivery WHERE told = told.id AND next_us IS NOT NULL) ORDER BY id LIMIT ?",
        *(NEWS, before_us, limit),
    )
    for (told,) in rows:
        work.run("DELETE FROM delivery_attempt WHERE delivery IN (SELECT id FROM delivery WHERE told = ?)", told)
        work.run("DELETE FROM delivery WHERE told = ?", told)
        work.run("DELETE FROM told_reader WHERE told = ?", told)
        work.run("DELETE FROM told WHERE id = ?", told)
    return len(rows)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def get(asked: Work | Shelf, told: int) -> Message:
    """Raises: ResourceNotFound."""
    found = _messages(asked, "id = ?", told)
    if not found:
        raise ResourceNotFound(f"Message {told} does not exist")
    return found[0]


def of_key(asked: Work | Shelf, key: str) -> Message | None:
    found = _messages(asked, "key = ?", key)
    return found[0] if found else None


def of_incident(asked: Work | Shelf, incident_id: str) -> list[Message]:
    """What was told of an incident but news, in order."""
    return _messages(asked, "incident = ? AND about <> ? ORDER BY id", incident_id, NEWS)


def to_spread(asked: Work | Shelf, limit: int = 100) -> list[Message]:
    return _messages(asked, "spread = 0 ORDER BY priority DESC, id LIMIT ?", limit)


def to_climb(asked: Work | Shelf, now: int) -> list[Message]:
    return _messages(asked, "climb_us <= ? ORDER BY climb_us LIMIT 100", now)


def _messages(asked: Work | Shelf, where: str, *values: object) -> list[Message]:
    columns = "id, body, made_us, made_by, exercise, stage, climb_us, ended_us"
    rows = asked.rows(f"SELECT {columns} FROM told WHERE {where}", *values)
    return [
        Message(
            id=number,
            given=_given(body),
            made_us=made_us,
            made_by=made_by,
            exercise=bool(exercise),
            stage=stage,
            climb_us=climb_us,
            ended_us=ended_us,
        )
        for number, body, made_us, made_by, exercise, stage, climb_us, ended_us in rows
    ]


def file(asked: Work | Shelf, kept: Attachment) -> bytes:
    """Raises: ResourceNotFound."""
    rows = asked.rows("SELECT body FROM told_file WHERE sha256 = ?", kept.sha256)
    if not rows:
        raise ResourceNotFound(f"File {kept.name[:80]} does not exist")
    return bytes(rows[0][0])


def delivery(asked: Work | Shelf, delivery_id: str) -> Delivery:
    """Raises: ResourceNotFound."""
    rows = asked.rows(f"SELECT {COLUMNS} FROM delivery WHERE id = ?", delivery_id)
    if not rows:
        raise ResourceNotFound(f"Delivery {delivery_id[:40]} does not exist")
    return as_delivery(rows[0])


def of_code(asked: Work | Shelf, code: str) -> Delivery:
    """The delivery whose answer page has this unguessable address. Raises: ResourceNotFound."""
    rows = asked.rows(f"SELECT {COLUMNS} FROM delivery WHERE code = ? AND code <> ''", code)
    if not rows:
        raise ResourceNotFound("There is no message at this address")
    return as_delivery(rows[0])


def deliveries(asked: Work | Shelf, told: int) -> list[Delivery]:
    return [as_delivery(r) for r in asked.rows(f"SELECT {COLUMNS} FROM delivery WHERE told = ? ORDER BY num", told)]


def attempts(asked: Work | Shelf, delivery_id: str) -> list[Attempt]:
    names = ", ".join(Attempt.__struct_fields__)
    rows = asked.rows(f"SELECT {names} FROM delivery_attempt WHERE delivery = ? ORDER BY number", delivery_id)
    return [msgspec.convert(dict(zip(Attempt.__struct_fields__, r, strict=True)), Attempt) for r in rows]


def as_delivery(row: tuple[Any, ...]) -> Delivery:
    return msgspec.convert(dict(zip(Delivery.__struct_fields__, row, strict=True)), Delivery)
