"""The form in which a playbook is written: flat fields of texts, a playbook made of them, and back.

Step n's fields begin with `s<n>.`, trigger n's with `t<n>.`. The order of the numbers is the order of the steps.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from rhinecloud.base.declare import Label
from rhinecloud.operations import (
    SEVERITIES,
    URGENCIES,
    Action,
    PlaybookStep,
    PlaybookVersion,
    Trigger,
    Watch,
    When,
)

from .language import N_

Fields = dict[str, str]
Errors = dict[str, str]

UNITS: Final = {"min": 60.0, "h": 3600.0, "d": 86_400.0}
MOST: Final = 80
"""Steps of one playbook."""
_NUMBERED: Final = re.compile(r"([st])(\d{1,3})\.(\w[\w.]*)\Z")


def fields(given: PlaybookVersion) -> Fields:
    """A playbook as the fields of its form."""
    made: Fields = {
        "id": given.id,
        "version": str(given.version),
        **_label("title", given.title),
        **_label("text", given.text),
        **{f"type.{name}": "1" for name in given.types},
    }
    for n, trigger in enumerate(given.triggers):
        made |= {f"t{n}.rule": trigger.rule, f"t{n}.type": trigger.type, f"t{n}.start": trigger.start}
    for n, step in enumerate(given.steps):
        made |= {f"s{n}.{name}": value for name, value in step_fields(step).items()}
    return made


def step_fields(step: PlaybookStep) -> Fields:
    """A step as fields, without their number."""
    amount, unit = _time(step.due_s)
    made: Fields = {
        "id": step.id,
        **_label("title", step.title),
        **_label("text", step.text),
        **_label("stage", step.stage),
        **_label("undo", step.undo),
        "owner": step.owner,
        "after": ", ".join(step.after),
        "due": amount,
        "due_unit": unit,
        "due_from": step.due_from,
        "when": f"{step.when.fact}:{','.join(step.when.values)}" if step.when else "",
        "action": step.action,
        "evidence": step.evidence,
        "optional": "1" if step.optional else "",
    }
    for name, value in step.arguments.items():
        made[f"arg.{name}"] = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    if step.watch is not None:
        watch = step.watch
        made |= {
            "watch_entity": watch.entity,
            "watch_attr": watch.attr,
            "watch_level": _figure(watch.level),
            "watch_hours": _figure(watch.within_s / 3600) if watch.within_s else "",
            "watch_near": _figure(watch.near),
            "watch_back": _figure(watch.back),
            "watch_rising": "1" if watch.rising else "",
        }
    return made


def _label(name: str, given: Label) -> Fields:
    return {f"{name}_de": given.de, f"{name}_en": given.en}


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _time(seconds: float | None) -> tuple[str, str]:
    if seconds is None:
        return "", "h"
    unit = "d" if seconds % UNITS["d"] == 0 else "h" if seconds >= UNITS["h"] and seconds % 1800 == 0 else "min"
    return _figure(seconds / UNITS[unit]), unit


def numbered(typed: Mapping[str, str], letter: str) -> list[Fields]:
    """The fields of each step ("s") or trigger ("t"), without their number, in their order."""
    found: dict[int, Fields] = {}
    for name, value in typed.items():
        if (match := _NUMBERED.match(name)) and match[1] == letter:
            found.setdefault(int(match[2]), {})[match[3]] = value
    return [found[n] for n in sorted(found)]


def renumbered(typed: Mapping[str, str], steps: list[Fields], triggers: list[Fields]) -> Fields:
    """The form with these steps and triggers, numbered anew."""
    made = {name: value for name, value in typed.items() if not _NUMBERED.match(name)}
    for letter, rows in (("s", steps), ("t", triggers)):
        for n, row in enumerate(rows):
            made |= {f"{letter}{n}.{name}": value for name, value in row.items()}
    return made


def acted(typed: Fields, act: str) -> Fields:
    """The form after one of its buttons: `add`, `add-trigger`, `up:3`, `down:3`, `remove:3`, `drop:1` (a trigger)."""
    steps, triggers = numbered(typed, "s"), numbered(typed, "t")
    what, _, at_text = act.partition(":")
    at = int(at_text) if at_text.isdecimal() else -1
    if what == "add" and len(steps) < MOST:
        stage = {k: steps[-1].get(k, "") for k in ("stage_de", "stage_en")} if steps else {}
        steps.append({"title_de": "", "open": "1", **stage})
    elif what == "add-trigger":
        triggers.append({"rule": "", "type": "", "start": "offer"})
    elif what in ("up", "down") and 0 <= at < len(steps):
        to = at + (1 if what == "down" else -1)
        if 0 <= to < len(steps):
            steps[at], steps[to] = steps[to], steps[at]
    elif what == "remove" and 0 <= at < len(steps):
        del steps[at]
    elif what == "drop" and 0 <= at < len(triggers):
        del triggers[at]
    return renumbered(typed, steps, triggers)


def read(typed: Fields, actions: Mapping[str, Action]) -> tuple[PlaybookVersion | None, Errors]:
    """A playbook of the form, or what is wrong, by field."""
    wrong: Errors = {}
    title = _both(typed, "title")
    if not title.de:
        wrong["title_de"] = N_("Give the playbook a name.")
    taken = {row["id"] for row in numbered(typed, "s") if row.get("id")}
    steps = [_step(row, n, taken, actions, wrong) for n, row in enumerate(numbered(typed, "s"))]
    if not steps:
        wrong["form"] = N_("A playbook has at least one step.")
    triggers = []
    for n, row in enumerate(numbered(typed, "t")):
        if row.get("rule") and row.get("type"):
            start = "start" if row.get("start") == "start" else "offer"
            triggers.append(Trigger(rule=row["rule"], type=row["type"], start=start))  # type: ignore[arg-type]
        elif row.get("rule"):
            wrong[f"t{n}.type"] = N_("Say which kind of incident it is.")
    if wrong:
        return None, wrong
    version = typed.get("version", "")
    made = PlaybookVersion(
        id=typed.get("id") or f"own.{slug(title.en or title.de)}",
        version=int(version) if version.isdecimal() else 0,
        title=title,
        text=_both(typed, "text"),
        steps=tuple(steps),
        types=tuple(
            sorted(name.removeprefix("type.") for name, on in typed.items() if name.startswith("type.") and on)
        ),
        triggers=tuple(triggers),
    )
    return made, {}


def _step(row: Fields, n: int, taken: set[str], actions: Mapping[str, Action], wrong: Errors) -> PlaybookStep:
    title = _both(row, "title")
    if not title.de:
        wrong[f"s{n}.title_de"] = N_("Give the step a name.")
    name = row.get("id") or _free(slug(title.en or title.de) or "step", taken)
    taken.add(name)
    due = _number(row, "due", f"s{n}.due", wrong)
    return PlaybookStep(
        id=name,
        title=title,
        text=_both(row, "text"),
        stage=_both(row, "stage"),
        owner=row.get("owner", "").strip(),
        after=tuple(part.strip() for part in row.get("after", "").split(",") if part.strip()),
        due_s=None if due is None else due * UNITS.get(row.get("due_unit", "h"), 3600.0),
        due_from=row.get("due_from", ""),
        when=_when(row.get("when", "")),
        watch=_watch(row, n, wrong),
        action=row.get("action", ""),
        arguments=_arguments(row, actions.get(row.get("action", ""))),
        evidence=row.get("evidence", ""),  # type: ignore[arg-type]
        optional=bool(row.get("optional")),
        undo=_both(row, "undo"),
    )


def _both(row: Mapping[str, str], name: str) -> Label:
    """One language is enough; the other then says the same."""
    german, english = row.get(f"{name}_de", "").strip(), row.get(f"{name}_en", "").strip()
    return Label(de=german or english, en=english or german)


def _number(row: Mapping[str, str], name: str, field: str, wrong: Errors) -> float | None:
    text = row.get(name, "").strip().replace(",", ".")
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        wrong[field] = N_("This is no number.")
        return None


def _when(text: str) -> When | None:
    fact, _, values = text.partition(":")
    known = tuple(v for v in values.split(",") if v)
    return When(fact=fact, values=known) if fact and known else None  # type: ignore[arg-type]


def _watch(row: Fields, n: int, wrong: Errors) -> Watch | None:
    entity, attr = row.get("watch_entity", "").strip(), row.get("watch_attr", "").strip()
    if not entity and not attr:
        return None
    level = _number(row, "watch_level", f"s{n}.watch_level", wrong)
    if level is None:
        wrong.setdefault(f"s{n}.watch_level", N_("Say from which level on."))
    if not entity or not attr:
        wrong[f"s{n}.watch_entity"] = N_("A reading is one attribute of one thing.")
    hours = _number(row, "watch_hours", f"s{n}.watch_hours", wrong)
    back = _number(row, "watch_back", f"s{n}.watch_back", wrong)
    return Watch(
        entity=entity,
        attr=attr,
        level=level or 0.0,
        within_s=(hours or 0.0) * 3600,
        near=_number(row, "watch_near", f"s{n}.watch_near", wrong),
        rising=bool(row.get("watch_rising")),
        back=0.2 if back is None else back,
    )


def _arguments(row: Fields, action: Action | None) -> dict[str, Any]:
    """What the action wants to be told; numbers as numbers, lists as lists."""
    made: dict[str, Any] = {}
    for argument in action.arguments if action else ():
        text = row.get(f"arg.{argument.name}", "").strip() or argument.default
        if argument.kind == "list":
            made[argument.name] = [part.strip() for part in text.split(",") if part.strip()]
        elif argument.kind == "number":
            try:
                made[argument.name] = float(text) if "." in text else int(text)
            except ValueError:
                made[argument.name] = text
        else:
            made[argument.name] = text
    return made


def slug(text: str) -> str:
    """A short name of a title: "Sperrtor schließen" → "sperrtor-schliessen"."""
    plain = text.replace("ß", "ss").translate({ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue"})
    plain = unicodedata.normalize("NFKD", plain.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")


def _free(name: str, taken: set[str]) -> str:
    found, n = name, 2
    while found in taken:
        found, n = f"{name}-{n}", n + 1
    return found


def conditions(types: Mapping[str, str]) -> dict[str, When]:
    """Conditions that can be chosen, by how the form names them."""
    made: dict[str, When] = {}
    for severity in SEVERITIES[1:]:
        made[f"severity:{severity}"] = When(fact="severity", values=(severity,))
    for urgency in URGENCIES[1:]:
        made[f"urgency:{urgency}"] = When(fact="urgency", values=(urgency,))
    for name in types:
        made[f"type:{name}"] = When(fact="type", values=(name,))
    for state in ("triaged", "assigned", "under-way", "on-scene", "contained", "resolved"):
        made[f"state:{state}"] = When(fact="state", values=(state,))
    for answer in ("yes", "no"):
        made[f"exercise:{answer}"] = When(fact="exercise", values=(answer,))
    return made
