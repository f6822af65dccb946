"""Tasks of an incident outside playbooks: somebody does something until a moment, and says when it is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound
from rhinecloud.operations import journal
from rhinecloud.operations.journal import Entry
from rhinecloud.operations.tables import Shelf, Work

from .declare import Task
from .words import entries, number, readers, remember, repeated, said, short, words

_COLUMNS: Final = (
    "id, incident, number, seq, owner, state, made_us, due_us, is_late, ended_us, ended_by, end_seq, version"
)


def add(
    work: Work,
    incident: str,
    text: str,
    owner: str,
    *,
    due_us: int | None = None,
    readers: Sequence[str] = (),
    key: str = "",
) -> int:
    """A new task; its number. `owner`: "agency:fire", "function:command.s4" or a name. Raises: BadRequestData."""
    if known := repeated(work, key):
        return known
    if due_us is not None and due_us <= work.now:
        raise BadRequestData("The time it is due by is over already")
    made = number(work, "task", incident)
    owner = said(owner, "Who does it", 120)
    content = {"task": made, "text": said(text, "A task", 2000), "owner": owner, "name": work.by.name}
    seq = journal.add(work, incident, "task", content, readers=readers)
    work.run(
        "INSERT INTO task (incident, number, seq, owner, state, made_us, due_us, version)"
        " VALUES (?, ?, ?, ?, 'open', ?, ?, 1)",
        *(incident, made, seq, owner, work.now, due_us),
    )
    remember(work, key, made)
    work.tell("task.made", str(made), incident, tuple(readers), owner=owner)
    return made


def give(work: Work, incident: str, made: int, owner: str, due_us: int | None, *, version: int) -> None:
    """Gives an open task to somebody else, or another moment to be done by. Raises: Conflict, ResourceNotFound."""
    task, entry = _open(work, incident, made, version)
    owner = said(owner, "Who does it", 120)
    content = {"task": made, "owner": owner, "text": "", "name": work.by.name}
    journal.add(work, incident, "task", content, readers=readers(entry), refers_to=entry.seq)
    work.run(
        "UPDATE task SET owner = ?, due_us = ?, is_late = 0, version = version + 1 WHERE id = ?", owner, due_us, task
    )
    work.tell("task.given", str(made), incident, readers(entry), owner=owner)


def end(
    work: Work, incident: str, made: int, state: Literal["done", "dropped"], note: str = "", *, version: int
) -> None:
    """It is done; or is not to be done any more, which takes a reason.

    Raises:
        Conflict: it is not open any more, or was changed. BadRequestData. ResourceNotFound.
    """
    if state not in ("done", "dropped"):
        raise BadRequestData("A task is done or dropped")
    task, entry = _open(work, incident, made, version)
    text = said(note, "The reason", 2000) if state == "dropped" else short(note, "A note", 2000)
    content = {"task": made, "state": state, "text": text, "name": work.by.name}
    seq = journal.add(work, incident, "task", content, readers=readers(entry), refers_to=entry.seq)
    work.run(
        "UPDATE task SET state = ?, ended_us = ?, ended_by = ?, end_seq = ?, version = version + 1 WHERE id = ?",
        *(state, work.now, work.by.name or work.by.who, seq, task),
    )
    work.tell(f"task.{state}", str(made), incident, readers(entry))


def late(work: Work) -> int:
    """Tells of tasks that are due, once each; how many."""
    rows = work.rows(
        "SELECT id, incident, number, seq FROM task WHERE state = 'open' AND is_late = 0 AND due_us <= ?", work.now
    )
    for task, incident, made, seq in rows:
        work.run("UPDATE task SET is_late = 1 WHERE id = ?", task)
        work.tell("task.late", str(made), incident, readers(entries(work, incident, [seq], None)[seq]))
    return len(rows)


def listed(
    asked: Work | Shelf, incident: str, sees: frozenset[str] | None, *, only_open: bool = False, limit: int = 500
) -> list[Task]:
    """Tasks that may be read: open ones first, by when they are due; then the newest."""
    rows = asked.rows(
        f"SELECT {_COLUMNS} FROM task WHERE incident = ? AND (NOT ? OR state = 'open')"  # noqa: S608 - ours
        " ORDER BY state <> 'open', iif(state = 'open', coalesce(due_us, 1 << 62), 0), number DESC LIMIT ?",
        *(incident, only_open, limit),
    )
    known = entries(asked, incident, [n for row in rows for n in (row[3], row[11])], sees)
    return [_task(row, known) for row in rows if row[3] in known]


def _open(work: Work, incident: str, made: int, version: int) -> tuple[int, Entry]:
    row = work.row("SELECT id, seq, state, version FROM task WHERE incident = ? AND number = ?", incident, made)
    if row is None:
        raise ResourceNotFound(f"There is no task {made}")
    if row[2] != "open" or row[3] != version:
        raise Conflict(f"Task {made} is {row[2]} by now, and was changed", state=row[2], version=row[3])
    return row[0], entries(work, incident, [row[1]], None)[row[1]]


def _task(row: tuple[Any, ...], known: dict[int, Entry]) -> Task:
    id_, incident, made, seq, owner, state, made_us, due_us, is_late, ended_us, ended_by, end_seq, version = row
    return Task(
        id=id_,
        incident=incident,
        number=made,
        seq=seq,
        owner=owner,
        state=state,
        made_us=made_us,
        due_us=due_us,
        late=bool(is_late),
        ended_us=ended_us,
        ended_by=ended_by,
        version=version,
        erased=known[seq].content is None,
        readers=readers(known[seq]),
        text=words(known[seq]).get("text", ""),
        note=words(known[end_seq]).get("text", "") if end_seq in known else "",
    )
