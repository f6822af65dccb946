"""Entries of an incident's log as sentences. What was entered by itself was told in values: here are the words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from .incident_words import STATES
from .language import N_, words
from .sentence import SEVERITY

KINDS: Final = {
    "automatic": N_("Event"),
    "message": N_("Message"),
    "order": N_("Order"),
    "measure": N_("Measure"),
    "assessment": N_("Assessment"),
    "decision": N_("Decision"),
    "note": N_("Note"),
    "request": N_("Request"),
    "task": N_("Task"),
    "handover": N_("Handover"),
    "correction": N_("Correction"),
    "keeper": N_("Keeper of the log"),
    "erasure": N_("Erasure"),
}
KIND_ICONS: Final = {
    "automatic": "activity",
    "message": "message-square",
    "order": "send",
    "measure": "wrench",
    "assessment": "eye",
    "decision": "scale",
    "note": "file-text",
    "request": "share-2",
    "task": "list-checks",
    "handover": "replace",
    "correction": "undo-2",
    "keeper": "key-round",
    "erasure": "trash-2",
}
BY_HAND: Final = ("message", "order", "measure", "assessment", "note")
"""Kinds that its keeper writes; decisions have a form of their own."""

_SAID: Final = {
    "reported": N_("Reported: %(title)s"),
    "changed": N_("Changed: %(fields)s"),
    "moved": N_("%(before)s → %(after)s"),
    "merged": N_("Incident %(number)s was merged into this one: %(title)s"),
    "parent": N_("Put under incident %(parent)s"),
    "no-parent": N_("Taken out of the major incident"),
    "alert-linked": N_("An alert was linked: %(alert)s"),
    "reporter": N_("Who reported: %(name)s"),
    "undone": N_("Taken back: %(deed)s"),
    "needed": N_("Needed: %(count)s × %(capability)s"),
    "need-withdrawn": N_("Not needed any more: %(capability)s"),
    "alarm-level": N_("Alarm level %(level)s by plan %(plan)s"),
    "sent-by-itself": N_("Units sent by the alarm plan: %(units)s"),
    "next-best": N_("%(name)s goes instead of %(instead_of)s"),
    "escalated": N_("%(name)s did not come; %(to)s has to see to it"),
    "escalation-taken": N_("Somebody sees to it that %(name)s did not come"),
    "unit-reserved": N_("%(name)s is reserved"),
    "unit-alerted": N_("%(name)s is alerted"),
    "unit-accepted": N_("%(name)s accepts"),
    "unit-declined": N_("%(name)s declines"),
    "unit-silent": N_("%(name)s did not answer in time"),
    "unit-withdrawn": N_("%(name)s is called back"),
    "unit-released": N_("%(name)s is released"),
    "unit-moved": N_("%(name)s works for another incident or section now: %(to)s"),
    "unit-came": N_("%(name)s came from incident %(from)s"),
    "playbook-started": N_("Playbook begun: %(playbook)s"),
    "playbook-ended": N_("Playbook done: %(playbook)s"),
    "playbook-updated": N_("Playbook %(playbook)s goes on in version %(after)s"),
    "step-done": N_("Step done: %(title)s"),
    "step-skipped": N_("Step skipped: %(title)s"),
    "step-late": N_("Step is late: %(step)s"),
    "step-action": N_("Step %(step)s did by itself: %(result)s"),
    "step-acting": N_("Step %(step)s may act: %(action)s"),
    "step-undo": N_("To be undone: %(title)s"),
    "step-undone": N_("Undone: %(title)s"),
    "staff-convened": N_("The staff is called together: %(staff)s"),
    "staff-dismissed": N_("The staff is dismissed: %(staff)s"),
    "function-taken": N_("%(name)s takes %(function)s"),
    "function-given-up": N_("%(name)s gives up %(function)s"),
    "message-distributed": N_("Message %(message)s was given to: %(to)s"),
    "message-filed": N_("Message %(message)s was kept for the log alone"),
    "warning-begun": N_("Warning begun: %(title)s"),
    "section-moved": N_("%(name)s: section %(section)s"),
    "drawn": N_("Drawn on the picture: %(label)s"),
    "redrawn": N_("Drawn anew on the picture: %(label)s"),
    "taken-away": N_("Taken off the picture: %(label)s"),
    "restored": N_("Brought back to the picture: %(label)s"),
    "report-released": N_("Situation report %(report)s is released"),
    "finding-made": N_("Finding %(finding)s: %(change)s"),
    "finding-changed": N_("Finding %(finding)s was changed: %(change)s"),
    "finding-under-way": N_("Finding %(finding)s is being worked on: %(change)s"),
    "finding-open": N_("Finding %(finding)s is open again: %(change)s"),
    "finding-done": N_("Finding %(finding)s is done: %(change)s"),
    "finding-dropped": N_("Finding %(finding)s is dropped: %(change)s"),
    "cot-cancelled": N_("%(callsign)s has cancelled the emergency call"),
}
_KEEPER: Final = N_("%(to)s keeps the log from now on")
_KEEPER_AFTER: Final = N_("%(to)s keeps the log from now on; before: %(from)s")
_ERASED: Final = N_("The content of entry %(seq)s was erased: %(reason)s")
FIELDS: Final = {
    "type": N_("kind"),
    "title": N_("title"),
    "text": N_("text"),
    "severity": N_("severity"),
    "urgency": N_("urgency"),
    "place": N_("place"),
    "entities": N_("things"),
    "sections": N_("sections"),
    "agencies": N_("agencies"),
    "state": N_("state"),
    "parent": N_("major incident"),
    "alerts": N_("alerts"),
}
STAFFS: Final = {"command": N_("operations staff"), "crisis": N_("crisis staff")}
REQUEST: Final = {
    "asked": N_("asked"),
    "offered": N_("offered"),
    "accepted": N_("accepted"),
    "arrived": N_("arrived"),
    "declined": N_("declined"),
    "withdrawn": N_("withdrawn"),
}
TASK: Final = {"open": N_("open"), "done": N_("done"), "dropped": N_("dropped")}
HANDOVER: Final = {"given": N_("given"), "taken": N_("taken"), "withdrawn": N_("withdrawn")}


def sentence(kind: str, content: Mapping[str, Any], header: Mapping[str, Any], language: str) -> str:
    """What an entry says, in one language; texts of people stay as they wrote them."""
    say = words(language)
    if kind == "automatic":
        return _automatic(content, language)
    if kind == "keeper":
        return (say(_KEEPER_AFTER) if content.get("from") else say(_KEEPER)) % _texts(content)
    if kind == "erasure":
        return say(_ERASED) % {"seq": header.get("refers_to", "?"), "reason": content.get("reason", "")}
    text = str(content.get("text", ""))
    if "state" in content:
        table = {"request": REQUEST, "task": TASK, "handover": HANDOVER}.get(kind, {})
        state = say(table.get(str(content["state"]), str(content["state"])))
        return f"{state}: {text}" if text else state
    return text


def _automatic(content: Mapping[str, Any], language: str) -> str:
    say, what, given = words(language), str(content.get("what", "")), _texts(content)
    if what == "changed":
        fields = content.get("fields")
        given["fields"] = (
            ", ".join(say(FIELDS.get(str(f), str(f))) for f in fields) if isinstance(fields, Mapping) else ""
        )
        if isinstance(fields, Mapping) and "severity" in fields:
            given["fields"] += f" ({say(SEVERITY.get(str(fields['severity']), ''))})"
    elif what == "moved":
        given |= {name: say(STATES.get(given.get(name, ""), given.get(name, ""))) for name in ("before", "after")}
    elif what == "parent" and not content.get("parent"):
        what = "no-parent"
    elif what == "unit-moved" and "from" in content:
        what = "unit-came"
    elif what == "message-distributed":
        to = content.get("to")
        what = what if to else "message-filed"
        given["to"] = ", ".join(code(f) for f in to) if isinstance(to, Mapping) else ""
    elif what.startswith("staff-"):
        given["staff"] = say(STAFFS.get(given.get("staff", ""), given.get("staff", "")))
    pattern = _SAID.get(what)
    if pattern is None or any(name not in given for name in re.findall(r"%\((\w+)\)s", pattern)):
        rest = "; ".join(f"{k}: {v}" for k, v in given.items() if k not in ("what", "by") and v)
        return f"{what}: {rest}" if rest else what
    said = say(pattern) % given
    reason = given.get("reason") or given.get("remark") or given.get("note", "")
    return f"{said}. {reason}" if reason else said


def code(function: str) -> str:
    """How a function of a staff is called: "command.s3" is S3."""
    return function.rpartition(".")[2].upper()


def _texts(content: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        for name, value in content.items()
        if not isinstance(value, Mapping)
    }
