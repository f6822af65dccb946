"""Handover at shift change: one person gives, another one takes; both sign, each with an entry of the log.

Given, it holds what is open at that moment, by number. Taken, its entry names the hash of the one that was given, so
that both signed the same. Who kept the log hands it over with that, and the functions that they had in the staffs.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rhinecloud.base.errors import Conflict, Forbidden, ResourceNotFound
from rhinecloud.operations import incidents, journal, life
from rhinecloud.operations.duty import staffs
from rhinecloud.operations.journal import Entry
from rhinecloud.operations.tables import Shelf, Work

from .declare import Handover, OpenPoints
from .words import entries, number, readers, remember, repeated, said, short, words

_COLUMNS: Final = "id, incident, number, seq, giver, function, given_us, state, taker, taken_us, taken_seq"


def open_points(asked: Work | Shelf, incident: str) -> OpenPoints:
    """What is not done in an incident now."""

    def numbers(sql: str) -> tuple[int, ...]:
        return tuple(n for (n,) in asked.rows(sql, incident))

    steps = "SELECT count(*) FROM run_step s JOIN run r ON r.id = s.run WHERE r.incident = ? AND s.state = 'open'"
    units = (
        "SELECT json_extract(CAST(u.body AS TEXT), '$.name') FROM assignment a JOIN unit u ON u.id = a.unit"
        " WHERE a.incident = ? AND a.closed_us IS NULL ORDER BY 1"
    )
    return OpenPoints(
        tasks=numbers("SELECT number FROM task WHERE incident = ? AND state = 'open' ORDER BY number"),
        requests=numbers(
            "SELECT number FROM request WHERE incident = ? AND state IN ('asked', 'offered', 'accepted')"
            " ORDER BY number"
        ),
        messages=numbers("SELECT number FROM message WHERE incident = ? AND sighted_us IS NULL ORDER BY number"),
        steps=asked.rows(steps, incident)[0][0],
        units=tuple(name for (name,) in asked.rows(units, incident)),
    )


def give(work: Work, incident: str, text: str, function: str = "", key: str = "") -> int:
    """Somebody hands over, and signs; its number.

    Raises: BadRequestData: it says nothing. Conflict: they gave one that nobody has taken yet.
    """
    if known := repeated(work, key):
        return known
    waiting = "SELECT number FROM handover WHERE incident = ? AND giver = ? AND state = 'given'"
    if row := work.row(waiting, incident, work.by.who):
        raise Conflict(f"Your handover {row[0]} waits to be taken; withdraw it first", number=row[0])
    made = number(work, "handover", incident)
    content = {
        "handover": made,
        "text": said(text, "A handover"),
        "open": msgspec.to_builtins(open_points(work, incident)),
        "name": work.by.name,
    }
    seq = journal.add(work, incident, "handover", content, function=short(function, "The function", 80))
    work.run(
        "INSERT INTO handover (incident, number, seq, giver, function, given_us, state)"
        " VALUES (?, ?, ?, ?, ?, ?, 'given')",
        *(incident, made, seq, work.by.who, function.strip(), work.now),
    )
    remember(work, key, made)
    work.tell("handover.given", str(made), incident)
    return made


def take(work: Work, incident: str, made: int, remark: str = "") -> None:
    """Somebody else takes it, and signs; who gave it keeps the log no longer, if they did.

    Raises: Forbidden: nobody takes from themselves. Conflict: it was taken or withdrawn. ResourceNotFound.
    """
    seq, giver = _given(work, incident, made)
    if giver == work.by.who:
        raise Forbidden("A handover is signed by two persons; somebody else has to take it")
    given = entries(work, incident, [seq], None)[seq]
    content = {
        "handover": made,
        "state": "taken",
        "signed": given.hash,
        "text": short(remark, "A remark", 2000),
        "name": work.by.name,
    }
    entry = journal.add(work, incident, "handover", content, refers_to=seq)
    work.run(
        "UPDATE handover SET state = 'taken', taker = ?, taken_us = ?, taken_seq = ? WHERE incident = ? AND number = ?",
        *(work.by.who, work.now, entry, incident, made),
    )
    row = work.row("SELECT keeper FROM log_head WHERE incident = ?", incident)
    if row is not None and row[0] == giver:
        journal.take_over(work, incident, giver)
    _pass_functions(work, incident, giver)
    work.tell("handover.taken", str(made), incident)


def _pass_functions(work: Work, incident: str, giver: str) -> None:
    """Whoever takes has the giver's functions in the staffs from now on."""
    if incidents.get(work, incident).state in life.OVER:
        return
    holders = staffs.holders(work, incident)
    mine = {h.function for h in holders if h.person == work.by.who}
    for holder in holders:
        if holder.person != giver:
            continue
        if holder.function not in mine:
            staffs.take(work, incident, holder.function, person=work.by.who, name=work.by.name, agency=work.by.agency)
        if staffs.holder(work, holder.id).until_us is None:  # one that several may have
            staffs.give_up(work, holder.id)


def withdraw(work: Work, incident: str, made: int) -> None:
    """Who gave it takes it back, as long as nobody has taken it. Raises: Forbidden, Conflict, ResourceNotFound."""
    seq, giver = _given(work, incident, made)
    if giver != work.by.who:
        raise Forbidden("Only who gave a handover withdraws it")
    content = {"handover": made, "state": "withdrawn", "text": "", "name": work.by.name}
    journal.add(work, incident, "handover", content, refers_to=seq)
    work.run("UPDATE handover SET state = 'withdrawn' WHERE incident = ? AND number = ?", incident, made)
    work.tell("handover.withdrawn", str(made), incident)


def listed(asked: Work | Shelf, incident: str, sees: frozenset[str] | None, *, limit: int = 100) -> list[Handover]:
    """Handovers, the newest first."""
    rows = asked.rows(
        f"SELECT {_COLUMNS} FROM handover WHERE incident = ? ORDER BY number DESC LIMIT ?",  # noqa: S608 - ours
        *(incident, limit),
    )
    known = entries(asked, incident, [n for row in rows for n in (row[3], row[10])], sees)
    return [_handover(row, known) for row in rows if row[3] in known]


def _given(work: Work, incident: str, made: int) -> tuple[int, str]:
    row = work.row("SELECT seq, giver, state FROM handover WHERE incident = ? AND number = ?", incident, made)
    if row is None:
        raise ResourceNotFound(f"There is no handover {made}")
    if row[2] != "given":
        raise Conflict(f"Handover {made} is {row[2]} already", state=row[2])
    return row[0], row[1]


def _handover(row: tuple[Any, ...], known: dict[int, Entry]) -> Handover:
    id_, incident, made, seq, giver, function, given_us, state, taker, taken_us, taken_seq = row
    content = words(known[seq])
    taken = words(known[taken_seq]) if taken_seq in known else {}
    return Handover(
        id=id_,
        incident=incident,
        number=made,
        seq=seq,
        giver=giver,
        function=function,
        given_us=given_us,
        state=state,
        taker=taker,
        taken_us=taken_us,
        erased=known[seq].content is None,
        readers=readers(known[seq]),
        text=content.get("text", ""),
        name=content.get("name", ""),
        taker_name=taken.get("name", ""),
        remark=taken.get("text", ""),
        open=msgspec.convert(content.get("open", {}), OpenPoints),
    )
