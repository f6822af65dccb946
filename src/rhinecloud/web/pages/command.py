"""The command line: says while it is typed what a line will do, does it, and takes it back for some seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from litestar import Response, get, post

from rhinecloud.base.errors import BadRequestData, Conflict
from rhinecloud.operations import BoardDesk, Deed, Meaning, Pick, life
from rhinecloud.web.incident_tabs import address
from rhinecloud.web.incident_words import STATES, STEPS
from rhinecloud.web.language import LANGUAGES, N_, words
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.strips import short
from rhinecloud.web.visits import AnyRequest, Visit, Visits

from .data import answer
from .forms import Form
from .incident_steps import FORWARD

LONGEST: Final = 300


class Option(msgspec.Struct, kw_only=True):
    """One of several things that were perhaps meant."""

    line: str  # says it without doubt
    label: str
    detail: str = ""


class Understood(msgspec.Struct, kw_only=True, rename="camel"):
    """What a line will do when Enter is pressed."""

    says: str = ""
    warns: str = ""
    ready: bool = False
    options: list[Option] = []


class Done(msgspec.Struct, kw_only=True, rename="camel"):
    """What was done; `deed` takes it back until then. `opens`: a page instead."""

    said: str = ""
    deed: int = 0
    until_ms: int = 0
    opens: str = ""


class CommandLine:
    """The handlers."""

    def __init__(self, rooms: Rooms, visits: Visits) -> None:
        self._rooms, self._visits = rooms, visits

    async def understand(self, request: AnyRequest) -> Response[bytes]:
        """What `?q=` means; nothing is done."""
        visit, board = await self._open(request)
        line = request.query_params.get("q", "")[:LONGEST]
        meaning = await asyncio.to_thread(board.read, line, steps())
        return answer(_understood(meaning, visit.language))

    async def do(self, request: AnyRequest, data: Form) -> Response[bytes]:
        """Does what a `line` says, answers a unit's wish for `speech`, or takes a deed back: `undo`."""
        visit, board = await self._open(request)
        done = await asyncio.to_thread(self._done, visit, board, dict(data))
        return answer(done)

    async def _open(self, request: AnyRequest) -> tuple[Visit, BoardDesk]:
        visit = await self._visits.in_centre(request, "incidents.read")
        return visit, BoardDesk(self._rooms.operations.seat(visit.tenant, visit.principal))

    def _done(self, visit: Visit, board: BoardDesk, data: dict[str, str]) -> Done:
        say = words(visit.language)
        if number := data.get("undo", ""):
            board.undo(_whole(number))
            return Done(said=say("Taken back."))
        if number := data.get("speech", ""):
            return _with(board.answer_speech(_whole(number)), say("You speak with the unit."))
        meaning = board.read(data.get("line", "")[:LONGEST], steps())
        try:
            return self._act(visit, board, meaning)
        except Conflict as conflict:
            raise _told(conflict, meaning, visit.language) from conflict

    def _act(self, visit: Visit, board: BoardDesk, meaning: Meaning) -> Done:
        language, say = visit.language, words(visit.language)
        does: dict[str, Callable[[], Deed]] = {}
        if meaning.unit is not None and meaning.status is not None:
            unit, digit = meaning.unit.id, meaning.status.digit
            does["status"] = lambda: board.report_status(unit, digit)
        if meaning.unit is not None and meaning.incident is not None:
            pick, incident = Pick(meaning.unit.id), meaning.incident.id
            does["assign"] = lambda: board.assign(incident, pick)
        if meaning.incident is not None and meaning.step in FORWARD:
            named, step = meaning.incident.id, meaning.step
            does["step"] = lambda: board.move(named, step)
        if meaning.kind == "answer" and meaning.unit is not None:
            return self._answered(visit, board, meaning.unit.id)
        if meaning.kind in does:
            return _with(does[meaning.kind](), _says(meaning, language))
        if meaning.kind in ("incident", "step") and meaning.incident is not None:
            return Done(opens=address(meaning.incident.id))
        if meaning.kind == "unit" and meaning.unit is not None:
            return Done(opens=f"/units?select={quote(meaning.unit.id, safe='')}")
        if meaning.kind == "new":
            return Done(opens=f"/incidents/new?{urlencode({'title': meaning.text})}")
        if meaning.kind == "unknown" and meaning.text and meaning.unit is None:
            return Done(opens=f"/incidents?{urlencode({'view': 'list', 'q': meaning.text.lstrip('#')})}")
        raise BadRequestData(_understood(meaning, language).says or say("Nothing to do."))

    def _answered(self, visit: Visit, board: BoardDesk, unit: str) -> Done:
        say = words(visit.language)
        desk = self._rooms.operations.desk(visit.tenant, visit.principal)
        waiting = next((s for s in desk.waiting() if s.unit == unit), None)
        if waiting is None:
            raise BadRequestData(say("This unit does not wait to speak."))
        return _with(board.answer_speech(waiting.id), say("You speak with the unit."))


