"""Playbooks: versioned checklists, not a language. A run is pinned to a version, and may take a newer one for what is
not yet done; what was done never changes.

Steps run side by side but for `after`. One whose condition does not hold is not needed, until it holds. What is due is
a row with a time, so that no restart forgets it. Skipping takes a reason; evidence that a step asks for is given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

import msgspec

from rhinecloud.base import telemetry
from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound

from . import incidents, journal, life
from .declare import (
    SEVERITIES,
    URGENCIES,
    Incident,
    PlaybookStep,
    PlaybookVersion,
    Run,
    RunStep,
    Seen,
    StepState,
    When,
)
from .tables import Shelf, Work

log = telemetry.logger("operations")
ENDED: Final = frozenset(("done", "skipped", "not-needed", "removed"))
_encode = msgspec.json.Encoder().encode


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What a newer version would change in a run: only steps that are not done."""

    version: int
    added: tuple[PlaybookStep, ...]
    changed: tuple[tuple[PlaybookStep, PlaybookStep], ...]  # (before, after)
    removed: tuple[PlaybookStep, ...]


# ── versions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def save(work: Work, given: PlaybookVersion, actions: Collection[str] = ()) -> PlaybookVersion:
    """Keeps a playbook as its next version; `version` says on which one it is built (0: a new one).

    Raises:
        BadRequestData: it cannot be as it is. Conflict: somebody saved a version in between.
    """
    _check(given, actions)
    newest = _newest(work, given.id)
    if newest != given.version:
        raise Conflict(f"Playbook {given.id} is of version {newest} by now, not {given.version}", version=newest)
    kept = msgspec.structs.replace(given, version=newest + 1, saved_us=work.now, who=given.who or work.by.who)
    work.run("INSERT INTO playbook VALUES (?, ?, ?)", kept.id, kept.version, _encode(kept))
    work.tell("playbook.saved", kept.id, version=kept.version)
    return kept


def bring(work: Work, given: Iterable[PlaybookVersion], actions: Collection[str] = ()) -> None:
    """What packs bring, as far as it changed; one that the city made its own stays as the city has it, and one that
    cannot be as it is stops nobody."""
    for playbook in given:
        newest = _newest(work, playbook.id)
        known = get(work, playbook.id) if newest else None
        if known is not None and (known.who != playbook.who or _said(known) == _said(playbook)):
            continue
        try:
            save(work, msgspec.structs.replace(playbook, version=newest), actions)
        except BadRequestData as error:
            log.warning("playbook_left_out", playbook=playbook.id, why=error.detail)


def _said(given: PlaybookVersion) -> PlaybookVersion:
    """What a playbook says, whenever it was saved."""
    return msgspec.structs.replace(given, version=0, saved_us=0, who="")


def versions(asked: Work | Shelf, playbook: str) -> list[PlaybookVersion]:
    """All versions of a playbook, the newest first."""
    rows = asked.rows("SELECT body FROM playbook WHERE id = ? ORDER BY version DESC", playbook)
    return [msgspec.json.decode(body, type=PlaybookVersion) for (body,) in rows]


def get(asked: Work | Shelf, playbook: str, version: int | None = None) -> PlaybookVersion:
    """A version of a playbook; None: the newest. Raises: ResourceNotFound."""
    rows = asked.rows(
        "SELECT body FROM playbook WHERE id = ? AND (? IS NULL OR version = ?) ORDER BY version DESC LIMIT 1",
        *(playbook, version, version),
    )
    if not rows:
        raise ResourceNotFound(
            f"Playbook {playbook[:60]} does not exist" + (f" in version {version}" if version else "")
        )
    return msgspec.json.decode(rows[0][0], type=PlaybookVersion)


def every(asked: Work | Shelf) -> list[PlaybookVersion]:
    """All playbooks in their newest version."""
    rows = asked.rows("SELECT body FROM playbook p WHERE version = (SELECT max(version) FROM playbook WHERE id = p.id)")
    return [msgspec.json.decode(body, type=PlaybookVersion) for (body,) in rows]


