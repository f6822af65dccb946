"""Finding incidents, also among hundreds of thousands of past ones: one index of words and of marks.

Everything a list is filtered by (state, type, severity, agency, month …) stands in the index as a mark beside the words
of the incident, so that any mixture of them is the meeting of sorted lists, read from the newest on until a page is
full. Nothing is ever sorted, and no filter makes another one slow. Newest is what was made last.
"""

# ruff: noqa: S608 — SQL is put together from our own constants; whatever came in is a parameter

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from rhinecloud.base.clock import SECOND

from .declare import SEVERITIES, Incident
from .tables import Shelf, Work

MONTHS: Final = 240
"""Longer stretches than these are not named by month."""
_FIRST_US: Final = 0
_decode = msgspec.json.Decoder(Incident).decode


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of incidents is filtered by. Newest first; `before` is where the page before ended, `after` where
    the page behind begins: (reported_us, id) of an incident."""

    states: tuple[str, ...] = ()  # (): all; ("active",): those that are worked on; ("over",): the others
    types: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()  # one of these takes part
    text: str = ""
    parent: str = ""
    exercise: bool | None = None
    since_us: int | None = None
    until_us: int | None = None
    before: tuple[int, str] | None = None
    after: tuple[int, str] | None = None
    limit: int = 50


def search(shelf: Shelf, asked: Asked, sees: frozenset[str] | None) -> list[Incident]:
    """A page of incidents."""
    up = asked.after is not None
    rows = _rows(shelf, asked, sees, "body", "ASC" if up else "DESC", max(0, min(asked.limit, 1000)))
    found = [_decode(body) for (body,) in rows]
    return found[::-1] if up else found


def total(shelf: Shelf, asked: Asked, sees: frozenset[str] | None, most: int = 1000) -> int:
    """How many there are, wherever the page begins; counted no further than just over `most`."""
    return len(_rows(shelf, msgspec.structs.replace(asked, before=None, after=None), sees, "1", "", most + 1))


def counts(shelf: Shelf, sees: frozenset[str] | None) -> dict[str, int]:
    """How many incidents are worked on, by state; drills apart, under "drill"."""
    mine = "EXISTS (SELECT 1 FROM participant p WHERE p.incident = incident.id AND p.agency IN (" + _marks(sees) + "))"
    sql = (
        "SELECT iif(exercise, 'drill', state), count(*) FROM incident WHERE is_over = 0"
        f"{'' if sees is None else f' AND {mine}'} GROUP BY 1"
    )
    return dict(shelf.rows(sql, *(sees or ())))


def words_of(incident: Incident) -> str:
    """What is searched for words."""
    return " ".join((incident.number, incident.title, incident.text, incident.place.address, incident.type))


def marks_of(incident: Incident, over: bool) -> str:
    """What is filtered by. As `schema.boards` writes it for what was there before."""
    marks = (
        _mark("s", incident.state),
        _mark("t", incident.type),
        f"v{SEVERITIES.index(incident.severity)}",
        f"x{int(incident.exercise)}",
        f"o{int(over)}",
        _month(incident.reported_us),
        *(_mark("a", agency) for agency in incident.agencies),
    )
    return " ".join(marks)


def index(work: Work, num: int, incident: Incident, over: bool) -> None:
    """Keeps the index true."""
    work.run("DELETE FROM incident_found WHERE rowid = ?", num)
    values = (num, words_of(incident), marks_of(incident, over))
    work.run("INSERT INTO incident_found (rowid, words, marks) VALUES (?, ?, ?)", *values)


def _rows(
    shelf: Shelf, asked: Asked, sees: frozenset[str] | None, what: str, order: str, limit: int
) -> list[tuple[Any, ...]]:
    if sees is not None and not sees:
        return []
    match = _match(asked, sees)
    # The index is walked in the order of its rows, so that it stops where the page is full.
    source, row = "incident", "num"
    if match:
        source, row = "incident_found f CROSS JOIN incident ON num = f.rowid", "f.rowid"
    exact = list(_exact(asked, row))
    where = " AND ".join((*(["incident_found MATCH ?"] if match else ()), *(c for c, _ in exact))) or "TRUE"
    sql = f"SELECT {what} FROM {source} WHERE {where} {f'ORDER BY {row} {order}' if order else ''} LIMIT ?"
    return shelf.rows(sql, *([match] if match else ()), *(value for _, value in exact), limit)


def _match(asked: Asked, sees: frozenset[str] | None) -> str:
    """The question as FTS5 writes it; nothing of what people type is its syntax. Empty: nothing is filtered."""
    states = {"active": ["o0"], "over": ["o1"]}.get(asked.states[0] if asked.states else "")
    either: list[Sequence[str]] = [
        states or [_mark("s", s) for s in asked.states],
        [_mark("t", t) for t in asked.types],
        [f"v{SEVERITIES.index(s)}" for s in SEVERITIES if s in asked.severities],
        [_mark("a", a) for a in asked.agencies],
        [] if asked.exercise is None else [f"x{int(asked.exercise)}"],
        _months(asked),
        [_mark("a", a) for a in sorted(sees or ())],
    ]
    parts = ["marks:(" + " OR ".join(f'"{mark}"' for mark in several) + ")" for several in either if several]
    # A single letter is a word of its own, and no beginning: half of all words begin so.
    parts += [f'words:"{word}"{"*" * (len(word) > 1)}' for word in re.findall(r"[^\W_]+", asked.text)[:10]]
    return " AND ".join(parts)


def _exact(asked: Asked, row: str) -> Iterator[tuple[str, object]]:
    """What marks cannot say."""
    position = "(SELECT num FROM incident WHERE id = ?)"
    for given, condition in (
        (asked.parent or None, "parent = ?"),
        (asked.since_us, "reported_us >= ?"),
        (asked.until_us, "reported_us < ?"),
        (asked.before and asked.before[1], f"{row} < {position}"),
        (asked.after and asked.after[1], f"{row} > {position}"),
    ):
        if given is not None:
            yield condition, given


def _months(asked: Asked) -> list[str]:
    """The months of the stretch of time that is asked about; none where it is open at both ends, or very long."""
    if asked.since_us is None and asked.until_us is None:
        return []
    end = asked.until_us if asked.until_us is not None else (asked.since_us or 0) + MONTHS * 31 * 86_400 * SECOND
    since = asked.since_us if asked.since_us is not None else end - MONTHS * 31 * 86_400 * SECOND
    year, month = _year_month(max(since, _FIRST_US))
    last, found = _year_month(max(end - 1, _FIRST_US)), list[str]()
    while (year, month) <= last and len(found) < MONTHS + 12:
        found.append(f"m{year:04d}{month:02d}")
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found or ["m000000"]


def _year_month(us: int) -> tuple[int, int]:
    at = datetime.fromtimestamp(min(us, 253_370_764_800 * SECOND) / SECOND, UTC)
    return at.year, at.month


def _month(us: int) -> str:
    year, month = _year_month(us)
    return f"m{year:04d}{month:02d}"


def _mark(kind: str, text: str) -> str:
    """A mark is one word whatever stands in the text."""
    return kind + text.encode().hex()


def _marks(values: Collection[str] | None) -> str:
    return ", ".join("?" for _ in values or ())
