"""What is given to the state's warning system (MoWaS), in its fields: a city hands it to a station that may send.

The same words mean different levels in the app and on the phone, so both are told.
Source: TR DE-Alert as quoted publicly (2025), ETSI TS 102 900; field names as MoWaS messages show them.
"""

from __future__ import annotations

from typing import Final

import msgspec

from rhinecloud.base.declare import Label

from .cap import Info, Message

LONGEST: Final = 1395
"""Characters of a cell broadcast."""
LEVELS: Final = {"Extreme": 1, "Severe": 2, "Moderate": 3, "Minor": 3, "Unknown": 3}


class Level(msgspec.Struct, frozen=True):
    """A level of warning: its word in the app, and what a phone shows of it."""

    number: int
    app: Label
    phone: Label
    ids: str  # message identifiers of the cell broadcast


TABLE: Final = {
    1: Level(
        1,
        Label(de="Extreme Gefahr", en="Extreme danger"),
        Label(de="Notfallalarm", en="Emergency alert"),
        "4370 / 4383",
    ),
    2: Level(
        2, Label(de="Gefahr", en="Danger"), Label(de="Extreme Gefahr", en="Extreme danger"), "4371–4372 / 4384–4385"
    ),
    3: Level(
        3,
        Label(de="Gefahreninformation", en="Information on a danger"),
        Label(de="Gefahreninformation", en="Information on a danger"),
        "4396 / 4397",
    ),
}


class Field(msgspec.Struct, frozen=True):
    """One field to be typed or pasted there."""

    name: str
    label: Label
    value: str


def level_of(severity: str) -> int:
    return LEVELS.get(severity, 3)


def fields(message: Message) -> list[Field]:
    """The fields of a message, in the order in which the station's form asks for them."""
    if not message.infos:
        return []
    first = message.infos[0]
    level = TABLE[level_of(first.severity)]
    area = first.areas[0] if first.areas else None
    rows = [
        ("identifier", Label(de="Kennung", en="Identifier"), message.identifier),
        ("msgType", Label(de="Art", en="Type"), message.msg_type),
        ("status", Label(de="Status", en="Status"), message.status),
        ("references", Label(de="Bezug", en="References"), message.references),
        ("level", Label(de="Warnstufe", en="Level"), f"{level.number} – {level.app.de}"),
        ("phone", Label(de="auf dem Telefon", en="on the phone"), f"{level.phone.de} (DE-Alert {level.ids})"),
        ("category", Label(de="Kategorie", en="Category"), " ".join(first.category)),
        ("eventCode", Label(de="Ereigniscode", en="Event code"), "; ".join(c.value for c in first.codes)),
        ("onset", Label(de="gilt ab", en="From"), first.onset),
        ("expires", Label(de="gilt bis", en="Until"), first.expires),
    ]
    for info in message.infos:
        tag = f" ({info.language})"
        rows += [
            (f"headline:{info.language}", Label(de="Überschrift" + tag, en="Headline" + tag), info.headline),
            (f"description:{info.language}", Label(de="Beschreibung" + tag, en="Description" + tag), info.description),
            (f"instruction:{info.language}", Label(de="Handlung" + tag, en="Instruction" + tag), info.instruction),
            (f"phone:{info.language}", Label(de="Text fürs Telefon" + tag, en="Text for phones" + tag), phone(info)),
        ]
    rows += [
        ("areaDesc", Label(de="Gebiet", en="Area"), area.desc if area else ""),
        ("polygon", Label(de="Umriss (Breite,Länge)", en="Outline (lat,lon)"), _outline(message)),
        *((p.name, Label(de=p.name, en=p.name), p.value) for p in first.parameters if ":" not in p.name),
        ("contact", Label(de="Kontakt", en="Contact"), first.contact),
        ("web", Label(de="Internet", en="Web"), first.web),
    ]
    return [Field(name, label, value) for name, label, value in rows if value]


def phone(info: Info) -> str:
    """What a phone would show: headline, text, what to do, until when, who."""
    german = info.language.lower().startswith("de")
    until = _until(info.expires, german=german)
    parts = [
        info.headline,
        info.description,
        info.instruction,
        f"{'Bis' if german else 'Until'} {until}." if until else "",
    ]
    return "\n".join(p for p in (*parts, info.sender_name, info.web) if p)


def _until(text: str, *, german: bool) -> str:
    """A message's time as people write it, in the zone in which it stands there."""
    if len(text) < 16:
        return ""
    year, month, day, time = text[:4], text[5:7], text[8:10], text[11:16]
    return f"{day}.{month}.{year}, {time} Uhr" if german else f"{int(day)}/{month}/{year}, {time}"


def _outline(message: Message) -> str:
    from .areas import text_of

    return "\n".join(text_of(r) for a in message.areas() for r in a.polygons)