def _newest(work: Work, playbook: str) -> int:
    row = work.row("SELECT max(version) FROM playbook WHERE id = ?", playbook)
    return row[0] or 0 if row else 0


def _check(given: PlaybookVersion, actions: Collection[str]) -> None:
    ids = [step.id for step in given.steps]
    if not given.id.strip() or not ids or len(set(ids)) != len(ids) or not all(ids):
        raise BadRequestData("A playbook has an id, and steps with an id of their own each")
    for step in given.steps:
        if missing := set(step.after) - set(ids):
            raise BadRequestData(f"Step {step.id} waits for {sorted(missing)[0]}, which does not exist")
        if step.due_s is not None and step.due_s <= 0:
            raise BadRequestData(f"Step {step.id} is due before it begins")
        if step.due_from not in ("", "start", *life.STATES):
            raise BadRequestData(f"Step {step.id} is due from its opening, the start or a state, not {step.due_from!r}")
        if step.action and step.action not in actions:
            raise BadRequestData(f"Step {step.id}: there is no action {step.action!r}")
        if step.watch is not None and not (step.watch.entity.strip() and step.watch.attr.strip()):
            raise BadRequestData(f"Step {step.id}: a reading is one attribute of one entity")
        if step.when is not None:
            _check_condition(step.id, step.when)
    try:
        TopologicalSorter({s.id: s.after for s in given.steps}).prepare()
    except CycleError as error:
        raise BadRequestData(f"Steps wait for each other: {' → '.join(error.args[1])}") from error


def _check_condition(step: str, when: When) -> None:
    known: dict[str, tuple[str, ...]] = {
        "severity": SEVERITIES,
        "urgency": URGENCIES,
        "state": life.STATES,
        "exercise": ("yes", "no"),
    }
    if not when.values or not set(when.values) <= set(known.get(when.fact, when.values)):
        raise BadRequestData(f"Step {step}: {when.fact} is one of {', '.join(known.get(when.fact, ('a type',)))}")


def holds(when: When | None, incident: Incident) -> bool:
    """Whether a step's condition is true of an incident as it stands."""
    if when is None:
        return True
    if when.fact in ("severity", "urgency"):
        order: tuple[str, ...] = SEVERITIES if when.fact == "severity" else URGENCIES
        return order.index(getattr(incident, when.fact)) >= order.index(when.values[0])
    fact = {"type": incident.type, "state": incident.state, "exercise": "yes" if incident.exercise else "no"}
    return fact[when.fact] in when.values


# ── runs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def start(work: Work, incident_id: str, playbook: str, automatic: Collection[str] = ()) -> Run:
    """Begins a playbook in its newest version.

    Raises:
        Conflict: it runs in this incident already, or the incident is over. ResourceNotFound.
    """
    incident, version = incidents.get(work, incident_id), get(work, playbook)
    if incident.state in life.OVER:
        raise Conflict(f"Incident {incident.number} is {incident.state}", state=incident.state)
    if work.row("SELECT 1 FROM run WHERE incident = ? AND playbook = ? AND ended_us IS NULL", incident.id, version.id):
        raise Conflict(f"Playbook {version.id} runs in incident {incident.number} already")
    run = incidents.new_id(work.now)
    work.run("INSERT INTO run VALUES (?, ?, ?, ?, ?, NULL)", run, incident.id, version.id, version.version, work.now)
    for step in version.steps:
        _put(work, RunStep(run=run, step=step, state="waiting"))
    journal.note(work, incident.id, "playbook-started", playbook=version.id, version=version.version)
    work.tell("playbook.started", run, incident.id, incident.agencies, playbook=version.id)
    return settle(work, run, automatic)


