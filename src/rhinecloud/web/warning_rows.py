"""Warnings as pages show them: rows of lists, a message in one language, what lies in its area."""

from __future__ import annotations

from typing import Any

import msgspec
from markupsafe import Markup

from rhinecloud.operations import warnings

from .districts import districts
from .language import Words
from .public_map import framed
from .warning_words import (
    CERTAINTY,
    GRAVITY,
    KINDS,
    MESSAGES,
    RECEIVED,
    RESPONSE,
    SEVERITY,
    STATE_ICONS,
    STATES,
    STATUS,
    TYPES,
    URGENCY,
)


class ChainRow(msgspec.Struct, kw_only=True):
    """A warning of ours in a list."""

    number: str
    path: str
    title: str
    state: str
    state_word: str
    state_icon: str
    waits: str  # what is being worked on, in words; ""
    approval: bool  # it waits for a second person
    gravity: int  # place among the states
    severity: str
    status: str  # "Actual", "Exercise", "Test"
    status_word: str
    incident: str
    expires_us: int | None
    ended_us: int | None
    messages: int  # published ones


class ReceivedRow(msgspec.Struct, kw_only=True):
    """A message of others in a list."""

    id: int
    headline: str
    sender: str
    type_word: str
    state: str
    state_word: str
    gravity: int
    severity: str
    status: str
    status_word: str
    here: bool
    seen: bool
    sent_us: int
    expires_us: int | None
    source: str
    hints: int
    incidents: int


class TextView(msgspec.Struct, kw_only=True):
    """A message in one language."""

    language: str
    name: str
    headline: str
    event: str
    description: str
    instruction: str
    area: str
    web: str
    contact: str
    sender: str
    phone: str
    length: int


class MessageView(msgspec.Struct, kw_only=True):
    """A message as people read it."""

    identifier: str
    type: str
    type_word: str
    status: str
    status_word: str
    gravity: int
    severity: str
    urgency: str
    certainty: str
    response: str
    sent_us: int | None
    onset_us: int | None
    expires_us: int | None
    note: str
    references: int
    texts: list[TextView]
    picture: Markup


def chain_row(chain: warnings.Chain, say: Words) -> ChainRow:
    opened, shown = chain.open, chain.open or chain.newest
    draft = shown.draft if shown else warnings.Draft()
    return ChainRow(
        number=chain.number,
        path=f"/warning-desk/{chain.number}",
        title=chain.title or say("Without a headline"),
        state=chain.state,
        state_word=say(STATES[chain.state]),
        state_icon=STATE_ICONS[chain.state],
        waits=f"{say(KINDS[opened.draft.kind])}: {say(MESSAGES[opened.state])}" if opened else "",
        approval=opened is not None and opened.state == "submitted",
        gravity=GRAVITY.get(draft.severity, 1) if chain.state in ("in-force", "prepared") else 0,
        severity=say(SEVERITY.get(draft.severity, draft.severity)),
        status=chain.status,
        status_word=say(STATUS[chain.status]),
        incident=chain.incident,
        expires_us=chain.expires_us,
        ended_us=chain.ended_us,
        messages=len(chain.published),
    )


def received_row(found: warnings.Received, say: Words, now_us: int) -> ReceivedRow:
    state = found.state if found.state != "live" else "in-force" if found.in_force(now_us) else "expired"
    severity = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")[found.severity]
    return ReceivedRow(
        id=found.id,
        headline=found.headline,
        sender=_sender(found.kept.message) or found.sender,
        type_word=say(TYPES.get(found.msg_type, found.msg_type)),
        state=state,
        state_word=say(RECEIVED.get(state, state)),
        gravity=GRAVITY[severity] if state == "in-force" else 0,
        severity=say(SEVERITY[severity]),
        status=found.status,
        status_word=say(STATUS.get(found.status, found.status)),
        here=found.here,
        seen=found.seen_us is not None,
        sent_us=found.sent_us,
        expires_us=found.expires_us,
        source=found.source,
        hints=len(found.kept.hints),
        incidents=len(found.incidents),
    )


def _sender(message: warnings.Message) -> str:
    info = message.info("de")
    return info.sender_name if info else ""


def message_view(message: warnings.Message, say: Words) -> MessageView:
    first = message.infos[0] if message.infos else warnings.Info()
    geometry = warnings.outline(message)
    return MessageView(
        identifier=message.identifier,
        type=message.msg_type,
        type_word=say(TYPES.get(message.msg_type, message.msg_type)),
        status=message.status,
        status_word=say(STATUS.get(message.status, message.status)),
        gravity=GRAVITY.get(first.severity, 1) if message.msg_type != "Cancel" else 0,
        severity=say(SEVERITY.get(first.severity, first.severity)),
        urgency=say(URGENCY.get(first.urgency, first.urgency)),
        certainty=say(CERTAINTY.get(first.certainty, first.certainty)),
        response=", ".join(say(RESPONSE.get(r, r)) for r in first.response),
        sent_us=warnings.at_us(message.sent),
        onset_us=warnings.at_us(first.onset) or warnings.at_us(first.effective),
        expires_us=message.expires_us,
        note=message.note,
        references=len(message.referred()),
        texts=[_text(info) for info in message.infos],
        picture=picture(geometry),
    )


def _text(info: warnings.Info) -> TextView:
    phone = warnings.phone(info)
    return TextView(
        language=info.language,
        name=warnings.LANGUAGES.get(info.language) or warnings.LANGUAGES.get(info.language[:2], info.language),
        headline=info.headline or info.event,
        event=info.event,
        description=info.description,
        instruction=info.instruction,
        area="; ".join(dict.fromkeys(a.desc for a in info.areas[:12])),
        web=info.web if info.web.startswith(("http://", "https://")) else "",
        contact=info.contact,
        sender=info.sender_name,
        phone=phone,
        length=len(phone),
    )


def picture(geometry: Any) -> Markup:
    """The area on the city's ground; nothing where it lies elsewhere."""
    if geometry is None:
        return Markup()
    import shapely

    names = []
    for district in districts().values():
        if district.layer in ("borough", "quarter"):
            point = shapely.geometry.shape(district.geometry).representative_point()
            names.append((district.name, point.x, point.y))
    return Markup(framed([geometry], names))  # noqa: S704 — made here, of numbers; names are escaped
