"""The page of one warning: what it shows, made of a chain and its messages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import Conflict, RhineError
from rhinecloud.operations import warnings
from rhinecloud.web.districts import districts
from rhinecloud.web.island import Island
from rhinecloud.web.language import N_, Words
from rhinecloud.web.visits import Frame
from rhinecloud.web.warning_form import Typed
from rhinecloud.web.warning_rows import ChainRow, MessageView
from rhinecloud.web.warning_words import (
    CATEGORY,
    CERTAINTY,
    FAULTS,
    KINDS,
    MESSAGES,
    OUTCOMES,
    RESPONSE,
    SEVERITY,
    URGENCY,
)


class LevelView(msgspec.Struct, kw_only=True):
    """What a severity means in the app and on the phone."""

    severity: str
    number: int
    app: str
    phone: str


class FaultView(msgspec.Struct, kw_only=True):
    where: str
    text: str
    error: bool


class LookView(msgspec.Struct, kw_only=True):
    name: str
    approves: bool
    at_us: int
    note: str
    valid: bool  # it is of the bytes as they are


class StepView(msgspec.Struct, kw_only=True):
    """A message of the chain."""

    place: int
    kind: str
    state: str
    state_word: str
    by: str
    second: str
    at_us: int | None
    cap: str  # address of its XML; ""
    digest: str


class HandoverView(msgspec.Struct, kw_only=True):
    receiver: str
    outcome: str
    reference: str
    note: str
    name: str
    at_us: int


class ExposureView(msgspec.Struct, kw_only=True):
    """Who and what lies in an area."""

    km2: float
    people: int | None
    source: str
    zones: list[tuple[str, int, int]]  # name, share in per cent, people
    schools: int
    hospitals: int
    groups: list[tuple[str, str, int, list[str]]]  # kind, name of the type, count, first names
    cut: bool
    error: str = ""


class LookPage(msgspec.Struct, kw_only=True):
    """The part beside the form: what is missing, and who lies in the area."""

    frame: Frame
    faults: list[FaultView]
    exposure: ExposureView | None
    phones: list[tuple[str, int]]  # language, characters
    longest: int


class Decision(msgspec.Struct, kw_only=True):
    """What a second person decides about."""

    digest: str
    submitted_by: str
    submitted_us: int | None
    approval: LookView | None
    looks: list[LookView]
    mine: bool  # who looks wrote or submitted it


class Choices(msgspec.Struct, kw_only=True):
    """What the forms offer, in words."""

    categories: dict[str, str]
    responses: dict[str, str]
    urgencies: dict[str, str]
    severities: dict[str, str]
    certainties: dict[str, str]
    outcomes: dict[str, str]
    boroughs: list[str]
    quarters: list[str]


class WarningPage(msgspec.Struct, kw_only=True):
    frame: Frame
    island: Island
    tabs: list[Any]
    chain: ChainRow
    mode: str  # "edit", "review", "shown"
    typed: Typed | None
    version: int
    kind: str  # of the open message
    kind_word: str
    view: MessageView | None  # what is open, or what counts
    decision: Decision
    faults: list[FaultView]
    exposure: ExposureView | None
    phones: list[tuple[str, int]]
    longest: int
    levels: list[LevelView]
    steps: list[StepView]
    handovers: list[HandoverView]
    fields: list[tuple[str, str]]  # label, value: for the state's system
    incident: tuple[str, str] | None  # address, title
    channels: list[str]
    public: str  # its public address; "" while there is none
    choices: Choices
    may_compose: bool
    may_publish: bool
    may_manage: bool  # may keep templates
    said: str
    error: str
    conflict: list[tuple[str, str, str]]  # field, mine, theirs


def form_of(draft: warnings.Draft, zone: ZoneInfo, version: int) -> dict[str, str]:
    """A draft as the form has it."""
    form = {
        "version": str(version),
        "template": draft.template,
        "category": " ".join(draft.category),
        "response": " ".join(draft.response),
        "urgency": draft.urgency,
        "severity": draft.severity,
        "certainty": draft.certainty,
        "event_code": draft.event_code,
        "onset": _local(draft.onset_us, zone),
        "expires": _local(draft.expires_us, zone),
        "note": draft.note,
        "contact": draft.contact,
        "web": draft.web,
        "geometry": msgspec.json.encode(draft.area).decode() if draft.area else "",
        "languages": " ".join(w.language for w in draft.texts),
    }
    for words_ in draft.texts:
        for name in ("event", "headline", "description", "instruction", "area"):
            form[f"{name}.{words_.language}"] = getattr(words_, name)
    return form


def _local(us: int | None, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(us / SECOND, zone):%Y-%m-%dT%H:%M}" if us else ""


def fault_views(found: list[warnings.Fault], say: Words) -> list[FaultView]:
    made = [
        FaultView(
            where=f.where if f.where in warnings.LANGUAGES else "",
            text=say(FAULTS[f.rule]) if f.rule in FAULTS else f.text,
            error=f.level == "error",
        )
        for f in found
    ]
    return list({(f.where, f.text): f for f in made}.values())


def phones(message: warnings.Message | None) -> list[tuple[str, int]]:
    return [(i.language, len(warnings.phone(i))) for i in message.infos] if message else []


def levels(say: Words, language: str) -> list[LevelView]:
    return [
        LevelView(severity=say(SEVERITY[s]), number=n, app=row.app[language], phone=row.phone[language])
        for s in ("Extreme", "Severe", "Minor")
        for n, row in [(warnings.level_of(s), warnings.TABLE[warnings.level_of(s)])]
    ]


def _look(look: warnings.Look, opened: warnings.Prepared) -> LookView:
    return LookView(
        name=look.name or look.who,
        approves=look.approves,
        at_us=look.at_us,
        note=look.note,
        valid=look.digest == opened.digest,
    )


def step_view(message: warnings.Prepared, chain: warnings.Chain, say: Words) -> StepView:
    approval = message.approved
    return StepView(
        place=message.place,
        kind=say(KINDS[message.draft.kind]),
        state=message.state,
        state_word=say(MESSAGES[message.state]),
        by=message.submitted_name or message.saved_name,
        second=approval.name if approval else "",
        at_us=message.published_us or message.submitted_us or message.saved_us,
        cap=f"/warnings/{chain.number}/{message.place}.xml"
        if message.state == "published" and chain.status == "Actual"
        else "",
        digest=message.digest or "",
    )


def channels(profile: warnings.Profile, drill: bool, say: Words) -> list[str]:
    """Where it goes when it is published."""
    if drill:
        return [say(N_("Nowhere in public: it is shown to those who work here alone")), *profile.drill_recipients]
    return [
        say(N_("Public page, Atom feed, GeoJSON and signed CAP")),
        *(
            say(N_("Subscribers of the list “%s” (e-mail, webhook, MQTT)")).replace("%s", r.partition(":")[2])
            for r in profile.recipients
        ),
    ]


def error_text(error: RhineError | None, say: Words) -> str:
    if error is None:
        return ""
    if isinstance(error, warnings.NotReady):
        return say(N_("It cannot be submitted yet; what is missing stands beside the form."))
    return say(error.detail)


def conflicts(error: Conflict, typed: Typed | None, zone: ZoneInfo) -> list[tuple[str, str, str]]:
    """Fields that somebody else changed meanwhile: both values."""
    if typed is None or "draft" not in error.extra:
        return []
    theirs = form_of(msgspec.convert(error.extra["draft"], warnings.Draft), zone, 0)
    mine = typed.form
    keys = [k for k in dict.fromkeys((*theirs, *mine)) if k not in ("version", "geometry", "then", "_csrf_token")]
    found = [(k, mine.get(k, ""), theirs.get(k, "")) for k in keys]
    return [(k, a, b) for k, a, b in found if a.replace("\r\n", "\n").strip() != b.strip()]


def choices(say: Words) -> Choices:
    """In the language of the page."""

    def said(known: Mapping[str, str]) -> dict[str, str]:
        return {key: say(text) for key, text in known.items()}

    return Choices(
        categories=said(CATEGORY),
        responses=said(RESPONSE),
        urgencies=said(URGENCY),
        severities=said(SEVERITY),
        certainties=said(CERTAINTY),
        outcomes=said(OUTCOMES),
        boroughs=[d.name for d in districts().values() if d.layer == "borough"],
        quarters=[d.name for d in districts().values() if d.layer == "quarter"],
    )


def decision(chain: warnings.Chain, who: str) -> Decision:
    """What stands to be decided; `who` looks at it."""
    opened, newest = chain.open, chain.newest
    if opened is None:
        digest = (newest.digest or "") if newest else ""
        return Decision(digest=digest, submitted_by="", submitted_us=None, approval=None, looks=[], mine=False)
    return Decision(
        digest=opened.digest or "",
        submitted_by=opened.submitted_name or "",
        submitted_us=opened.submitted_us,
        approval=_look(opened.approved, opened) if opened.approved else None,
        looks=[_look(look, opened) for look in opened.looks],
        mine=who in (opened.submitted_by, opened.saved_by),
    )


def handover_view(handover: warnings.Handover, say: Words) -> HandoverView:
    return HandoverView(
        receiver=handover.receiver,
        outcome=say(OUTCOMES.get(handover.outcome, handover.outcome)),
        reference=handover.reference,
        note=handover.note,
        name=handover.name,
        at_us=handover.at_us,
    )


def exposure_view(found: warnings.Exposure, names: Mapping[str, str]) -> ExposureView:
    """`names`: what types of things are called."""
    return ExposureView(
        km2=found.km2,
        people=found.people,
        source=found.source,
        zones=[(z.name, round(z.share * 100), z.people) for z in found.zones],
        schools=sum(g.count for g in found.groups if g.kind == "school"),
        hospitals=sum(g.count for g in found.groups if g.kind == "hospital"),
        groups=[(g.kind, names.get(g.type, g.type), g.count, [t.name for t in g.things]) for g in found.groups],
        cut=found.cut,
    )
