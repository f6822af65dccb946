"""Findings of a review: kept, given to somebody until a day, and followed until they are done or dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound
from rhinecloud.operations import journal
from rhinecloud.operations.tables import Shelf, Work

from .declare import Finding

STATES: Final = ("open", "under-way", "done", "dropped")
TEXTS: Final = ("expected", "happened", "why", "change", "owner", "note")
LONGEST: Final = 4_000
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Finding).decode


def add(work: Work, incident: str, fields: Mapping[str, Any]) -> Finding:
    """A new finding. Raises: BadRequestData: it says not what is to change, or not by whom until when."""
    row = work.row("SELECT coalesce(max(number), 0) + 1 FROM finding WHERE incident = ?", incident)
    number = int(row[0]) if row else 1
    made = msgspec.convert({"id": 0, "incident": incident, "number": number} | dict(fields), Finding)
    made = msgspec.structs.replace(_checked(made), made_us=work.now, made_by=work.by.who)
    new = work.run(
        "INSERT INTO finding (incident, number, state, due_us, body) VALUES (?, ?, ?, ?, ?)",
        *(incident, number, made.state, made.due_us, b""),
    )
    return _keep(work, msgspec.structs.replace(made, id=new), "finding-made", "finding.made")


def change(work: Work, finding_id: int, version: int, fields: Mapping[str, Any]) -> Finding:
    """Changes a finding, or ends it: what is done or dropped says how.

    Raises: Conflict: it is of another version by now. BadRequestData. ResourceNotFound.
    """
    old = get(work, finding_id)
    if old.version != version:
        raise Conflict(f"Finding {old.number} was changed in the meantime", version=old.version)
    new = _checked(msgspec.structs.replace(old, **fields))
    if new == old:
        return old
    ended = new.state in ("done", "dropped")
    if ended and not new.note:
        raise BadRequestData("Say how the finding was dealt with")
    new = msgspec.structs.replace(new, version=old.version + 1, ended_us=(old.ended_us or work.now) if ended else None)
    return _keep(work, new, f"finding-{new.state}" if new.state != old.state else "finding-changed", "finding.changed")


def _keep(work: Work, finding: Finding, entry: str, news: str) -> Finding:
    work.run(
        "UPDATE finding SET state = ?, due_us = ?, body = ? WHERE id = ?",
        *(finding.state, finding.due_us, _encode(finding), finding.id),
    )
    journal.note(
        work,
        finding.incident,
        entry,
        finding=finding.number,
        change=finding.change,
        owner=finding.owner,
        note=finding.note,
    )
    work.tell(news, str(finding.id), finding.incident, state=finding.state)
    return finding


def _checked(given: Finding) -> Finding:
    cleaned = {name: str(getattr(given, name)).strip() for name in TEXTS}
    if any(len(text) > LONGEST for text in cleaned.values()):
        raise BadRequestData(f"A part of a finding has at most {LONGEST} characters")
    if given.state not in STATES:
        raise BadRequestData(f"A finding is {', '.join(STATES)}")
    for name, said in (("happened", "what happened"), ("change", "what is to change"), ("owner", "who sees to it")):
        if not cleaned[name]:
            raise BadRequestData(f"A finding says {said}")
    if given.due_us <= 0:
        raise BadRequestData("A finding says until when")
    return msgspec.structs.replace(given, **cleaned)


def get(asked: Work | Shelf, finding_id: int) -> Finding:
    """Raises: ResourceNotFound."""
    rows = asked.rows("SELECT body FROM finding WHERE id = ?", finding_id)
    if not rows:
        raise ResourceNotFound(f"Finding {finding_id} does not exist")
    return _decode(rows[0][0])


def listed(
    asked: Work | Shelf, sees: frozenset[str] | None, *, incident: str = "", only_open: bool = False, limit: int = 500
) -> list[Finding]:
    """Those that run out first in front; of incidents that the agencies take part in."""
    where, values = ["TRUE"], list[object]()
    if incident:
        where.append("incident = ?")
        values.append(incident)
    if only_open:
        where.append("state IN ('open', 'under-way')")
    if sees is not None:
        marks = ", ".join("?" for _ in sees)
        where.append(f"incident IN (SELECT incident FROM participant WHERE agency IN ({marks}))")  # noqa: S608 - marks
        values += sorted(sees)
    sql = (
        f"SELECT body FROM finding WHERE {' AND '.join(where)}"  # noqa: S608 - ours
        " ORDER BY state IN ('done', 'dropped'), due_us, id LIMIT ?"
    )
    return [_decode(body) for (body,) in asked.rows(sql, *values, limit)]
