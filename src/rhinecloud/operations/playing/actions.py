"""What steps of playbooks may do by themselves: ask for units, bring agencies in, raise the severity, note, switch.

Each bears being done twice. What the public notices waits for a person, and is never done in a drill: there it says
what it would have done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from rhinecloud.base.declare import Label
from rhinecloud.base.errors import BadRequestData
from rhinecloud.operations import assignments, incidents, journal, things
from rhinecloud.operations.action import Action, Argument
from rhinecloud.operations.declare import SEVERITIES, Agency, Incident, Position, Run, RunStep, Section, Severity
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.tables import Shelf

Shelves = Callable[[str], Shelf]
"""tenant → its operations.db; blocking."""
Near = Callable[[str, str, Position, float], Sequence[str]]
"""(tenant, entity type, place, metres) → ids of the devices that watch such things there; blocking."""
Send = Callable[[str, str, str, dict[str, Any]], Awaitable[object]]
"""(tenant, device, command, parameters)."""

_WORDS: Final[dict[str, Label]] = {
    "info": Label(de="Hinweis", en="info"),
    "minor": Label(de="gering", en="minor"),
    "major": Label(de="erheblich", en="major"),
    "critical": Label(de="kritisch", en="critical"),
}


def actions(shelves: Shelves, near: Near | None = None, send: Send | None = None) -> dict[str, Action]:
    """Our own actions, by name."""

    def of(do: Callable[[Shelf, Run, RunStep], Label]) -> Callable[[str, Run, RunStep], Awaitable[Label]]:
        async def run(tenant: str, run: Run, step: RunStep) -> Label:
            return await asyncio.to_thread(lambda: do(shelves(tenant), run, step))

        return run

    made = {
        "unit.ask": Action(
            of(_ask),
            _says_ask,
            title=Label(de="Einheiten anfordern", en="Ask for units"),
            arguments=(
                Argument(name="capability", label=Label(de="Fähigkeit", en="Capability")),
                Argument(name="count", label=Label(de="Anzahl", en="Count"), kind="number", default="1"),
            ),
        ),
        "agencies.add": Action(
            of(_add_agencies),
            _says_agencies,
            title=Label(de="Behörden beteiligen", en="Bring agencies in"),
            arguments=(Argument(name="agencies", label=Label(de="Behörden", en="Agencies"), kind="list"),),
        ),
        "severity.raise": Action(
            of(_raise),
            _says_raise,
            title=Label(de="Schwere anheben", en="Raise the severity"),
            arguments=(Argument(name="severity", label=Label(de="Schwere", en="Severity"), default="major"),),
        ),
        "section.add": Action(
            of(_add_section),
            _says_section,
            title=Label(de="Einsatzabschnitt bilden", en="Form a section"),
            arguments=(
                Argument(name="id", label=Label(de="Kürzel", en="Short name")),
                Argument(name="title", label=Label(de="Bezeichnung", en="Title")),
                Argument(name="agency", label=Label(de="Behörde", en="Agency")),
            ),
        ),
        "log.note": Action(
            of(_note),
            lambda _, given: Label(de=f"Vermerk im Tagebuch: {given['text']}", en=f"Note in the log: {given['text']}"),
            title=Label(de="Im Tagebuch vermerken", en="Note in the log"),
            arguments=(Argument(name="text", label=Label(de="Text", en="Text")),),
        ),
    }
    if near is not None and send is not None:
        made["device.command"] = Action(
            _commanding(shelves, near, send),
            _says_command,
            public=True,
            title=Label(de="Geräte schalten (z. B. Licht auf voll)", en="Switch devices (lights to full, say)"),
            arguments=(
                Argument(name="type", label=Label(de="Art der Dinge", en="Type of things"), default="Streetlight"),
                Argument(name="command", label=Label(de="Befehl", en="Command"), default="set"),
                Argument(name="radius_m", label=Label(de="Umkreis (m)", en="Radius (m)"), kind="number", default="500"),
            ),
        )
    return made


# ── units ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _ask(shelf: Shelf, run: Run, step: RunStep) -> Label:
    capability, count = str(step.step.arguments["capability"]), _count(step.step.arguments)
    with shelf.work(SYSTEM) as work:
        known = [n for n in assignments.needs(work, run.incident) if n.capability == capability]
        missing = count - sum(need.count for need in known)
        if missing <= 0:
            return Label(
                de=f"{count} × {capability} war schon angefordert", en=f"{count} × {capability}: asked for already"
            )
        assignments.ask(work, run.incident, capability, missing)
    return Label(de=f"{missing} × {capability} angefordert", en=f"{missing} × {capability}: asked for")


def _count(given: Mapping[str, Any]) -> int:
    try:
        return max(1, int(given.get("count", 1) or 1))
    except (TypeError, ValueError) as error:
        raise BadRequestData(f"{given.get('count')!r} is no number of units") from error


def _says_ask(_: Incident, given: Mapping[str, Any]) -> Label:
    what = f"{_count(given)} × {given['capability']}"
    return Label(de=f"fordert {what} an (Vorschlag unter Einheiten)", en=f"asks for {what} (proposal under Units)")


# ── the incident ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _list(given: object) -> tuple[str, ...]:
    parts = given.split(",") if isinstance(given, str) else given if isinstance(given, list | tuple) else ()
    return tuple(str(part).strip() for part in parts if str(part).strip())


def _add_agencies(shelf: Shelf, run: Run, step: RunStep) -> Label:
    with shelf.work(SYSTEM) as work:
        incident = incidents.get(work, run.incident)
        agencies = tuple(dict.fromkeys((*incident.agencies, *_list(step.step.arguments["agencies"]))))
        new = agencies[len(incident.agencies) :]
        titles = {a.id: a.title for a in things.every(work, Agency).values()}
        incidents.change(work, incident.id, None, {"agencies": agencies})
    if not new:
        return Label(de="alle waren schon beteiligt", en="all of them take part already")
    german, english = (", ".join(titles[a][lang] if a in titles else a for a in new) for lang in ("de", "en"))
    return Label(de=f"jetzt beteiligt: {german}", en=f"takes part now: {english}")


def _says_agencies(incident: Incident, given: Mapping[str, Any]) -> Label:
    names = ", ".join(a for a in _list(given["agencies"]) if a not in incident.agencies)
    if not names:
        return Label(de="alle sind schon beteiligt", en="all of them take part already")
    return Label(de=f"beteiligt {names}: sie sehen den Einsatz", en=f"brings in {names}: they see the incident")


def _severity(given: Mapping[str, Any]) -> Severity:
    found = next((s for s in SEVERITIES if s == given["severity"]), None)
    if found is None:
        raise BadRequestData(f"Severity is one of {', '.join(SEVERITIES)}, not {given['severity']!r}")
    return found


def _raise(shelf: Shelf, run: Run, step: RunStep) -> Label:
    wanted = _severity(step.step.arguments)
    with shelf.work(SYSTEM) as work:
        incident = incidents.get(work, run.incident)
        if SEVERITIES.index(incident.severity) >= SEVERITIES.index(wanted):
            return Label(de=f"war schon {_WORDS[incident.severity].de}", en=f"it is {incident.severity} already")
        incidents.change(work, incident.id, None, {"severity": wanted})
    return Label(de=f"{_WORDS[incident.severity].de} → {_WORDS[wanted].de}", en=f"{incident.severity} → {wanted}")


def _says_raise(_: Incident, given: Mapping[str, Any]) -> Label:
    word = _WORDS[_severity(given)]
    return Label(de=f"hebt die Schwere auf {word.de} an", en=f"raises the severity to {word.en}")


def _add_section(shelf: Shelf, run: Run, step: RunStep) -> Label:
    given = step.step.arguments
    with shelf.work(SYSTEM) as work:
        incident = incidents.get(work, run.incident)
        if any(s.id == given["id"] for s in incident.sections):
            return Label(de="Abschnitt gab es schon", en=f"section {given['id']} is there already")
        made = Section(id=str(given["id"]), title=str(given["title"]), agency=str(given.get("agency", "")))
        incidents.change(work, incident.id, None, {"sections": (*incident.sections, made)})
    return Label(de=f"Abschnitt „{given['title']}“ gebildet", en=f"section “{given['title']}” formed")


def _says_section(_: Incident, given: Mapping[str, Any]) -> Label:
    return Label(de=f"bildet den Abschnitt „{given['title']}“", en=f"forms the section “{given['title']}”")


def _note(shelf: Shelf, run: Run, step: RunStep) -> Label:
    """The result of an action stands in the log: that is the note."""
    text = str(step.step.arguments["text"])
    with shelf.work(SYSTEM) as work:
        journal.note(work, run.incident, "playbook-note", playbook=run.playbook, step=step.step.id, text=text)
    return Label(de=text, en=text)


# ── devices ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _commanding(shelves: Shelves, near: Near, send: Send) -> Callable[[str, Run, RunStep], Awaitable[Label]]:
    async def run(tenant: str, run: Run, step: RunStep) -> Label:
        given = step.step.arguments
        shelf = await asyncio.to_thread(shelves, tenant)
        incident = await asyncio.to_thread(incidents.get, shelf, run.incident)
        if incident.place.location is None:
            raise BadRequestData("The incident has no place")
        radius = float(given.get("radius_m", 500))
        devices = await asyncio.to_thread(near, tenant, str(given["type"]), incident.place.location, radius)
        if incident.exercise:
            said = f"{len(devices)} × {given['command']}"
            return Label(de=f"ÜBUNG: nicht geschaltet ({said})", en=f"EXERCISE: not switched ({said})")
        for device in devices:
            await send(tenant, device, str(given["command"]), dict(given.get("params", {})))
        return Label(
            de=f"{len(devices)} Geräten gesagt: {given['command']}",
            en=f"{len(devices)} devices told {given['command']}",
        )

    return run


def _says_command(_: Incident, given: Mapping[str, Any]) -> Label:
    what, radius = f"{given['type']}: {given['command']}", float(given.get("radius_m", 500))
    return Label(de=f"schaltet im Umkreis von {radius:.0f} m: {what}", en=f"switches within {radius:.0f} m: {what}")
