"""Links to TAK servers: what is declared, what was refused, what of theirs became what of ours."""

from __future__ import annotations

from typing import Final

import msgspec

from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound
from rhinecloud.operations.tables import Shelf, Work

KEPT_REFUSALS: Final = 500
_encode = msgspec.json.Encoder().encode


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A connection to a TAK server, for one agency. One for exercises carries nothing real, and the other way round."""

    id: str
    title: str
    host: str
    port: int = 8087
    agency: str = ""  # whose incidents and units it shows; "": all
    tls: bool = False
    ca: str = ""  # PEM; "": the system's authorities
    certificate: str = ""  # PEM of certificate and key, where the server asks for one
    sends: bool = True
    takes: bool = True
    exercise: bool = False
    incident_type: str = "other"  # of incidents that emergencies become
    enabled: bool = True
    version: int = 1


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An event that came and was not taken, with the reason."""

    id: int
    link: str
    at_us: int
    reason: str
    body: str


def save(work: Work, link: Link) -> Link:
    """Keeps a link as its next version. Raises: BadRequestData, Conflict."""
    if not link.id.strip() or not link.title.strip() or not link.host.strip() or not 0 < link.port < 65536:
        raise BadRequestData("A link needs a name, a title, a host and a port")
    row = work.row("SELECT version, body FROM cot_link WHERE id = ?", link.id)
    if row is not None and row[0] != link.version:
        raise Conflict(f"The link {link.id} is of version {row[0]} by now", version=row[0])
    kept = link
    if row is not None:
        old = msgspec.json.decode(row[1], type=Link)
        kept = msgspec.structs.replace(
            link, version=row[0] + 1, ca=link.ca or old.ca, certificate=link.certificate or old.certificate
        )
    work.run("INSERT OR REPLACE INTO cot_link VALUES (?, ?, ?)", kept.id, kept.version, _encode(kept))
    work.tell("cot.saved", kept.id)
    return kept


def remove(work: Work, link_id: str) -> None:
    get(work, link_id)
    work.run("DELETE FROM cot_link WHERE id = ?", link_id)
    work.tell("cot.removed", link_id)


def get(asked: Work | Shelf, link_id: str) -> Link:
    """Raises: ResourceNotFound."""
    rows = asked.rows("SELECT body FROM cot_link WHERE id = ?", link_id)
    if not rows:
        raise ResourceNotFound(f"There is no link {link_id[:40]!r}")
    return msgspec.json.decode(rows[0][0], type=Link)


def every(asked: Work | Shelf) -> list[Link]:
    rows = asked.rows("SELECT body FROM cot_link ORDER BY id")
    return [msgspec.json.decode(body, type=Link) for (body,) in rows]


def refuse(work: Work, link: str, reason: str, body: bytes) -> None:
    """Keeps what was not taken; the oldest go when there are too many."""
    text = body[:4_000].decode(errors="replace")
    made = work.run(
        "INSERT INTO cot_refused (link, at_us, reason, body) VALUES (?, ?, ?, ?)", link, work.now, reason[:500], text
    )
    work.run("DELETE FROM cot_refused WHERE id <= ?", made - KEPT_REFUSALS)


def refused(asked: Work | Shelf, limit: int = 100) -> list[Refusal]:
    rows = asked.rows("SELECT id, link, at_us, reason, body FROM cot_refused ORDER BY id DESC LIMIT ?", limit)
    return [Refusal(**dict(zip(Refusal.__struct_fields__, row, strict=True))) for row in rows]


def known(asked: Work | Shelf, link: str, uid: str) -> tuple[str, str] | None:
    """What an event of theirs became here: ("incident" or "drawing", id)."""
    rows = asked.rows("SELECT what, id FROM cot_known WHERE link = ? AND uid = ?", link, uid)
    return (rows[0][0], rows[0][1]) if rows else None


def remember(work: Work, link: str, uid: str, what: str, made: str) -> None:
    work.run("INSERT OR REPLACE INTO cot_known VALUES (?, ?, ?, ?)", link, uid, what, made)


def forget(work: Work, link: str, uid: str) -> None:
    work.run("DELETE FROM cot_known WHERE link = ? AND uid = ?", link, uid)
