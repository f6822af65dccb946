"""What steps of playbooks may do with reports by themselves: release one, as it would be by a click."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from rhinecloud.base.declare import Label
from rhinecloud.operations.action import Action, Argument
from rhinecloud.operations.declare import Incident, Run, RunStep

from .desk import ReportDesk


def actions(desks: Callable[[str], ReportDesk], language: str) -> dict[str, Action]:
    """By name. `desks`: tenant → the desk from which the city itself reports; blocking."""

    async def release(tenant: str, run: Run, step: RunStep) -> Label:
        return await asyncio.to_thread(_release, desks(tenant), language, run, step)

    return {
        "report.release": Action(
            release,
            _says,
            title=Label(de="Lagebericht freigeben und senden", en="Release and send a situation report"),
            arguments=(
                Argument(
                    name="to", label=Label(de="An (agency:…, mailto:…)", en="To (agency:…, mailto:…)"), kind="list"
                ),
            ),
        )
    }


def _release(desk: ReportDesk, language: str, run: Run, step: RunStep) -> Label:
    """Done again for the same step, it is the same report."""
    to = [str(t) for t in step.step.arguments.get("to") or ()]
    draft = desk.draft(run.incident, language)
    key = f"run:{run.id}:{step.step.id}"
    made = desk.release(run.incident, draft, desk.carried(run.incident), to=to, key=key)
    return Label(de=f"Lagebericht {made.number} freigegeben", en=f"Situation report {made.number} is released")


def _says(incident: Incident, given: Mapping[str, Any]) -> Label:
    to = ", ".join(str(t) for t in given.get("to") or ())
    return Label(
        de=f"Gibt einen Lagebericht zu {incident.number} frei" + (f" und sendet ihn an {to}" if to else ""),
        en=f"Releases a situation report of {incident.number}" + (f" and sends it to {to}" if to else ""),
    )