def settle(work: Work, run_id: str, automatic: Collection[str] = ()) -> Run:
    """Opens the steps whose turn it is, and ends a run in which nothing is left to do."""
    run = running(work, run_id)
    incident = incidents.get(work, run.incident)
    again = run.ended_us is None
    while again:
        again = False
        states = {s.step.id: s.state for s in run.steps}
        for each in run.steps:
            ready = all(states.get(before, "removed") in ENDED for before in each.step.after)
            if each.state in ("waiting", "not-needed") and ready:
                wanted: StepState = "open" if holds(each.step.when, incident) else "not-needed"
                if wanted == "open" and not _reached(run, each):
                    wanted = "waiting"
                if wanted != each.state:
                    _open(work, run, incident, each, wanted, automatic)
                    again = True
        run = running(work, run_id)
    if run.ended_us is None and all((s.state in ENDED and s.undo != "open") or s.step.optional for s in run.steps):
        _end(work, run, incident)
    return running(work, run_id)


def _end(work: Work, run: Run, incident: Incident) -> None:
    work.run("UPDATE run SET ended_us = ? WHERE id = ?", work.now, run.id)
    journal.note(work, incident.id, "playbook-ended", playbook=run.playbook)
    work.tell("playbook.ended", run.id, incident.id, incident.agencies)


def end(work: Work, run_id: str, reason: str) -> Run:
    """Ends a run in which not all is done: what is open is skipped with the reason, what never opened was not needed.

    Raises:
        BadRequestData: no reason. Conflict: it is over.
    """
    run = running(work, run_id)
    if run.ended_us is not None:
        raise Conflict(f"Playbook {run.playbook} is over in this incident")
    if not reason.strip():
        raise BadRequestData("To end a playbook takes a reason")
    for each in run.steps:
        if each.state == "open":
            _put(
                work,
                msgspec.structs.replace(
                    each, state="skipped", due_us=None, ended_us=work.now, who=work.by.who, note=reason.strip()
                ),
            )
            detail = {"step": each.step.id, "title": each.step.title.de, "note": reason.strip(), "evidence": ""}
            journal.note(work, run.incident, "step-skipped", playbook=run.playbook, **detail)
        elif each.state == "waiting":
            _put(work, msgspec.structs.replace(each, state="not-needed", due_us=None))
    _end(work, run, incidents.get(work, run.incident))
    return running(work, run_id)


def _reached(run: Run, each: RunStep) -> bool:
    """Whether what the step watches is there."""
    seen = run.seen.get(each.step.id)
    return each.step.watch is None or (seen is not None and seen.since_us is not None)


PACE: Final = "pace"
"""Of a tenant for drills: how much faster than the clock its city lives, in hundredths."""
SHORTEST_S: Final = 300.0


def _due(work: Work, run: Run, incident: Incident, step: PlaybookStep, opened_us: int) -> int | None:
    """When a step that is open is due; None: never, or not known yet. Where a drill hastens the city, people are given
    less time as well, but never less than five minutes for what may take longer."""
    if step.due_s is None:
        return None
    due_s, row = step.due_s, work.row("SELECT value FROM meta WHERE key = ?", PACE)
    if row is not None and row[0] > 100:
        due_s = min(due_s, max(SHORTEST_S, due_s * 100 / row[0]))
    froms = {"": opened_us, "start": run.started_us}
    begins = froms[step.due_from] if step.due_from in froms else incident.times.get(step.due_from)
    return None if begins is None else begins + round(due_s * SECOND)


def _open(
    work: Work, run: Run, incident: Incident, each: RunStep, wanted: StepState, automatic: Collection[str]
) -> None:
    step = each.step
    due = _due(work, run, incident, step, work.now) if wanted == "open" else None
    opened = work.now if wanted == "open" else None
    act = wanted == "open" and step.action in automatic and each.action_us is None
    _put(work, msgspec.structs.replace(each, state=wanted, opened_us=opened, due_us=due), act=act)
    if wanted == "open":
        work.tell("playbook.open", run.id, run.incident, step=step.id, due_us=due)


