"""The command line: what a few keys mean, given the units and incidents there are. Reads only; `deeds` does.

    3-1 4              the unit whose call sign ends so reports status 4
    3-1 #17            it is alerted for incident 17
    3-1 ok             somebody speaks with it (its wish to speak is answered)
    #17                opens the incident;  #17 contained  takes the step
    new fire Hafen     opens the form of a new incident with those words
    undo               takes back what was done last

Beginnings are enough where only one thing begins so; where several do, nothing is done and all are named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec

from .declare import Incident, Status, Unit, UnitKind

MOST: Final = 8
NEW: Final = ("new", "neu")
UNDO: Final = ("undo", "zurück", "zurueck")
ANSWER: Final = ("ok", "answer", "antwort", "kommen")
_NUMBER: Final = re.compile(r"#([düu]?)(\d{1,6})\Z|#?((?:drill-)?\d{4}-\d{1,6})\Z", re.IGNORECASE)


class Candidate(msgspec.Struct, frozen=True):
    """One of several things that were perhaps meant; `text` says it without doubt."""

    text: str
    unit: Unit | None = None
    incident: Incident | None = None
    step: str = ""


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What a line means. `unclear`: one of `candidates`, say which; `unknown`: there is no such thing."""

    kind: Literal[
        "nothing", "status", "assign", "answer", "unit", "incident", "step", "new", "undo", "unclear", "unknown"
    ]
    unit: Unit | None = None
    status: Status | None = None
    unusual: bool = False  # the status map does not expect this step
    incident: Incident | None = None
    step: str = ""
    text: str = ""  # words of a new incident; what is not known
    candidates: tuple[Candidate, ...] = ()


class Known(msgspec.Struct, kw_only=True):
    """What a line may speak of."""

    units: Sequence[Unit]
    incidents: Sequence[Incident]  # those that are worked on
    kinds: Mapping[str, UnitKind]
    steps: Mapping[str, str]  # word as people type it → name of the step
    find: Callable[[str], Incident | None]  # by whole number, also what is over


def read(line: str, known: Known) -> Meaning:
    """What a line means. It never raises: what is not understood says so."""
    words = line.replace("/", " ", 1).split() if line.startswith("/") else line.split()
    if not words:
        return Meaning(kind="nothing")
    first, rest = words[0].casefold(), words[1:]
    if first in NEW:
        return Meaning(kind="new", text=" ".join(rest))
    if first in UNDO and not rest:
        return Meaning(kind="undo")
    if _NUMBER.match(words[0]):
        return _of_incident(words[0], rest, known)
    return _of_unit(words, known)


def _of_incident(number: str, rest: Sequence[str], known: Known) -> Meaning:
    found = incidents_of(number, known)
    if len(found) != 1:
        kind: Literal["unclear", "unknown"] = "unclear" if found else "unknown"
        named = tuple(Candidate(" ".join((f"#{i.number}", *rest)), incident=i) for i in found)
        return Meaning(kind=kind, text=number, candidates=named)
    if not rest:
        return Meaning(kind="incident", incident=found[0])
    word = " ".join(rest).casefold()
    steps = {name for typed, name in known.steps.items() if typed.casefold() == word}
    steps = steps or {name for typed, name in known.steps.items() if typed.casefold().startswith(word)}
    if len(steps) == 1:
        return Meaning(kind="step", incident=found[0], step=steps.pop())
    named = tuple(Candidate(f"#{found[0].number} {name}", step=name) for name in sorted(steps))
    return Meaning(kind="unclear" if steps else "unknown", text=" ".join(rest), candidates=named)


def _of_unit(words: Sequence[str], known: Known) -> Meaning:
    """A unit, or a unit and what is said of it. A whole name goes before a beginning, and an order before showing."""
    line, names, last = " ".join(words), " ".join(words[:-1]), words[-1]
    for exactly in (True, False):
        whole = units_of(line, known.units, exactly=exactly)
        if exactly and len(whole) == 1:
            return Meaning(kind="unit", unit=whole[0])
        told = units_of(names, known.units, exactly=exactly) if names else []
        if len(told) == 1 and not whole:
            return _said(told[0], last, known)
        if told or whole:
            if len(whole) == 1 and not told:
                return Meaning(kind="unit", unit=whole[0])
            named = [Candidate(f"{unit.name} {last}", unit=unit) for unit in told]
            named += [Candidate(unit.name, unit=unit) for unit in whole]
            return Meaning(kind="unclear", text=names if told else line, candidates=tuple(named[:MOST]))
    return Meaning(kind="unknown", text=line)


def _said(unit: Unit, word: str, known: Known) -> Meaning:
    kind = known.kinds.get(unit.kind)
    status = kind.status(word) if kind and word else None
    if not word:
        return Meaning(kind="unit", unit=unit)
    if status is not None and kind is not None:
        unusual = status.means != "call" and not kind.usual(unit.status, word)
        return Meaning(kind="status", unit=unit, status=status, unusual=unusual)
    if word.casefold() in ANSWER:
        return Meaning(kind="answer", unit=unit)
    if _NUMBER.match(word):
        found = incidents_of(word, known)
        if len(found) == 1:
            return Meaning(kind="assign", unit=unit, incident=found[0])
        named = tuple(Candidate(f"{unit.name} #{i.number}", incident=i) for i in found)
        return Meaning(kind="unclear" if found else "unknown", unit=unit, text=word, candidates=named)
    return Meaning(kind="unknown", unit=unit, text=word)


def incidents_of(text: str, known: Known) -> list[Incident]:
    """#17: of those worked on; #d17: a drill; a whole number finds also what is over."""
    match = _NUMBER.match(text)
    if match is None:
        return []
    drill, tail, whole = match.groups()
    if whole:
        found = known.find(whole)
        return [found] if found else []
    ours = [i for i in known.incidents if int(i.number.rpartition("-")[2]) == int(tail)]
    if drill:
        return [i for i in ours if i.exercise]
    return [i for i in ours if not i.exercise] or ours


def units_of(text: str, units: Iterable[Unit], *, exactly: bool = False) -> list[Unit]:
    """The units that are called so: by whole call sign, by its last part, else (not `exactly`) all that begin so."""
    wanted = _plain(text)
    exact: list[Unit] = []
    begins: list[Unit] = []
    for unit in units:
        names = _names(unit)
        if wanted in names:
            exact.append(unit)
        elif any(name.startswith(wanted) for name in names):
            begins.append(unit)
    whole = [u for u in exact if wanted in (_plain(u.name), _plain(u.name).replace(" ", ""), _plain(u.id))]
    return whole or exact or ([] if exactly else begins)


def _names(unit: Unit) -> set[str]:
    """HLF 3-1: its id, "hlf 3-1", "hlf3-1", "3-1". What is typed with a blank has one there in the name, too: 3-1 4 is
    no 3-14."""
    parts = _plain(unit.name).split()
    ends = [parts[at:] for at in range(len(parts))]
    return {_plain(unit.id), *(" ".join(end) for end in ends), *("".join(end) for end in ends)}


def _plain(text: str) -> str:
    return " ".join(text.replace("/", "-").casefold().split())
