"""The rules of CAP's section 3 that no schema knows, and our own for what we publish.

A fault of level "error" keeps a message out, whoever sent it; "hint" is shown beside it. `ours` are further demands on
a city's own warnings: what is missing in them costs time when it counts.
Source: OASIS CAP 1.2, 3.2 and 4.2 (conformance is schema and section 3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal

import msgspec

from .areas import Box, shape_of, swapped
from .cap import Info, Message, at_us

FORBIDDEN: Final = re.compile(r"[\s,<&]")
"""What may stand neither in an identifier nor in a sender (3.2.1)."""
_PLACEHOLDER: Final = re.compile(r"\[[^\[\]]{1,60}\]|\{[a-z_]{2,30}\}")


class Fault(msgspec.Struct, frozen=True):
    """What is wrong: a stable word, where, and a sentence for people."""

    level: Literal["error", "hint"]
    rule: str
    where: str
    text: str


def check(message: Message, box: Box | None = None) -> list[Fault]:
    """What section 3 says against a message.

    Args:
        box: of the city, with which swapped coordinates are told from an area far away.
    """
    return [*_names(message), *_references(message), *_scope(message), *_infos(message), *_place(message, box)]


def _names(message: Message) -> Iterator[Fault]:
    for name, value in (("identifier", message.identifier), ("sender", message.sender)):
        if not value:
            yield Fault("error", "name-missing", name, f"The {name} is empty")
        elif FORBIDDEN.search(value):
            yield Fault("error", "name-characters", name, f"The {name} has a blank, a comma, < or &: {value[:80]!r}")


def _references(message: Message) -> Iterator[Fault]:
    parts = message.references.split()
    if not parts and message.msg_type != "Alert":
        yield Fault(
            "error",
            "references-missing",
            "references",
            f"A message of type {message.msg_type} names those that it refers to; it names none",
        )
    for part in parts:
        pieces = part.split(",")
        if len(pieces) != 3 or not all(pieces) or at_us(pieces[2]) is None:
            yield Fault(
                "error", "references-form", "references", f"{part[:120]!r} is not sender,identifier,sent of a message"
            )
    if any(str(r) == str(message.reference) for r in message.referred()):
        yield Fault("error", "references-itself", "references", "The message refers to itself")
    if message.msg_type == "Error" and not message.note:
        yield Fault("hint", "note-missing", "note", "A message of type Error says in its note what was wrong")


def _scope(message: Message) -> Iterator[Fault]:
    if message.scope == "Private" and not message.addresses:
        yield Fault("error", "addresses-missing", "addresses", "A private message names its recipients")
    if message.scope == "Restricted" and not message.restriction:
        yield Fault("error", "restriction-missing", "restriction", "A restricted message says how it is restricted")
    if message.status == "Exercise" and not message.note:
        yield Fault("hint", "exercise-note", "note", "A message of an exercise names it in its note")


def _infos(message: Message) -> Iterator[Fault]:
    sent = at_us(message.sent)
    if not message.infos and message.msg_type in ("Alert", "Update"):
        yield Fault("hint", "info-missing", "info", "The message says nothing: it has no info")
    for number, info in enumerate(message.infos, 1):
        where = f"info {number} ({info.language})"
        if not info.event:
            yield Fault("error", "event-missing", where, "The event is empty")
        onset, expires = at_us(info.onset) or at_us(info.effective), at_us(info.expires)
        if expires is not None and sent is not None and expires <= sent:
            yield Fault("hint", "expires-before-sent", where, "It had ended before it was sent")
        if expires is not None and onset is not None and expires < onset:
            yield Fault("error", "expires-before-onset", where, "It ends before it begins")
        if any(not r.desc or (message.version == "1.2" and not r.mime_type) for r in info.resources):
            yield Fault("hint", "resource-form", where, "A file has no description or no type")
        if any(not a.desc for a in info.areas):
            yield Fault("hint", "area-description", where, "An area has no description")
    for name in ("severity", "urgency", "certainty"):
        if len({(getattr(i, name), i.event) for i in message.infos if i.language == message.infos[0].language}) < len(
            {getattr(i, name) for i in message.infos}
        ):
            yield Fault("hint", "infos-differ", "info", f"The languages differ in {name}")


def _place(message: Message, box: Box | None) -> Iterator[Fault]:
    shape = shape_of(message.areas())
    if box is not None and swapped(shape, box):
        yield Fault(
            "error", "coordinates-swapped", "area", "Latitude and longitude are swapped: turned round, it lies here"
        )
    crossing = sum(not _simple(r) for a in message.areas() for r in a.polygons)
    if crossing:
        yield Fault("hint", "polygon-crosses", "area", f"{crossing} outlines cross themselves; they were mended")


def _simple(points: tuple[tuple[float, float], ...]) -> bool:
    import shapely

    return bool(shapely.Polygon(points).is_valid)


# ── what we publish ──────────────────────────────────────────────────────────────────────────────────────────────────


TOLD_BETTER: Final = frozenset(("area-description", "exercise-note", "infos-differ", "note-missing"))
"""Hints of section 3 that our own rules tell more exactly."""


def ours(message: Message, box: Box, now_us: int, *, corners: int) -> list[Fault]:
    """What is missing in a warning of our own: what, where, what to do, until when, who; in order, here, in time."""
    found = [Fault("error", f.rule, f.where, f.text) for f in check(message, box) if f.rule not in TOLD_BETTER]
    return [*found, *_complete(message), *_times(message, now_us), *_drawn(message, box, corners), *_alike(message)]


def _complete(message: Message) -> Iterator[Fault]:
    over = message.msg_type == "Cancel"
    if not message.infos:
        yield Fault("error", "info-missing", "info", "The warning has no text in any language")
        return
    if not message.infos[0].language.lower().startswith("de"):
        yield Fault("error", "german-first", "info 1", "The first language is German")
    if len({i.language for i in message.infos}) < len(message.infos):
        yield Fault("error", "language-twice", "info", "A language is there twice")
    for info in message.infos:
        where = info.language
        wanted = {
            "headline": (info.headline, "what: the headline"),
            "description": (info.description, "what: the description"),
            "instruction": (info.instruction or over, "what to do: the instruction"),
            "expires": (info.expires, "until when: its end"),
            "sender": (info.sender_name, "who: the sender's name"),
            "contact": (info.contact or info.web, "who: a contact or an address on the web"),
            "category": (info.category, "what: the category"),
        }
        for name, (value, text) in wanted.items():
            if not value:
                yield Fault("error", f"{name}-missing", where, f"Missing is {text}")
        if not info.areas or not all(a.desc for a in info.areas):
            yield Fault("error", "area-missing", where, "Missing is where: the area with its name")
        for text in (info.headline, info.description, info.instruction, *(a.desc for a in info.areas)):
            if found := _PLACEHOLDER.search(text):
                yield Fault("error", "placeholder-left", where, f"{found[0]} is still to be filled in")
        if len(info.headline) > 160:
            yield Fault(
                "hint", "headline-long", where, "A headline of more than 160 characters is cut off by receivers"
            )
    if message.status in ("Exercise", "Test"):
        yield from _marked(message)


def _marked(message: Message) -> Iterator[Fault]:
    if not message.note:
        yield Fault("error", "exercise-note", "note", "An exercise or test says so in its note")
    for info in message.infos:
        if not info.headline.upper().startswith(MARKS[message.status]):
            yield Fault("error", "exercise-headline", info.language, "The headline begins with the word for it")


MARKS: Final = {"Exercise": ("ÜBUNG", "EXERCISE"), "Test": ("TEST",)}
"""Words with which headlines of such messages begin."""


def _times(message: Message, now_us: int) -> Iterator[Fault]:
    sent = at_us(message.sent) or now_us
    for info in message.infos:
        onset, expires = at_us(info.onset), at_us(info.expires)
        if expires is not None and (expires <= sent or expires <= now_us):
            yield Fault("error", "expires-passed", info.language, "Its end lies in the past")
        if expires is not None and onset is not None and expires <= onset:
            yield Fault("error", "expires-before-onset", info.language, "It ends before it begins")
        if expires is not None and expires - now_us > 30 * 86_400_000_000:
            yield Fault("error", "expires-late", info.language, "It would count for more than thirty days")


def _drawn(message: Message, box: Box, corners: int) -> Iterator[Fault]:
    import shapely

    city = shapely.box(*box)
    for area in message.areas():
        if not area.polygons and not area.circles:
            yield Fault("error", "area-not-drawn", "area", "The area is not drawn: it needs a polygon")
        for points in area.polygons:
            polygon = shapely.Polygon(points)
            if not polygon.is_valid:
                yield Fault("error", "polygon-crosses", "area", "The area's outline crosses itself")
            if len(points) > corners:
                yield Fault("error", "polygon-corners", "area", f"The area has more than {corners} corners")
            if not polygon.intersects(city):
                yield Fault("error", "area-elsewhere", "area", "The area does not lie in the city")
            elif not shapely.box(box[0] - 0.05, box[1] - 0.05, box[2] + 0.05, box[3] + 0.05).covers(polygon):
                yield Fault("hint", "area-beyond", "area", "The area reaches beyond the city")


def _alike(message: Message) -> Iterator[Fault]:
    for name in ("severity", "urgency", "certainty", "expires", "onset", "category"):
        if len({getattr(i, name) for i in message.infos}) > 1:
            yield Fault("error", "infos-differ", "info", f"The languages differ in {name}")
    if len({_bounds(i) for i in message.infos}) > 1:
        yield Fault("error", "infos-differ", "info", "The languages differ in the area")


def _bounds(info: Info) -> tuple[object, ...]:
    return tuple((a.polygons, a.circles) for a in info.areas)


def errors(faults: Iterable[Fault]) -> list[Fault]:
    return [f for f in faults if f.level == "error"]
