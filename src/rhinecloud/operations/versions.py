"""Every version of what is declared, with who made it when: things, units, duties. Nothing is ever overwritten here."""

from __future__ import annotations

import msgspec

from .tables import Shelf, Work


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version; `body` is its JSON, None where this version took it away."""

    version: int
    at_us: int
    who: str
    name: str
    body: bytes | None


def keep(work: Work, kind: str, thing_id: str, version: int, body: bytes | None) -> None:
    work.run(
        "INSERT INTO declared VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(kind, thing_id, version, work.now, work.by.who, work.by.name, body),
    )


def last(asked: Work | Shelf, kind: str, thing_id: str) -> int:
    """The number of the newest version, also of what was taken away; 0: there never was one."""
    rows = asked.rows("SELECT max(version) FROM declared WHERE kind = ? AND id = ?", kind, thing_id)
    return int(rows[0][0] or 0)


def of(asked: Work | Shelf, kind: str, thing_id: str) -> list[Version]:
    """All versions, the newest first."""
    rows = asked.rows(
        "SELECT version, at_us, who, name, body FROM declared WHERE kind = ? AND id = ? ORDER BY version DESC",
        *(kind, thing_id),
    )
    names = Version.__struct_fields__
    return [Version(**dict(zip(names, row, strict=True))) for row in rows]
