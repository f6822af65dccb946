"""Playbooks as screens show them: a step in words, a run with its stages, what differs between two versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from rhinecloud.base.declare import Label
from rhinecloud.base.errors import RhineError
from rhinecloud.base.telemetry import logger
from rhinecloud.base.units import symbol
from rhinecloud.operations import (
    Action,
    Incident,
    PlaybookStep,
    PlaybookVersion,
    Run,
    RunStep,
    Seen,
    Watch,
    When,
)

from .incident_words import STATES
from .incident_words import URGENCIES as URGENCY_WORDS
from .language import N_, words
from .rendering import number
from .sentence import SEVERITY

EVIDENCE: Final = {
    "": N_("none"),
    "note": N_("a note"),
    "photo": N_("a picture"),
    "person": N_("a person's name"),
    "sensor": N_("a reading"),
}
STEP_ICONS: Final = {
    "open": "circle-dot",
    "waiting": "circle-dashed",
    "done": "circle-check",
    "skipped": "circle-slash",
    "not-needed": "circle-minus",
    "removed": "circle-x",
}
STEP_WORDS: Final = {
    "open": N_("to do"),
    "waiting": N_("waiting"),
    "done": N_("done"),
    "skipped": N_("skipped"),
    "not-needed": N_("not needed"),
    "removed": N_("removed"),
}
DUE_FROM: Final = {"": N_("once it opens"), "start": N_("from the playbook's start")}

log = logger("web")


class StepView(msgspec.Struct, kw_only=True):
    """One step of a run."""

    id: str
    title: str
    text: str
    owner: str
    mine: bool
    state: str
    word: str
    icon: str
    open: bool
    due_us: int | None
    late: bool
    opened_us: int | None
    ended_us: int | None
    who: str
    note: str
    evidence: str  # what was given
    file: str  # address of the picture that was given
    asks: str  # the kind of evidence that it asks for
    asks_word: str
    waits_for: list[str]  # titles of the steps before it that are not done
    condition: str
    optional: bool
    action: str  # what its action does, in words
    public: bool
    acting: bool  # it is being done, or waits to be
    action_us: int | None
    action_result: str
    failed: bool
    undo: str  # "", "open", "done"
    undo_title: str
    undo_us: int | None
    undone_by: str


class StageView(msgspec.Struct, kw_only=True):
    """Steps that stand under one heading, with the reading that they hang on."""

    title: str
    steps: list[StepView]
    watched: bool
    holds: bool
    value: str  # "8,92 m"; "": nothing is known
    at_us: int
    level: str
    rising: bool
    expected: str
    within: str  # "24 h"
    since_us: int | None
    shown: bool  # opened from the start
    todo: int
    done: int


class RunView(msgspec.Struct, kw_only=True):
    id: str
    playbook: str
    title: str
    text: str
    version: int
    newest: int  # the newest version, where that is another one; 0
    started_us: int
    ended_us: int | None
    stages: list[StageView]
    total: int
    done: int
    todo: int
    late: int
    undo: int
    changes: list[tuple[str, str, str]]  # what the newest version would change: (what, step, how)


class Speaker:
    """Says things of playbooks in one language.

    Args:
        agencies: titles by id.
        names: names of people, by their source.
        types: titles of types of incident, by id.
        actions: what steps may do.
        mine: the agencies for which the visitor acts; None: all.
    """

    def __init__(
        self,
        language: str,
        agencies: Mapping[str, str],
        names: Callable[[str], str],
        *,
        types: Mapping[str, str],
        actions: Mapping[str, Action],
        mine: frozenset[str] | None = None,
    ) -> None:
        self.language, self._agencies, self._name = language, agencies, names
        self.types, self.actions, self.mine = types, actions, mine
        self.say = words(language)

    def owner(self, owner: str) -> str:
        return self._agencies.get(owner, owner)

    def who(self, source: str) -> str:
        return self._name(source) if source else ""

    def condition(self, when: When | None) -> str:
        """When a step is needed at all."""
        if when is None:
            return ""
        say = self.say
        if when.fact == "severity":
            return say(N_("from severity %(what)s")) % {"what": say(SEVERITY[when.values[0]])}
        if when.fact == "urgency":
            return say(N_("from urgency %(what)s")) % {"what": say(URGENCY_WORDS[when.values[0]])}
        if when.fact == "exercise":
            return say(N_("only in an exercise")) if "yes" in when.values else say(N_("not in an exercise"))
        known: Mapping[str, str] = STATES if when.fact == "state" else self.types
        what = ", ".join(say(known.get(v, v)) for v in when.values)
        sentence = N_("while the incident is: %(what)s") if when.fact == "state" else N_("in incidents of: %(what)s")
        return say(sentence) % {"what": what}

    def watch(self, watch: Watch, unit: str = "") -> str:
        """On which reading a step hangs."""
        say = self.say
        level = self.figure(watch.level, unit)
        parts = [say(N_("at %(level)s")) % {"level": level}]
        if watch.within_s:
            parts.append(
                say(N_("or expected within %(hours)s h")) % {"hours": number(watch.within_s / 3600, self.language)}
            )
        if watch.near is not None:
            parts.append(say(N_("and already at %(level)s")) % {"level": self.figure(watch.near, unit)})
        if watch.rising:
            parts.append(say(N_("while it rises")))
        return ", ".join(parts)

    def figure(self, value: float | None, unit: str) -> str:
        return "" if value is None else f"{number(value, self.language, 2)} {symbol(unit) if unit else ''}".strip()

    def due(self, step: PlaybookStep) -> str:
        """When a step is due, as its playbook says it."""
        if step.due_s is None:
            return ""
        what = DUE_FROM.get(step.due_from) or STATES.get(step.due_from, step.due_from)
        return self.say(N_("%(time)s after: %(what)s")) % {"time": self.span(step.due_s), "what": self.say(what)}

    def span(self, seconds: float) -> str:
        if seconds < 3600 or seconds % 1800:
            return f"{number(seconds / 60, self.language)} min"
        return f"{number(seconds / 3600, self.language)} h"


def run_view(
    run: Run,
    given: PlaybookVersion,
    incident: Incident,
    speaker: Speaker,
    *,
    acting: frozenset[str] = frozenset(),
    changes: Sequence[tuple[str, str, str]] = (),
    newest: int = 0,
    only_mine: bool = False,
) -> RunView:
    """A run with its steps under their stages."""
    titles = {s.step.id: s.step.title[speaker.language] for s in run.steps}
    ended = {s.step.id for s in run.steps if s.state in ("done", "skipped", "not-needed", "removed")}
    stages: dict[str, list[RunStep]] = {}
    for step in run.steps:
        stages.setdefault(step.step.stage[speaker.language], []).append(step)
    made = []
    for title, steps in stages.items():
        views = [_step(s, incident, speaker, titles, ended, s.step.id in acting) for s in steps]
        shown = [v for v in views if not only_mine or v.mine]
        if shown:
            made.append(_stage(title, steps, shown, run.seen, speaker))
    real = [s for s in run.steps if s.state not in ("removed", "not-needed")]
    return RunView(
        id=run.id,
        playbook=run.playbook,
        title=given.title[speaker.language],
        text=given.text[speaker.language],
        version=run.version,
        newest=newest if newest > run.version and run.ended_us is None else 0,
        started_us=run.started_us,
        ended_us=run.ended_us,
        stages=made,
        total=len(real),
        done=sum(s.state in ("done", "skipped") for s in real),
        todo=sum(s.state == "open" for s in real),
        late=sum(s.state == "open" and s.late for s in real),
        undo=sum(s.undo == "open" for s in real),
        changes=list(changes),
    )


def _step(
    each: RunStep, incident: Incident, speaker: Speaker, titles: Mapping[str, str], ended: set[str], acting: bool
) -> StepView:
    step, language = each.step, speaker.language
    action = speaker.actions.get(step.action)
    return StepView(
        id=step.id,
        title=step.title[language],
        text=step.text[language],
        owner=speaker.owner(step.owner),
        mine=speaker.mine is None or not step.owner or step.owner in speaker.mine,
        state=each.state,
        word=speaker.say(STEP_WORDS[each.state]),
        icon=STEP_ICONS[each.state],
        open=each.state == "open",
        due_us=each.due_us if each.state == "open" else None,
        late=each.late and each.state == "open",
        opened_us=each.opened_us,
        ended_us=each.ended_us,
        who=speaker.who(each.who),
        note=each.note,
        evidence="" if each.evidence.startswith("file:") else each.evidence,
        file=each.evidence.removeprefix("file:") if each.evidence.startswith("file:") else "",
        asks=step.evidence,
        asks_word=speaker.say(EVIDENCE[step.evidence]),
        waits_for=[titles[s] for s in step.after if s in titles and s not in ended],
        condition=speaker.condition(step.when),
        optional=step.optional,
        action=describe(action, incident, step, language),
        public=bool(action and action.public),
        acting=acting,
        action_us=each.action_us,
        action_result=_result(each.action_result, language),
        failed=each.action_result.startswith("failed"),
        undo=each.undo,
        undo_title=step.undo[language],
        undo_us=each.undo_us,
        undone_by=speaker.who(each.undone_by),
    )


def describe(action: Action | None, incident: Incident, step: PlaybookStep, language: str) -> str:
    """What the action of a step does here, in words; its bare name where it cannot say."""
    if not step.action:
        return ""
    if action is None:
        return step.action
    try:
        return action.describe(incident, step.arguments)[language]
    except (KeyError, TypeError, ValueError, RhineError) as error:  # arguments of anybody; the step names its action
        log.info("action_not_described", action=step.action, error=repr(error))
        return action.title[language] or step.action


def _result(told: str, language: str) -> str:
    """What an action said that it did: in words, or as JSON in both languages."""
    if told.startswith("{"):
        try:
            return msgspec.json.decode(told, type=Label)[language]
        except (msgspec.DecodeError, msgspec.ValidationError):
            return told
    return told


def _stage(
    title: str, steps: Sequence[RunStep], views: list[StepView], seen: Mapping[str, Seen], speaker: Speaker
) -> StageView:
    watching = next(((s.step.watch, seen.get(s.step.id)) for s in steps if s.step.watch is not None), None)
    watch, last = watching or (None, None)
    holds = watch is None or any((w := seen.get(s.step.id)) is not None and w.since_us is not None for s in steps)
    unit = last.unit if last else ""
    return StageView(
        title=title,
        steps=views,
        watched=watch is not None,
        holds=holds,
        value=speaker.figure(last.value, unit) if last else "",
        at_us=last.at_us if last else 0,
        level=speaker.figure(watch.level, unit) if watch else "",
        rising=bool(last and last.rising),
        expected=speaker.figure(last.expected, unit) if last else "",
        within=speaker.span(watch.within_s) if watch and watch.within_s else "",
        since_us=last.since_us if last else None,
        shown=any(v.open or v.undo == "open" for v in views),
        todo=sum(v.open for v in views),
        done=sum(v.state in ("done", "skipped") for v in views),
    )


MEMBERS: Final = {
    "title": N_("Title"),
    "text": N_("Text"),
    "stage": N_("Stage"),
    "owner": N_("Owner"),
    "after": N_("After"),
    "due_s": N_("Due"),
    "due_from": N_("Due from"),
    "when": N_("Condition"),
    "watch": N_("Reading"),
    "action": N_("Action"),
    "arguments": N_("Arguments"),
    "evidence": N_("Evidence"),
    "optional": N_("Optional"),
    "undo": N_("Takes it back"),
}


def compare(before: PlaybookVersion, after: PlaybookVersion, language: str) -> list[tuple[str, str, str]]:
    """What differs between two versions: (added, changed or removed; the step; how)."""
    old, new = {s.id: s for s in before.steps}, {s.id: s for s in after.steps}
    found = [
        (name, "", f"{_said(one, language)} → {_said(other, language)}")
        for name in ("title", "text", "types", "triggers")
        if (one := getattr(before, name)) != (other := getattr(after, name))
    ]
    found += [("added", step.title[language], "") for name, step in new.items() if name not in old]
    found += [("removed", step.title[language], "") for name, step in old.items() if name not in new]
    for name, step in new.items():
        if name in old and old[name] != step:
            found.append(("changed", step.title[language], changed(old[name], step, language)))
    return found


def changed(before: PlaybookStep, after: PlaybookStep, language: str) -> str:
    """What differs between two versions of a step."""
    say = words(language)
    return "; ".join(
        f"{say(label)}: {_said(getattr(before, name), language)} → {_said(getattr(after, name), language)}"
        for name, label in MEMBERS.items()
        if getattr(before, name) != getattr(after, name)
    )


def _said(value: Any, language: str) -> str:
    if isinstance(value, Label):
        return value[language] or "–"
    if value in (None, "", (), {}):
        return "–"
    if isinstance(value, str | int | float | bool):
        return str(value)
    return msgspec.json.encode(value).decode()[:160]