def end_step(
    work: Work,
    run_id: str,
    step_id: str,
    *,
    note: str = "",
    evidence: str = "",
    skip: bool = False,
    files: Sequence[Mapping[str, Any]] = (),
    automatic: Collection[str] = (),
) -> Run:
    """A step is done, or skipped.

    Args:
        files: what lies beside it as evidence: name, SHA-256, type and size of each. It goes with the entry of the log.
    Raises:
        Conflict: it is not open (says who ended it). BadRequestData: evidence, or a reason for skipping, is missing.
    """
    run = running(work, run_id)
    each = _step(run, step_id)
    if each.state != "open":
        who = f" by {each.who}" if each.who else ""
        raise Conflict(f"Step {step_id} is {each.state}{who}", state=each.state, who=each.who)
    if skip and not note.strip():
        raise BadRequestData("To skip a step takes a reason")
    given = evidence.strip() or files or (each.step.evidence == "note" and note.strip())
    if not skip and each.step.evidence and not given:
        raise BadRequestData(f"Step {step_id} asks for evidence: {each.step.evidence}")
    state: StepState = "skipped" if skip else "done"
    detail = {"playbook": run.playbook, "step": step_id, "title": each.step.title.de, "note": note.strip()}
    if files:
        content = {"what": f"step-{state}", "by": work.by.name or work.by.who, **detail, "files": list(files)}
        hashes = [str(file["sha256"]) for file in files]
        seq = journal.add(work, run.incident, "automatic", content, attachments=hashes)
        evidence = f"file:{seq}/{hashes[0]}"
    else:
        journal.note(work, run.incident, f"step-{state}", **detail, evidence=evidence.strip())
    ended = msgspec.structs.replace(
        each, state=state, ended_us=work.now, who=work.by.who, note=note.strip(), evidence=evidence.strip()
    )
    _put(work, ended)
    work.tell(f"playbook.{state}", run_id, run.incident, step=step_id)
    return settle(work, run_id, automatic)


def difference(asked: Work | Shelf, run_id: str, version: int | None = None) -> Difference:
    """What taking a newer version would change."""
    run = running(asked, run_id)
    new = get(asked, run.playbook, version)
    mine = {s.step.id: s for s in run.steps if s.state != "removed"}
    theirs = {s.id: s for s in new.steps}
    unfinished = {i: s for i, s in mine.items() if s.state not in ("done", "skipped")}
    return Difference(
        version=new.version,
        added=tuple(s for i, s in theirs.items() if i not in mine),
        changed=tuple((s.step, theirs[i]) for i, s in unfinished.items() if i in theirs and theirs[i] != s.step),
        removed=tuple(s.step for i, s in unfinished.items() if i not in theirs),
    )


def adopt(work: Work, run_id: str, version: int, automatic: Collection[str] = ()) -> Run:
    """Takes a newer version for what is not yet done, as `difference` says.

    A step that is open goes on with its new words, and is due from when it was opened.
    Raises:
        Conflict: the run is over, or of that version or a newer one.
    """
    run = running(work, run_id)
    if run.ended_us is not None or version <= run.version:
        raise Conflict(f"This run is of version {run.version}" + (" and over" if run.ended_us else ""))
    found = difference(work, run_id, version)
    incident = incidents.get(work, run.incident)
    for step in found.added:
        _put(work, RunStep(run=run_id, step=step, state="waiting"))
    for _, step in found.changed:
        each = _step(run, step.id)
        due = None if each.opened_us is None else _due(work, run, incident, step, each.opened_us)
        if step.watch != each.step.watch:
            work.run("DELETE FROM run_watch WHERE run = ? AND step = ?", run_id, step.id)
        act = each.state == "open" and step.action in automatic and step.action != each.step.action
        _put(work, msgspec.structs.replace(each, step=step, due_us=due, late=False), act=act)
    for step in found.removed:
        _put(work, msgspec.structs.replace(_step(run, step.id), state="removed", due_us=None))
    work.run("UPDATE run SET version = ? WHERE id = ?", version, run_id)
    journal.note(
        work,
        run.incident,
        "playbook-updated",
        playbook=run.playbook,
        before=run.version,
        after=version,
        added=[s.id for s in found.added],
        changed=[s.id for _, s in found.changed],
        removed=[s.id for s in found.removed],
    )
    work.tell("playbook.updated", run_id, run.incident, version=version)
    return settle(work, run_id, automatic)


