"""Drills as they are kept, and what came of them. One goes on at a time; it stands in a tenant made for drills.

A tenant is made for drills once, by `mark`, and for ever: there every incident is an exercise, whoever reports it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from rhinecloud.base.clock import SECOND, parse_us
from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound
from rhinecloud.operations import incidents, playbooks
from rhinecloud.operations.declare import Incident
from rhinecloud.operations.tables import Shelf, Work

from .declare import Assessment, Drill, IncidentTime, Inject, Played, Scenario, StepTime

DRILLS_ONLY: Final = "drill"
MINUTE: Final = 60 * SECOND
_COLUMNS: Final = "id, title, started_us, ended_us, who, paused_us, held_us, body"
_encode = msgspec.json.Encoder().encode


def mark(work: Work) -> None:
    """This tenant is for drills."""
    work.run("INSERT OR IGNORE INTO meta VALUES (?, 1)", DRILLS_ONLY)


def is_for_drills(asked: Work | Shelf) -> bool:
    """Whether nothing in this tenant is real."""
    return bool(asked.rows("SELECT 1 FROM meta WHERE key = ?", DRILLS_ONLY))


def start(work: Work, scenario: Scenario, title: str) -> Drill:
    """Raises: Conflict: one goes on. BadRequestData: this tenant is not for drills."""
    if not is_for_drills(work):
        raise BadRequestData("Drills are played in a tenant of their own")
    if current(work) is not None:
        raise Conflict("A drill goes on already")
    made = work.run(
        "INSERT INTO drill (title, started_us, who, body) VALUES (?, ?, ?, ?)",
        *(title.strip() or scenario.title.de, work.now, work.by.who, _encode(scenario)),
    )
    for inject in scenario.injects:
        work.run(
            "INSERT INTO drill_inject (drill, id, state, after_us) VALUES (?, ?, 'waiting', ?)",
            *(made, inject.id, round(inject.after_min * MINUTE)),
        )
    work.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", playbooks.PACE, round(scenario.pace * 100))
    work.tell("drill.started", str(made))
    return get(work, made)


def current(asked: Work | Shelf) -> Drill | None:
    """The one that goes on."""
    rows = asked.rows(f"SELECT {_COLUMNS} FROM drill WHERE ended_us IS NULL")  # noqa: S608 - ours
    return _drill(asked, rows[0]) if rows else None


def every(asked: Work | Shelf) -> list[Drill]:
    """The newest first."""
    rows = asked.rows(f"SELECT {_COLUMNS} FROM drill ORDER BY id DESC LIMIT 200")  # noqa: S608 - ours
    return [_drill(asked, row) for row in rows]


def get(asked: Work | Shelf, drill_id: int) -> Drill:
    """Raises: ResourceNotFound."""
    rows = asked.rows(f"SELECT {_COLUMNS} FROM drill WHERE id = ?", drill_id)  # noqa: S608 - ours
    if not rows:
        raise ResourceNotFound(f"Drill {drill_id} does not exist")
    return _drill(asked, rows[0])


def _drill(asked: Work | Shelf, row: Sequence[Any]) -> Drill:
    members = dict(zip(_COLUMNS.split(", ")[:-1], row[:-1], strict=True))
    made = Drill(**members, scenario=msgspec.json.decode(row[-1], type=Scenario))
    known = {
        name: (state, after, done, who, result)
        for name, state, after, done, who, result in asked.rows(
            "SELECT id, state, after_us, done_us, who, result FROM drill_inject WHERE drill = ?", made.id
        )
    }
    begins = made.started_us + made.held_us
    injects = [
        Played(inject=i, state=s[0], due_us=begins + s[1], done_us=s[2], who=s[3], result=s[4])
        for i in made.scenario.injects
        if (s := known.get(i.id)) is not None
    ]
    return msgspec.structs.replace(made, injects=tuple(sorted(injects, key=lambda p: p.due_us)))


def due(asked: Work | Shelf, now: int) -> list[tuple[Drill, Inject]]:
    """Injects whose time has come."""
    drill = current(asked)
    if drill is None or drill.paused_us is not None:
        return []
    return [(drill, p.inject) for p in drill.injects if p.state == "waiting" and p.due_us <= now]


def played(work: Work, drill_id: int, inject: str, state: str, result: str = "") -> None:
    """What became of an inject; once it is done, it stays so."""
    work.run(
        "UPDATE drill_inject SET state = ?, done_us = ?, who = ?, result = ?"
        " WHERE drill = ? AND id = ? AND state IN ('waiting', 'failed')",
        *(state, work.now, work.by.who, result, drill_id, inject),
    )
    work.tell(f"drill.{state}", str(drill_id), inject=inject)


def hasten(work: Work, drill_id: int, inject: str) -> None:
    """An inject comes now. Raises: Conflict: it has been played, or the drill is over or paused."""
    drill = _going(work, drill_id)
    found = next((p for p in drill.injects if p.inject.id == inject), None)
    if found is None:
        raise ResourceNotFound(f"Drill {drill_id} has no inject {inject[:40]}")
    if found.state not in ("waiting", "failed"):
        raise Conflict(f"Inject {inject} is {found.state} already")
    work.run(
        "UPDATE drill_inject SET after_us = ?, state = 'waiting' WHERE drill = ? AND id = ?",
        *(work.now - drill.started_us - drill.held_us, drill_id, inject),
    )
    work.tell("drill.hastened", str(drill_id), inject=inject)


def pause(work: Work, drill_id: int) -> None:
    """Raises: Conflict: it is paused or over."""
    drill = _going(work, drill_id)
    if drill.paused_us is not None:
        raise Conflict("The drill is paused already")
    work.run("UPDATE drill SET paused_us = ? WHERE id = ?", work.now, drill_id)
    work.tell("drill.paused", str(drill_id))


def resume(work: Work, drill_id: int) -> None:
    """What is to come is later by as long as the pause was. Raises: Conflict: it is not paused."""
    drill = _going(work, drill_id)
    if drill.paused_us is None:
        raise Conflict("The drill is not paused")
    held = drill.held_us + work.now - drill.paused_us
    work.run("UPDATE drill SET paused_us = NULL, held_us = ? WHERE id = ?", held, drill_id)
    work.tell("drill.resumed", str(drill_id))


def end(work: Work, drill_id: int) -> None:
    """What was not played is skipped. Raises: Conflict: it is over."""
    _going(work, drill_id)
    work.run("UPDATE drill SET ended_us = ? WHERE id = ?", work.now, drill_id)
    work.run("UPDATE drill_inject SET state = 'skipped' WHERE drill = ? AND state = 'waiting'", drill_id)
    work.tell("drill.ended", str(drill_id))


def _going(work: Work, drill_id: int) -> Drill:
    drill = get(work, drill_id)
    if drill.ended_us is not None:
        raise Conflict("The drill is over")
    return drill


def of_drill(asked: Work | Shelf, drill: Drill) -> list[Incident]:
    """The incidents of a drill: all that were reported while it went on, the oldest first."""
    rows = asked.rows(
        "SELECT id FROM incident WHERE reported_us >= ? AND reported_us <= ? ORDER BY reported_us",
        *(drill.started_us - MINUTE, drill.ended_us or 2**62),
    )
    return [incidents.get(asked, name) for (name,) in rows]


def assess(asked: Work | Shelf, drill: Drill) -> Assessment:
    """Times and decisions against the playbooks."""
    found = of_drill(asked, drill)
    steps, decisions = [], []
    for incident in found:
        for run in playbooks.of_incident(asked, incident.id):
            steps += [
                StepTime(
                    incident=incident.number,
                    playbook=run.playbook,
                    step=s.step.id,
                    title=s.step.title,
                    owner=s.step.owner,
                    state=s.state,
                    opened_us=s.opened_us,
                    due_us=s.due_us,
                    ended_us=s.ended_us,
                    late=bool(s.late or (s.ended_us and s.due_us and s.ended_us > s.due_us)),
                    note=s.note,
                )
                for s in run.steps
                if s.opened_us is not None or s.state in ("done", "skipped")
            ]
        decisions += _decisions(asked, incident)
    ids = [i.id for i in found]
    marks = ", ".join("?" * len(ids))
    warnings = asked.rows(f"SELECT count(*) FROM log_entry WHERE incident IN ({marks})", *ids) if ids else [(0,)]  # noqa: S608 - marks
    return Assessment(
        incidents=tuple(_times(asked, i) for i in found),
        steps=tuple(steps),
        decisions=tuple(decisions),
        entries=int(warnings[0][0]),
    )


def _times(asked: Work | Shelf, incident: Incident) -> IncidentTime:
    counts = dict(asked.rows("SELECT state, count(*) FROM assignment WHERE incident = ? GROUP BY state", incident.id))
    return IncidentTime(
        id=incident.id,
        number=incident.number,
        title=incident.title,
        type=incident.type,
        state=incident.state,
        times=incident.times,
        units=sum(counts.values()),
        declined=counts.get("declined", 0) + counts.get("expired", 0),
    )


def _decisions(asked: Work | Shelf, incident: Incident) -> list[tuple[str, int, str, str]]:
    """Decisions of the log, as far as they are not erased."""
    rows = asked.rows(
        "SELECT e.header, p.body FROM log_entry e JOIN log_payload p USING (incident, seq)"
        " WHERE e.incident = ? ORDER BY e.seq",
        incident.id,
    )
    found = []
    for header_text, body in rows:
        header = msgspec.json.decode(header_text)
        if header["kind"] == "decision" and body:
            content = msgspec.json.decode(body)
            when, who = parse_us(header["happened_at"]), str(content.get("by", ""))
            found.append((incident.number, when, who, str(content.get("text", ""))))
    return found
