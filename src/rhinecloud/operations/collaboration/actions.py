"""What steps of playbooks may do in the room of an incident by themselves. Each bears being done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from rhinecloud.base.clock import SECOND
from rhinecloud.base.declare import Label
from rhinecloud.operations import incidents
from rhinecloud.operations.action import Action, Argument
from rhinecloud.operations.declare import Incident, Run, RunStep
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.tables import Shelf

from . import messages, tasks
from .declare import Draft

_TEXT: Final = Argument(name="text", label=Label(de="Text", en="Text"))
_AGENCIES: Final = Argument(name="agencies", label=Label(de="Stellen", en="Agencies"), kind="list")


def actions(shelves: Callable[[str], Shelf]) -> dict[str, Action]:
    """By name. `shelves`: tenant → its operations.db; blocking."""

    def of(do: Callable[[Shelf, Run, RunStep], Label]) -> Callable[[str, Run, RunStep], Awaitable[Label]]:
        async def run(tenant: str, run: Run, step: RunStep) -> Label:
            return await asyncio.to_thread(lambda: do(shelves(tenant), run, step))

        return run

    return {
        "room.open": Action(
            of(_open),
            _says_open,
            title=Label(de="Raum öffnen: Stellen beteiligen und benachrichtigen", en="Open the room to agencies"),
            arguments=(_AGENCIES, _TEXT),
        ),
        "task.give": Action(
            of(_give),
            _says_give,
            title=Label(de="Aufgabe erteilen", en="Give a task"),
            arguments=(
                _TEXT,
                Argument(name="owner", label=Label(de="Wer", en="Who")),
                Argument(name="minutes", label=Label(de="Frist (min)", en="Within (min)"), kind="number", default="60"),
            ),
        ),
    }


def _open(shelf: Shelf, run: Run, step: RunStep) -> Label:
    """Agencies take part from now on, and a message says so to all of them."""
    asked = [str(a) for a in step.step.arguments.get("agencies") or ()]
    with shelf.work(SYSTEM) as work:
        incident = incidents.get(work, run.incident)
        fresh = [a for a in dict.fromkeys(asked) if a and a not in incident.agencies]
        if fresh:
            incidents.change(work, incident.id, None, {"agencies": (*incident.agencies, *fresh)})
        text = str(step.step.arguments.get("text") or step.step.title.de)
        draft = Draft(text=text, sender="Rhine Cloud", to=", ".join(asked))
        messages.take(work, incident.id, draft, key=_key(run, step))
    names = ", ".join(fresh)
    if not fresh:
        return Label(
            de="Alle waren schon beteiligt; Nachricht geschrieben", en="All took part already; message written"
        )
    return Label(de=f"Beteiligt: {names}; Nachricht geschrieben", en=f"Take part: {names}; message written")


def _says_open(incident: Incident, given: Mapping[str, Any]) -> Label:
    names = ", ".join(str(a) for a in given.get("agencies") or ())
    return Label(
        de=f"Öffnet den Raum von {incident.number} für {names or 'die Beteiligten'} und schreibt eine Nachricht",
        en=f"Opens the room of {incident.number} to {names or 'those who take part'} and writes a message",
    )


def _give(shelf: Shelf, run: Run, step: RunStep) -> Label:
    given = step.step.arguments
    text, owner = str(given.get("text") or step.step.title.de), str(given.get("owner") or step.step.owner or "–")
    with shelf.work(SYSTEM) as work:
        due = work.now + _minutes(given) * 60 * SECOND
        number = tasks.add(work, run.incident, text, owner, due_us=due, key=_key(run, step))
    return Label(de=f"Aufgabe {number} erteilt", en=f"Task {number} given")


def _says_give(_incident: Incident, given: Mapping[str, Any]) -> Label:
    text, owner = str(given.get("text", "")), str(given.get("owner", ""))
    return Label(
        de=f"Erteilt {owner or 'jemandem'} die Aufgabe: {text}", en=f"Gives {owner or 'somebody'} the task: {text}"
    )


def _minutes(given: Mapping[str, Any]) -> int:
    text = str(given.get("minutes") or "60")
    return min(max(int(text), 1), 100_000) if text.isdecimal() and len(text) < 8 else 60


def _key(run: Run, step: RunStep) -> str:
    return f"run:{run.id}:{step.step.id}"