def reconsider(work: Work, incident_id: str, automatic: Collection[str] = ()) -> None:
    """The incident is another by now: conditions of its runs may be, and when steps are due. Over, it ends them."""
    incident = incidents.get(work, incident_id)
    for (run_id,) in work.rows("SELECT id FROM run WHERE incident = ? AND ended_us IS NULL", incident_id):
        if incident.state in life.OVER:
            end(work, run_id, f"incident is {incident.state}")
            continue
        run = running(work, run_id)
        for each in run.steps:
            if each.state == "open" and each.due_us is None and each.opened_us is not None:
                due = _due(work, run, incident, each.step, each.opened_us)
                if due is not None:
                    _put(work, msgspec.structs.replace(each, due_us=due))
        settle(work, run_id, automatic)


def saw(work: Work, run_id: str, step_id: str, seen: Seen, automatic: Collection[str] = ()) -> Run:
    """What a step's watch saw: the step opens when it holds, and what was done is to be taken back when no more."""
    run = running(work, run_id)
    each, before = _step(run, step_id), run.seen.get(step_id)
    ever = seen.since_us is not None or (before is not None and before.ever)
    work.run(
        "INSERT OR REPLACE INTO run_watch VALUES (?, ?, ?)",
        *(run_id, step_id, _encode(msgspec.structs.replace(seen, ever=ever))),
    )
    held, holds_now = before is not None and before.since_us is not None, seen.since_us is not None
    if held == holds_now:
        return running(work, run_id)
    if not holds_now and each.state == "done" and each.step.undo.de and not each.undo:
        _put(work, msgspec.structs.replace(each, undo="open", undo_us=work.now))
        journal.note(work, run.incident, "step-undo", playbook=run.playbook, step=step_id, title=each.step.undo.de)
        work.tell("playbook.undo", run_id, run.incident, step=step_id)
    elif holds_now and each.undo == "open":
        _put(work, msgspec.structs.replace(each, undo="", undo_us=None))
    elif not holds_now and each.state == "open":
        _put(work, msgspec.structs.replace(each, state="waiting", opened_us=None, due_us=None, late=False))
        work.tell("playbook.waits", run_id, run.incident, step=step_id)
    return settle(work, run_id, automatic)


def undone(work: Work, run_id: str, step_id: str, note: str = "") -> Run:
    """What was done is taken back. Raises: Conflict: there is nothing to take back."""
    run = running(work, run_id)
    each = _step(run, step_id)
    if each.undo != "open":
        raise Conflict(f"Step {step_id} is not to be taken back")
    _put(work, msgspec.structs.replace(each, undo="done", undo_us=work.now, undone_by=work.by.who))
    detail = {"step": step_id, "title": each.step.undo.de, "note": note.strip()}
    journal.note(work, run.incident, "step-undone", playbook=run.playbook, **detail)
    work.tell("playbook.undone", run_id, run.incident, step=step_id)
    return settle(work, run_id)


def act(work: Work, run_id: str, step_id: str, actions: Collection[str]) -> Run:
    """A person lets the action of an open step be done: one that the public would notice, or again what failed.

    Raises:
        Conflict: the step is not open, or its action is being done. BadRequestData: it has none.
    """
    run = running(work, run_id)
    each = _step(run, step_id)
    if each.state != "open":
        raise Conflict(f"Step {step_id} is {each.state}", state=each.state)
    if each.step.action not in actions:
        raise BadRequestData(f"Step {step_id} has no action that can be done here")
    if work.row("SELECT 1 FROM run_step WHERE run = ? AND step = ? AND act = 1", run_id, step_id):
        raise Conflict(f"The action of step {step_id} is being done")
    _put(work, each, act=True)
    journal.note(work, run.incident, "step-acting", playbook=run.playbook, step=step_id, action=each.step.action)
    return running(work, run_id)


