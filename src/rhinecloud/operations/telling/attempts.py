"""Attempts: which deliveries are due, that one is begun, and how it ended.

That an attempt begins is durable before anything is sent, so that one of a killed process is known as one whose outcome
nobody knows: it is made again with the same id, and counted as a doubt. A line that does not work now (an endpoint, a
device, the mail server) holds what waits on it together, so that one that hangs costs one attempt and not one each.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.base.telemetry import counter
from rhinecloud.operations.tables import Shelf, Work

from . import outbox, ways
from .declare import Attachment, Delivery, Message
from .outbox import COLUMNS, FURTHEST

WAITS_S: Final = (2.0, 10.0, 30.0, 120.0, 300.0, 900.0, 1800.0)
"""Between the attempts of one delivery; behind the last it has failed."""
HOLD_S: Final = (0.5, 2.0, 10.0, 30.0, 60.0, 120.0)
"""How long a line is left alone after so many failures in a row."""
LONGEST_S: Final = 86_400.0
"""What waited for so long has failed; it can be sent again by hand."""
MAIL: Final = "email"
TOGETHER: Final[dict[str, int]] = {MAIL: 10}
"""Deliveries of a line that are sent in one go; else 1."""
_HELD: Final = "EXISTS (SELECT 1 FROM line WHERE name = delivery.line AND until_us > ?)"
_ended = counter("telling_attempts", "Attempts to tell somebody", ("channel", "outcome"))


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """All that a channel needs to send one delivery."""

    delivery: Delivery
    message: Message
    number: int  # of the attempt
    secret: str = ""  # of the way, for signing
    code: str = ""  # of the page on which it is answered
    files: tuple[Attachment, ...] = ()  # with their bytes


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an attempt.

    `again`: another one may help. `whole`: it is the line that does not work, not this one message.
    """

    ok: bool
    detail: str = ""
    received: bool = False  # the other side has it for sure
    reference: str = ""
    again: bool = True
    whole: bool = False


def line_of(channel: str, address: str) -> str:
    return MAIL if channel == "email" else f"{channel}:{address}"


def due(shelf: Shelf, now: int, busy: Collection[str], line: str = "") -> dict[str, list[str]]:
    """Ids of what is due, by line (or of one); at most so many of each as are sent in one go, what is urgent first."""
    rows = shelf.rows(
        "SELECT line, id FROM (SELECT line, id, priority, num,"  # noqa: S608 - ours
        " row_number() OVER (PARTITION BY line ORDER BY priority DESC, num) AS place FROM delivery"
        f" WHERE next_us <= ? AND begun_us IS NULL AND (? = '' OR line = ?) AND NOT {_HELD})"
        " WHERE place <= 10 ORDER BY priority DESC, num",
        *(now, line, line, now),
    )
    found: dict[str, list[str]] = {}
    for name, delivery in rows:
        if name not in busy:
            waiting = found.setdefault(name, [])
            if len(waiting) < TOGETHER.get(name, 1):
                waiting.append(delivery)
    return found


def begin(work: Work, ids: Sequence[str]) -> list[Parcel]:
    """Begins attempts; what is not needed any more is stopped instead."""
    made = []
    for delivery_id in ids:
        found = outbox.delivery(work, delivery_id)
        message = outbox.get(work, found.told)
        if found.state != "waiting" or (reason := _needless(work, found, message)):
            if found.state == "waiting":
                work.run(
                    "UPDATE delivery SET state = 'stopped', next_us = NULL, reason = ? WHERE id = ?", reason, found.id
                )
            continue
        number = found.attempts + 1
        work.run("UPDATE delivery SET begun_us = ?, attempts = ? WHERE id = ?", *(work.now, number, found.id))
        work.run(
            "INSERT INTO delivery_attempt (delivery, number, begun_us) VALUES (?, ?, ?)", found.id, number, work.now
        )
        row = work.row("SELECT code FROM delivery WHERE id = ?", found.id)
        files = message.given.attachments if found.channel == "email" else ()
        made.append(
            Parcel(
                delivery=found,
                message=message,
                number=number,
                secret=ways.secret(work, found.way),
                code=row[0] if row else "",
                files=tuple(msgspec.structs.replace(f, data=outbox.file(work, f)) for f in files),
            )
        )
    return made


