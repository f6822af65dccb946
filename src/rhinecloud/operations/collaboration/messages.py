"""Messages of an incident: taken in, distributed by the message officer (Sichter), seen by the functions they are for.

    taken in or sent → distributed (to functions: to act on, or to know) → seen by each

The head of the line are flash messages, then immediate ones, then the others as they came. What S2 has to know for the
log it knows without being asked: each message is an entry of the log the moment it is taken in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rhinecloud.base.clock import SECOND, parse_us
from rhinecloud.base.errors import BadRequestData, Conflict, Forbidden, ResourceNotFound
from rhinecloud.operations import journal, things
from rhinecloud.operations.journal import Entry
from rhinecloud.operations.posts import StaffFunction
from rhinecloud.operations.tables import Shelf, Work

from .declare import MEANS, PRIORITIES, SIGHT_S, Copy, Draft, File, Message
from .words import about, entries, files, number, readers, remember, repeated, said, short, words

SICHTER: Final = "command.sichter"
LEADERS: Final = ("command.lds", "command.el")
_COLUMNS: Final = "id, incident, number, seq, direction, priority, taken_us, due_us, sighted_us, sighted_by"


def take(work: Work, incident: str, draft: Draft, attached: Sequence[File] = (), key: str = "") -> int:
    """Keeps a message; its id. A flash message says why it interrupts everybody.

    Raises: BadRequestData.
    """
    if known := repeated(work, key):
        return known
    if draft.priority not in PRIORITIES or draft.means not in MEANS or draft.direction not in ("in", "out"):
        raise BadRequestData(f"Priorities are {', '.join(PRIORITIES)}; means are {', '.join(MEANS)}")
    if draft.priority == "flash" and not draft.why.strip():
        raise BadRequestData("A flash message interrupts everybody; say why it must")
    at = work.now if draft.at_us is None else draft.at_us
    if at > work.now + 60 * SECOND:
        raise BadRequestData("A message cannot come from the future")
    made = number(work, "message", incident)
    content = {
        "message": made,
        "direction": draft.direction,
        "priority": draft.priority,
        "means": draft.means,
        "from": said(draft.sender, "The sender", 200),
        "to": short(draft.to, "The receiver", 200),
        "text": said(draft.text, "A message"),
        "why": short(draft.why, "The reason"),
        "name": work.by.name,
        "files": about(attached),
    }
    seq = journal.add(
        work,
        incident,
        "message",
        content,
        happened_us=at,
        function=draft.function,
        readers=draft.readers,
        attachments=[file.sha256 for file in attached],
    )
    due = work.now + round(SIGHT_S[draft.priority] * SECOND)
    new = work.run(
        "INSERT INTO message (incident, number, seq, direction, priority, taken_us, due_us)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(incident, made, seq, draft.direction, PRIORITIES.index(draft.priority), work.now, due),
    )
    remember(work, key, new)
    knowing = _knowing(work, draft.readers)
    work.tell("message.taken", str(new), incident, knowing, number=made, priority=draft.priority)
    return new


def distribute(work: Work, message_id: int, functions: Mapping[str, bool], remark: str = "") -> None:
    """Gives a message to functions, also further ones later on; to none where it is only for the log.

    Args:
        functions: id of each → it has to act on it.
    Raises:
        Forbidden: somebody else is the message officer. BadRequestData: there is no such function.
    """
    incident, seq = _where(work, message_id)
    demand_officer(work, incident)
    if unknown := set(functions) - set(things.every(work, StaffFunction)):
        raise BadRequestData(f"There is no function {sorted(unknown)[0][:40]!r}")
    for function, action in functions.items():
        work.run(
            "INSERT INTO message_copy (message, function, action, sent_us) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET action = max(action, excluded.action)",
            *(message_id, function, action, work.now),
        )
    work.run(
        "UPDATE message SET due_us = NULL, sighted_us = coalesce(sighted_us, ?),"
        " sighted_by = iif(sighted_us IS NULL, ?, sighted_by) WHERE id = ?",
        *(work.now, work.by.name or work.by.who, message_id),
    )
    entry = entries(work, incident, [seq], None)[seq]
    content = {
        "what": "message-distributed",
        "by": work.by.name or work.by.who,
        "message": work.rows("SELECT number FROM message WHERE id = ?", message_id)[0][0],
        "to": {f: "action" if action else "information" for f, action in functions.items()},
        "remark": short(remark, "A remark"),
    }
    journal.add(work, incident, "automatic", content, readers=readers(entry), refers_to=seq)
    work.tell("message.distributed", str(message_id), incident, _knowing(work, readers(entry)), to=sorted(functions))


def see(work: Work, message_id: int, function: str) -> None:
    """Whoever has a function has read what it was given; only the first time counts.

    Raises: Forbidden: the function is somebody else's. Conflict: it was not given to it.
    """
    incident, seq = _where(work, message_id)
    held = {f for f, person in _held(work, incident) if person == work.by.who}
    if any(f == function and person for f, person in _held(work, incident)) and function not in held:
        raise Forbidden("Somebody else has this function; they mark it as seen")
    row = work.row("SELECT seen_us FROM message_copy WHERE message = ? AND function = ?", message_id, function)
    if row is None:
        raise Conflict("This message was not given to that function")
    if row[0] is None:
        work.run(
            "UPDATE message_copy SET seen_us = ?, seen_by = ? WHERE message = ? AND function = ?",
            *(work.now, work.by.name or work.by.who, message_id, function),
        )
        entry = entries(work, incident, [seq], None)[seq]
        work.tell("message.seen", str(message_id), incident, _knowing(work, readers(entry)), function=function)


def demand_officer(work: Work, incident: str) -> None:
    """Raises: Forbidden: there is a message officer, and it is not who acts, nor who leads the staff."""
    holders = _held(work, incident)
    officers = [person for function, person in holders if function == SICHTER and person]
    leads = any(f in LEADERS and person == work.by.who for f, person in holders)
    if officers and work.by.who not in officers and not leads:
        raise Forbidden("Somebody is the message officer (Sichter) here and distributes messages; take it over first")


def officer(asked: Work | Shelf, incident: str) -> tuple[str, str] | None:
    """(person, name) of the message officer; None: nobody is, so whoever works in the incident distributes."""
    rows = asked.rows(
        "SELECT person, name FROM staff WHERE incident = ? AND function = ? AND until_us IS NULL", incident, SICHTER
    )
    return (rows[0][0], rows[0][1]) if rows else None


def late(work: Work) -> int:
    """Tells of messages that nobody distributes, once each; how many."""
    rows = work.rows("SELECT id, incident, number, seq, priority FROM message WHERE due_us <= ?", work.now)
    for message_id, incident, made, seq, priority in rows:
        work.run("UPDATE message SET due_us = NULL WHERE id = ?", message_id)
        entry = entries(work, incident, [seq], None)[seq]
        knowing = _knowing(work, readers(entry))
        work.tell("message.waiting", str(message_id), incident, knowing, number=made, priority=PRIORITIES[priority])
    return len(rows)


def listed(
    asked: Work | Shelf,
    incident: str,
    sees: frozenset[str] | None,
    *,
    box: str = "all",
    function: str = "",
    before: int = 2**53,
    limit: int = 50,
) -> list[Message]:
    """Messages that may be read.

    Args:
        box: "new": not distributed yet, the most urgent first; "all", or with `function` those given to it, the newest
            first.
        before: number at which the page before ended; not for "new".
    """
    values: list[object] = []
    if box == "new":
        where, order = "sighted_us IS NULL", "priority DESC, number"
    else:
        where, order = "number < ?", "number DESC"
        values.append(before)
        if function:
            where += " AND id IN (SELECT message FROM message_copy WHERE function = ?)"
            values.append(function)
    rows = asked.rows(
        f"SELECT {_COLUMNS} FROM message WHERE incident = ? AND {where} ORDER BY {order} LIMIT ?",  # noqa: S608 - ours
        *(incident, *values, limit),
    )
    known = entries(asked, incident, (row[3] for row in rows), sees)
    return [_message(asked, row, known[row[3]]) for row in rows if row[3] in known]


def get(asked: Work | Shelf, message_id: int, sees: frozenset[str] | None) -> Message:
    """Raises: ResourceNotFound: it is not there, or not for these agencies."""
    rows = asked.rows(f"SELECT {_COLUMNS} FROM message WHERE id = ?", message_id)  # noqa: S608 - ours
    known = entries(asked, rows[0][1], [rows[0][3]], sees) if rows else {}
    if not known:
        raise ResourceNotFound(f"Message {message_id} does not exist")
    return _message(asked, rows[0], known[rows[0][3]])


def incident_of(asked: Work | Shelf, message_id: int) -> str:
    return _where(asked, message_id)[0]


def counts(asked: Work | Shelf, incident: str, sees: frozenset[str] | None) -> dict[str, int]:
    """Messages not distributed yet, by priority."""
    found = listed(asked, incident, sees, box="new", limit=1000)
    return {p: sum(m.priority == p for m in found) for p in PRIORITIES}


def _message(asked: Work | Shelf, row: tuple[Any, ...], entry: Entry) -> Message:
    id_, incident, made, seq, direction, priority, taken, due, sighted, by = row
    content, header = words(entry), entry.header or {}
    copies = asked.rows(
        "SELECT function, action, sent_us, seen_us, seen_by FROM message_copy WHERE message = ? ORDER BY function", id_
    )
    return Message(
        id=id_,
        incident=incident,
        number=made,
        seq=seq,
        direction=direction,
        priority=PRIORITIES[priority],
        taken_us=taken,
        at_us=parse_us(header["happened_at"]),
        due_us=due,
        sighted_us=sighted,
        sighted_by=by,
        copies=tuple(Copy(function=f, action=bool(a), sent_us=s, seen_us=u, seen_by=w) for f, a, s, u, w in copies),
        erased=entry.content is None,
        readers=readers(entry),
        text=content.get("text", ""),
        sender=content.get("from", ""),
        to=content.get("to", ""),
        why=content.get("why", ""),
        means=content.get("means", "system"),
        name=content.get("name", ""),
        files=files(content),
    )


def _where(asked: Work | Shelf, message_id: int) -> tuple[str, int]:
    rows = asked.rows("SELECT incident, seq FROM message WHERE id = ?", message_id)
    if not rows:
        raise ResourceNotFound(f"Message {message_id} does not exist")
    return rows[0][0], rows[0][1]


def _held(asked: Work | Shelf, incident: str) -> list[tuple[str, str]]:
    return [
        (f, p)
        for f, p in asked.rows("SELECT function, person FROM staff WHERE incident = ? AND until_us IS NULL", incident)
    ]


def _knowing(work: Work, given: Sequence[str]) -> tuple[str, ...]:
    """Who is told: those who may read it; (): all that take part."""
    if given and work.by.agency and work.by.agency not in given:
        return (*given, work.by.agency)
    return tuple(given)