def steps() -> dict[str, str]:
    """The words for steps, in both languages: those of the step, and those of the state that it leads to."""
    found: dict[str, str] = {}
    for name in FORWARD:
        found[name] = name
        for language in LANGUAGES:
            say = words(language)
            found[say(STEPS[name])] = name
            found[say(STATES[life.STEPS[name].after])] = name
    return found


def _understood(meaning: Meaning, language: str) -> Understood:
    say = words(language)
    ready = meaning.kind not in ("nothing", "unclear", "unknown")
    warns = say("The status map does not expect this step.") if meaning.unusual else ""
    if meaning.kind == "assign" and meaning.unit is not None and not meaning.unit.available:
        warns = say("The unit is off duty.")
    options = [
        Option(
            line=c.text,
            label=say(STEPS[c.step]) if c.step else f"#{short(c.incident.number)}" if c.incident else c.text,
            detail=c.incident.title if c.incident else c.unit.agency if c.unit else "",
        )
        for c in meaning.candidates
    ]
    return Understood(says=_says(meaning, language), warns=warns, ready=ready, options=options)


def _says(meaning: Meaning, language: str) -> str:
    """The line in words."""
    say, kind = words(language), meaning.kind
    unit = meaning.unit.name if meaning.unit else ""
    number = f"#{short(meaning.incident.number)}" if meaning.incident else ""
    title = meaning.incident.title if meaning.incident else ""
    if kind == "status" and meaning.status is not None:
        return f"{unit} → {meaning.status.digit} {meaning.status.label[language]}"
    if kind == "assign":
        return say(N_("%(unit)s is alerted for %(incident)s")) % {"unit": unit, "incident": f"{number} {title}"}
    if kind == "step":
        return f"{number} {title} → {say(STEPS[meaning.step])}"
    plain = {
        "answer": say("Speak with %(unit)s") % {"unit": unit},
        "unit": say("Show %(unit)s") % {"unit": unit},
        "incident": say("Open %(incident)s") % {"incident": f"{number} {title}"},
        "new": say("A new incident: %(words)s") % {"words": meaning.text or "…"},
        "undo": say("Take back what was done last"),
        "unclear": say("Several are called so: %(words)s") % {"words": meaning.text},
    }
    if kind == "unknown":
        if meaning.unit is not None:
            return say("%(unit)s: %(words)s is not understood") % {"unit": unit, "words": meaning.text}
        return say("Search incidents for %(words)s") % {"words": meaning.text}
    return plain.get(kind, "")


def _with(deed: Deed, said: str) -> Done:
    return Done(said=said, deed=deed.id, until_ms=deed.until_us // 1000)


def _told(conflict: Conflict, meaning: Meaning, language: str) -> Conflict:
    """The refusal in the language of the visit, where it is one that happens to people every night."""
    say = words(language)
    if meaning.kind == "assign" and "assignment" in conflict.extra and meaning.unit is not None:
        return Conflict(say("%(unit)s is bound by another incident already.") % {"unit": meaning.unit.name})
    if "state" in conflict.extra and conflict.extra["state"] in STATES:
        return Conflict(
            say("The incident is in the state %(state)s.") % {"state": say(STATES[conflict.extra["state"]])}
        )
    return conflict


def _whole(text: str) -> int:
    if not text.isdecimal() or len(text) > 15:
        raise BadRequestData(f"{text[:20]!r} is no number")
    return int(text)


def routes(rooms: Rooms, visits: Visits) -> list[Any]:
    page = CommandLine(rooms, visits)
    return [get("/web/command")(page.understand), post("/web/command", status_code=200)(page.do)]
