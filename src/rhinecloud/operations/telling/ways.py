"""The ways on which somebody is reached: those that are declared, and those that follow of what is known anyway."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound
from rhinecloud.operations import units
from rhinecloud.operations.tables import Shelf, Work

from .declare import ALL, CHANNELS, NEWS, Tell, Way

SECRET: Final = "whsec_"  # noqa: S105 - the prefix of one
_EMAIL: Final = re.compile(r"[^@\s<>,;\"\\]{1,64}@[A-Za-z0-9.-]{1,250}\Z")
_RECIPIENT: Final = re.compile(r"(unit|agency|person|list):\S{1,200}\Z")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Way).decode


class Known(msgspec.Struct, frozen=True):
    """What other rooms know of ways: the device of an entity, and the address and language of a person."""

    device: Callable[[str, str], str]  # (tenant, entity) → id of the device that observes it; "": none
    person: Callable[[str], tuple[str, str]]  # id → (e-mail address, language); ("", ""): none


Resolve = Callable[[Work, str], tuple[str, ...]]
"""(what follows the colon) → recipients of other kinds."""


def save(work: Work, way: Way) -> tuple[Way, str]:
    """Keeps a way: a new one, or a known one as its next version. The second is the secret of a webhook that is new,
    shown this once.

    Raises:
        BadRequestData. Conflict: it is of another version by now. ResourceNotFound.
    """
    _check(way)
    row = work.row("SELECT version, secret FROM way WHERE id = ?", way.id) if way.id else None
    if way.id and row is None:
        raise ResourceNotFound(f"There is no way {way.id}")
    if row is not None and row[0] != way.version:
        raise Conflict(f"This way is of version {row[0]} by now, not {way.version}", version=row[0])
    secret = row[1] if row else ""
    shown = ""
    if way.channel == "webhook" and not secret:
        secret = shown = SECRET + base64.b64encode(secrets.token_bytes(24)).decode()
    kept = msgspec.structs.replace(way, version=row[0] + 1 if row else 1)
    columns = (kept.version, kept.recipient, kept.agency, kept.channel, kept.active, kept.exercise, secret)
    if row is None:
        number = work.run(
            "INSERT INTO way (version, recipient, agency, channel, active, exercise, secret, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(*columns, _encode(kept)),
        )
    else:
        number = way.id
        work.run(
            "UPDATE way SET version = ?, recipient = ?, agency = ?, channel = ?, active = ?, exercise = ?, secret = ?,"
            " body = ? WHERE id = ?",
            *(*columns, _encode(kept), number),
        )
    work.tell("way.saved", str(number), agencies=(kept.agency,) if kept.agency else ())
    return get(work, number), shown


def _check(way: Way) -> None:
    if not _RECIPIENT.match(way.recipient):
        raise BadRequestData(f"{way.recipient[:80]!r} is no recipient; write agency:…, unit:…, person:… or list:…")
    if way.channel not in CHANNELS or way.channel == "web":
        raise BadRequestData("A way is one of mqtt, webhook, email; pages are there by themselves")
    if way.channel == "email" and not _EMAIL.match(way.address):
        raise BadRequestData(f"{way.address[:80]!r} is no e-mail address")
    if way.channel == "webhook" and (not re.match(r"https?://[^\s/]+", way.address) or len(way.address) > 2000):
        raise BadRequestData(f"{way.address[:80]!r} is no http address")
    if way.channel == "mqtt" and not re.match(r"[A-Za-z0-9][A-Za-z0-9_:-]{0,99}\Z", way.address):
        raise BadRequestData(f"{way.address[:80]!r} is no device; name the device as it is registered")
    if not 0 <= way.after_s <= 86_400:
        raise BadRequestData("A way waits for at most a day")
    if not way.about:
        raise BadRequestData("A way says what it is for; * is everything but news")


def get(asked: Work | Shelf, number: int) -> Way:
    """Raises: ResourceNotFound."""
    found = _rows(asked, "id = ?", number)
    if not found:
        raise ResourceNotFound(f"There is no way {number}")
    return found[0]


def every(asked: Work | Shelf) -> list[Way]:
    """All that are declared, also those that are switched off, by recipient."""
    return _rows(asked, "TRUE ORDER BY recipient, id")


def secret(asked: Work | Shelf, number: int | None) -> str:
    rows = asked.rows("SELECT secret FROM way WHERE id = ?", number)
    return str(rows[0][0]) if rows else ""


def hearing(asked: Work | Shelf) -> list[Way]:
    """Those that hear of incidents' news."""
    return [w for w in _rows(asked, "active = 1 ORDER BY id") if any(a.startswith(f"{NEWS}:") for a in w.about)]


def hears(way: Way, what: str) -> bool:
    """Whether it is for messages about something, or for news of that name (`news:incident.moved`)."""
    plain = what != NEWS and not what.startswith(f"{NEWS}:")
    return any((a == ALL and plain) or fnmatchcase(what, a) for a in way.about)


def of(work: Work, tenant: str, recipient: str, given: Tell, known: Known) -> list[Way]:
    """The ways on which a recipient is told something. Those that are for exercises alone are left out where it is
    none; whether a drill may go out on one is decided where its delivery is made."""
    kind, _, name = recipient.partition(":")
    if kind == "way":  # a test
        return _rows(work, "id = ? AND active = 1", int(name))
    rows = _rows(work, "recipient = ? AND active = 1 ORDER BY id", recipient)
    if given.about == NEWS:
        hearing = [w for w in rows if w.channel == "webhook" and hears(w, f"{NEWS}:{given.subject}")]
        found = [w for w in hearing if w.exercise == given.exercise]  # many: those of drills are not even kept
    else:
        found = [w for w in rows if hears(w, given.about)]
    if kind == "unit":
        found += _of_unit(work, tenant, recipient, name, known, {w.channel for w in found})
    elif kind == "person" and not any(w.channel == "email" for w in rows):
        address, language = known.person(name)
        found += [Way(recipient=recipient, channel="email", address=address, language=language)] if address else []
    elif kind == "mailto" and _EMAIL.match(name):
        found.append(Way(recipient=recipient, channel="email", address=name))
    wanted = [w for w in found if not given.channels or w.channel in given.channels]
    return [w for w in wanted if given.exercise or not w.exercise]


def _of_unit(work: Work, tenant: str, recipient: str, name: str, known: Known, there: set[str]) -> list[Way]:
    found = [Way(recipient=recipient, channel="web", address=name)]
    try:
        entity = units.get(work, name).entity
    except ResourceNotFound:
        return []
    device = known.device(tenant, entity) if entity and "mqtt" not in there else ""
    return found + ([Way(recipient=recipient, channel="mqtt", address=device)] if device else [])


def resolved(work: Work, recipients: tuple[str, ...], resolvers: Mapping[str, Resolve]) -> tuple[str, ...]:
    """Recipients with those that stand for others taken apart, each once."""
    found: dict[str, None] = {}
    for recipient in recipients:
        kind, _, name = recipient.partition(":")
        teacher = resolvers.get(kind)
        found |= dict.fromkeys(teacher(work, name) if teacher else (recipient,))
    return tuple(found)


def _rows(asked: Work | Shelf, where: str, *values: object) -> list[Way]:
    rows = asked.rows(f"SELECT id, version, body FROM way WHERE {where}", *values)  # noqa: S608 - ours
    return [msgspec.structs.replace(_decode(body), id=number, version=version) for number, version, body in rows]