def late(work: Work) -> int:
    """Tells of steps that are due, once each; how many."""
    rows = work.rows("SELECT run, step FROM run_step WHERE state = 'open' AND is_late = 0 AND due_us <= ?", work.now)
    for run_id, step_id in rows:
        run = running(work, run_id)
        _put(work, msgspec.structs.replace(_step(run, step_id), late=True))
        journal.note(work, run.incident, "step-late", playbook=run.playbook, step=step_id)
        work.tell("playbook.late", run_id, run.incident, step=step_id)
    return len(rows)


def acting(asked: Work | Shelf) -> list[tuple[Run, RunStep]]:
    """Open steps whose automatic action is still to be done."""
    rows = asked.rows("SELECT run, step FROM run_step WHERE act = 1 ORDER BY run, step")
    return [(run := running(asked, run_id), _step(run, step_id)) for run_id, step_id in rows]


def acted(work: Work, run_id: str, step_id: str, result: str) -> None:
    """What became of a step's action; the step itself stays open until a person says that it is done."""
    run = running(work, run_id)
    _put(work, msgspec.structs.replace(_step(run, step_id), action_us=work.now, action_result=result), act=False)
    journal.note(work, run.incident, "step-action", playbook=run.playbook, step=step_id, result=result)
    work.tell("playbook.acted", run_id, run.incident, step=step_id)


def running(asked: Work | Shelf, run_id: str) -> Run:
    """A run with its steps, in the order of the playbook. Raises: ResourceNotFound."""
    rows = asked.rows("SELECT id, incident, playbook, version, started_us, ended_us FROM run WHERE id = ?", run_id)
    if not rows:
        raise ResourceNotFound(f"There is no run {run_id[:40]} of a playbook")
    bodies = asked.rows("SELECT body FROM run_step WHERE run = ?", run_id)
    steps = [msgspec.json.decode(body, type=RunStep) for (body,) in bodies]
    order = {s.id: number for number, s in enumerate(get(asked, rows[0][2], rows[0][3]).steps)}
    steps.sort(key=lambda s: (order.get(s.step.id, 1000), s.step.id))
    names: tuple[str, ...] = ("id", "incident", "playbook", "version", "started_us", "ended_us")
    members: dict[str, Any] = dict(zip(names, rows[0], strict=True))
    seen = {
        step: msgspec.json.decode(body, type=Seen)
        for step, body in asked.rows("SELECT step, body FROM run_watch WHERE run = ?", run_id)
    }
    return Run(**members, steps=tuple(steps), seen=seen)


def of_incident(asked: Work | Shelf, incident_id: str) -> list[Run]:
    rows = asked.rows("SELECT id FROM run WHERE incident = ? ORDER BY started_us, id", incident_id)
    return [running(asked, run) for (run,) in rows]


def _step(run: Run, step_id: str) -> RunStep:
    found = next((s for s in run.steps if s.step.id == step_id), None)
    if found is None:
        raise ResourceNotFound(f"Playbook {run.playbook} has no step {step_id[:40]!r}")
    return found


def _put(work: Work, each: RunStep, *, act: bool | None = None) -> None:
    """`act`: its action is to be done; None: as it is, while the step is open."""
    if act is None:
        row = work.row("SELECT act FROM run_step WHERE run = ? AND step = ?", each.run, each.step.id)
        act = bool(row and row[0] and each.state == "open")
    work.run(
        "INSERT OR REPLACE INTO run_step VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(each.run, each.step.id, each.state, each.due_us, each.late, act, _encode(each)),
    )