def _needless(work: Work, found: Delivery, message: Message) -> str:
    """Why it need not go out: it is over, or the recipient has heard of it on another way while this one waited."""
    if message.ended_us is not None:
        return "it is over"
    if found.way is None or found.attempts or ways.get(work, found.way).after_s == 0:
        return ""
    heard = outbox.REACHED[message.given.wanted or "received"]
    others = (d for d in outbox.deliveries(work, found.told) if d.recipient == found.recipient and d.id != found.id)
    return "heard on another way" if any(d.state in heard for d in others) else ""


def end(work: Work, parcel: Parcel, outcome: Outcome) -> None:
    """Notes how an attempt ended, and what follows."""
    found = outbox.delivery(work, parcel.delivery.id)
    word = "ok" if outcome.ok else "failed"
    _ended.labels(found.channel, word).inc()
    work.run(
        "UPDATE delivery_attempt SET ended_us = ?, outcome = ?, detail = ? WHERE delivery = ? AND number = ?",
        *(work.now, word, outcome.detail[:500], found.id, parcel.number),
    )
    work.run("UPDATE delivery SET begun_us = NULL WHERE id = ?", found.id)
    if outcome.ok:
        work.run("DELETE FROM line WHERE name = ?", line_of(found.channel, found.address))
        if outcome.reference:
            work.run("UPDATE delivery SET reference = ? WHERE id = ?", outcome.reference, found.id)
        return
    if outcome.whole:
        _hold(work, line_of(found.channel, found.address))
    wait_s = _wait_s(found, work.now)
    arrived = FURTHEST.index(found.state) >= FURTHEST.index("sent")  # an earlier attempt did, as its answer shows
    if arrived:
        work.run("UPDATE delivery SET next_us = NULL WHERE id = ?", found.id)
    elif found.state == "waiting" and outcome.again and wait_s is not None:
        later = work.now + round(wait_s * SECOND)
        work.run("UPDATE delivery SET next_us = ?, reason = ? WHERE id = ?", later, outcome.detail[:500], found.id)
    else:
        fail(work, found, outcome.detail)


def _wait_s(found: Delivery, now: int) -> float | None:
    """How long until the next attempt; None: there is none."""
    if found.attempts > len(WAITS_S) or now - found.made_us > LONGEST_S * SECOND:
        return None
    return WAITS_S[found.attempts - 1] * random.uniform(0.8, 1.2)  # noqa: S311


def _hold(work: Work, line: str) -> None:
    row = work.row("SELECT failures FROM line WHERE name = ?", line)
    failures = (row[0] if row else 0) + 1
    until = work.now + round(HOLD_S[min(failures, len(HOLD_S)) - 1] * SECOND)
    work.run("INSERT OR REPLACE INTO line VALUES (?, ?, ?)", line, failures, until)


def fail(work: Work, found: Delivery, reason: str) -> None:
    work.run("UPDATE delivery SET state = 'failed', next_us = NULL, reason = ? WHERE id = ?", *(reason[:500], found.id))
    message = outbox.get(work, found.told)
    work.tell(
        "telling.failed",
        found.id,
        message.given.incident,
        message.given.agencies,
        about=message.given.about,
        recipient=found.recipient,
        channel=found.channel,
        reason=reason[:200],
    )


def recover(
    work: Work, only: Collection[str] | None = None, *, why: str = "the process ended meanwhile", pause_s: float = 0
) -> int:
    """What was begun and not ended: nobody knows what became of it, so it is sent again; how many.

    Args:
        only: ids of deliveries; None: all, as a process finds them when it starts.
    """
    rows = work.rows("SELECT id, attempts FROM delivery WHERE begun_us IS NOT NULL")
    rows = [row for row in rows if only is None or row[0] in only]
    for delivery_id, number in rows:
        work.run(
            "UPDATE delivery SET begun_us = NULL, doubts = doubts + 1,"
            " next_us = CASE WHEN state = 'waiting' THEN ? END WHERE id = ?",
            *(work.now + round(pause_s * SECOND), delivery_id),
        )
        work.run(
            "UPDATE delivery_attempt SET ended_us = ?, outcome = 'unknown', detail = ?"
            " WHERE delivery = ? AND number = ?",
            *(work.now, why, delivery_id, number),
        )
    return len(rows)


def give_up(work: Work) -> None:
    """What waited for too long on a line that never worked has failed."""
    old = work.now - round(LONGEST_S * SECOND)
    sql = f"SELECT {COLUMNS} FROM delivery WHERE next_us IS NOT NULL AND begun_us IS NULL AND made_us < ? LIMIT 500"  # noqa: S608 - ours
    for row in work.rows(sql, old):
        found = outbox.as_delivery(row)
        if found.attempts:
            fail(work, found, found.reason or "it was not reached for a day")
