"""Decisions of an incident, each with its reasons. None is changed: another one takes its place, and both stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rhinecloud.base.errors import Conflict, ResourceNotFound
from rhinecloud.operations import journal
from rhinecloud.operations.journal import Entry
from rhinecloud.operations.tables import Shelf, Work

from .declare import Decision
from .words import entries, number, readers, remember, repeated, said, short, words

_COLUMNS: Final = "id, incident, number, seq, made_us, pinned, replaced_by"


def decide(
    work: Work,
    incident: str,
    text: str,
    reasons: str,
    *,
    function: str = "",
    readers: Sequence[str] = (),
    replaces: int = 0,
    key: str = "",
) -> int:
    """Keeps a decision, pinned above the room; its number.

    Args:
        replaces: number of the decision whose place it takes; 0: none.
    Raises: BadRequestData: there are no reasons. Conflict: another one took that place already. ResourceNotFound.
    """
    if known := repeated(work, key):
        return known
    old = 0
    if replaces:
        row = work.row("SELECT replaced_by, seq FROM decision WHERE incident = ? AND number = ?", incident, replaces)
        if row is None:
            raise ResourceNotFound(f"There is no decision {replaces}")
        if row[0]:
            raise Conflict(f"Decision {row[0]} took the place of decision {replaces} already", number=row[0])
        old = row[1]
    made = number(work, "decision", incident)
    content = {
        "decision": made,
        "text": said(text, "A decision"),
        "reasons": said(reasons, "A decision's reasons"),
        "replaces": replaces,
        "name": work.by.name,
        "function": short(function, "The function", 80),
    }
    seq = journal.add(work, incident, "decision", content, readers=readers, function=function, refers_to=old)
    work.run(
        "INSERT INTO decision (incident, number, seq, made_us, pinned) VALUES (?, ?, ?, ?, 1)",
        *(incident, made, seq, work.now),
    )
    work.run(
        "UPDATE decision SET replaced_by = ?, pinned = 0 WHERE incident = ? AND number = ?", made, incident, replaces
    )
    remember(work, key, made)
    work.tell("decision.made", str(made), incident, tuple(readers))
    return made


def pin(work: Work, incident: str, made: int, pinned: bool) -> None:
    """Whether it stands above the room. Raises: ResourceNotFound."""
    done = work.db.execute("UPDATE decision SET pinned = ? WHERE incident = ? AND number = ?", (pinned, incident, made))
    if not done.rowcount:
        raise ResourceNotFound(f"There is no decision {made}")
    work.tell("decision.pinned" if pinned else "decision.unpinned", str(made), incident)


def listed(
    asked: Work | Shelf, incident: str, sees: frozenset[str] | None, *, pinned: bool = False, limit: int = 500
) -> list[Decision]:
    """Decisions that may be read, the newest first."""
    rows = asked.rows(
        f"SELECT {_COLUMNS} FROM decision WHERE incident = ? AND (pinned OR NOT ?)"  # noqa: S608 - ours
        " ORDER BY number DESC LIMIT ?",
        *(incident, pinned, limit),
    )
    known = entries(asked, incident, (row[3] for row in rows), sees)
    return [_decision(row, known[row[3]]) for row in rows if row[3] in known]


def _decision(row: tuple[Any, ...], entry: Entry) -> Decision:
    id_, incident, made, seq, made_us, pinned, replaced_by = row
    content = words(entry)
    return Decision(
        id=id_,
        incident=incident,
        number=made,
        seq=seq,
        made_us=made_us,
        pinned=bool(pinned),
        replaced_by=replaced_by or 0,
        erased=entry.content is None,
        readers=readers(entry),
        text=content.get("text", ""),
        reasons=content.get("reasons", ""),
        name=content.get("name", ""),
        function=content.get("function", ""),
    )
