"""Closed days and months: sorted Parquet files, and how they are read beside the recent rows.

A piece covers a span of time and never overlaps another. Rows that come late lie among the recent ones until their
piece is rewritten; a read therefore always looks at both. Each row of a file carries `until_us`, the moment from which
the next row of its series counts (NULL: there is none in this piece), so that a moment's city is a plain filter.
"""

# ruff: noqa: S608 — SQL is put together from our own constants and from integers; whatever came in is a parameter

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from .calendar import Span
from .engine import Store
from .schema import NAMES, PARQUET, SORTED


class Piece(msgspec.Struct, frozen=True):
    name: str
    from_us: int
    to_us: int
    file: str
    rows: int
    bytes: int
    state: str | None


def pieces(past: Store, from_us: int | None = None, to_us: int | None = None) -> list[Piece]:
    """The pieces that touch [from_us, to_us), in the order of time."""
    found = past.rows("SELECT name, from_us, to_us, file, rows, bytes, state FROM pieces ORDER BY from_us")
    return [
        piece
        for row in found
        if (piece := Piece(*row))
        and (from_us is None or piece.to_us > from_us)
        and (to_us is None or piece.from_us < to_us)
    ]


def rows_between(
    past: Store,
    from_us: int | None,
    to_us: int | None,
    columns: str = NAMES,
    where: str = "TRUE",
    *,
    recent: bool = True,
) -> str:
    """SQL for all rows of [from_us, to_us) that fulfil `where`, recent ones and those of pieces; None is no bound."""
    bounded = where
    if from_us is not None:
        bounded = f"at_us >= {from_us} AND {bounded}"
    if to_us is not None:
        bounded = f"at_us < {to_us} AND {bounded}"
    parts = [f"SELECT {columns} FROM recent WHERE {bounded}"] if recent else []
    erased = {name for (name,) in past.rows("SELECT DISTINCT piece FROM erased")}
    whole: list[str] = []
    for piece in pieces(past, from_us, to_us):
        # Comparing times costs a third of reading a series: only pieces at the edges have to.
        inside = (from_us is None or piece.from_us >= from_us) and (to_us is None or piece.to_us <= to_us)
        if inside and piece.name not in erased:
            whole.append(past.path(piece.file))
        else:
            parts.append(f"SELECT {columns} FROM ({remaining(past, piece)}) WHERE {bounded}")
    if whole:
        parts.append(f"SELECT {columns} FROM read_parquet([{', '.join(whole)}]) WHERE {where}")
    return " UNION ALL ".join(parts) if parts else f"SELECT {columns} FROM recent WHERE FALSE"


def remaining(past: Store, piece: Piece) -> str:
    """SQL for the rows of a piece without what was erased since it was written."""
    if not past.one("SELECT count(*) FROM erased WHERE piece = $piece", {"piece": piece.name})[0]:
        return f"SELECT * FROM read_parquet({past.path(piece.file)})"
    return f"""SELECT * FROM read_parquet({past.path(piece.file)}) AS row WHERE NOT EXISTS (
        SELECT 1 FROM erased e WHERE e.piece = '{piece.name}' AND e.entity = row.entity
        AND (e.attr IS NULL OR e.attr = row.attr) AND (e.dataset IS NULL OR e.dataset = row.dataset)
        AND (e.id IS NULL OR e.id = row.id))"""


BOUND = "(change = 2 OR (change = 0 AND attr = ''))"
"""Rows that begin or end a life: an entity's making and deleting, an attribute's tombstone. A series of their own,
since what came before them is void even where it was observed later than what came after them."""

LAST_WORD = "NOT coalesce(observed_us = next_observed_us AND change <> 2 AND next_change <> 2, FALSE)"
"""Of several rows for one observation, only the newest counts; on rows as `told` gives them."""


def told(rows: str) -> str:
    """SQL: each row with what the next of its series says."""
    return f"""SELECT *, lead(at_us) OVER series AS until_us, lead(observed_us) OVER series AS next_observed_us,
        lead(change) OVER series AS next_change FROM ({rows})
        WINDOW series AS (PARTITION BY entity, attr, dataset, {BOUND} ORDER BY at_us, id)"""


def settle(past: Store, span: Span, where: str = "TRUE") -> int:
    """Moves everything of `span` into one piece: its recent rows, and the pieces that lie in it; gives the rows of it.

    Nothing waits meanwhile: the file is written aside, then one transaction puts it in place of what it replaces.
    `where` leaves rows out (retention).
    """
    while True:
        edits, upto = past.meta("edits"), past.meta("next_id") - 1
        generation = past.meta("generation")
        replaced = pieces(past, span.from_us, span.to_us)
        file = f"{span.name}.{generation}.parquet"
        rows = rows_between(past, span.from_us, span.to_us, NAMES, f"id <= {upto} AND {where}")
        count = _write(past, file, f"SELECT {NAMES}, until_us FROM ({told(rows)}) WHERE {LAST_WORD} ORDER BY {SORTED}")
        with past.transaction():
            if past.meta("edits") != edits:
                # Something was erased or mended while the file was written.
                (past.folder / file).unlink(missing_ok=True)
                continue
            inside = f"at_us >= {span.from_us} AND at_us < {span.to_us} AND id <= {upto}"
            past.db.execute(f"DELETE FROM recent WHERE {inside}")
            for piece in replaced:
                past.db.execute("DELETE FROM pieces WHERE name = $name", {"name": piece.name})
                past.db.execute("DELETE FROM erased WHERE piece = $name", {"name": piece.name})
            stale = past.rows(
                "SELECT state FROM pieces WHERE to_us > $from AND state IS NOT NULL", {"from": span.from_us}
            )
            past.db.execute("UPDATE pieces SET state = NULL WHERE to_us > $from", {"from": span.from_us})
            if count:
                size = (past.folder / file).stat().st_size
                past.db.execute(
                    "INSERT INTO pieces VALUES ($name, $from, $to, $file, $rows, $bytes, NULL)",
                    {
                        "name": span.name,
                        "from": span.from_us,
                        "to": span.to_us,
                        "file": file,
                        "rows": count,
                        "bytes": size,
                    },
                )
            past.set_meta("generation", generation + 1)
        if not count:
            (past.folder / file).unlink(missing_ok=True)
        past.retire([p.file for p in replaced] + [p.state for p in replaced if p.state] + [name for (name,) in stale])
        return count


def _write(past: Store, file: str, sql: str) -> int:
    """Writes a Parquet file, whole or not at all; gives its rows."""
    target = past.folder / file
    partial = target.with_suffix(".parquet.part")
    [(count,)] = past.rows(f"COPY ({sql}) TO {past.path(str(partial.relative_to(past.folder)))} ({PARQUET})")
    _sync(partial)
    partial.rename(target)
    _sync(target.parent)
    return int(count)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


SERIES = f"entity, attr, dataset, {BOUND}"
LAST_OF_SERIES = f"row_number() OVER (PARTITION BY {SERIES} ORDER BY at_us DESC, id DESC) = 1"
NUMBERS = 10**12
"""More than rows there ever are: a moment times this, plus the row's number, is an order of its own."""


def newest(rows: str, group: str) -> str:
    """SQL: the last row of each group, by time and then by number.

    Its number is found first, from the few columns that this takes; then the rows of those numbers are read. Over the
    recent rows, of which most are not wanted, a window took twenty times as long. `rows` are read twice: no files.
    """
    last = f"SELECT arg_max(id, at_us::HUGEINT * {NUMBERS} + id) FROM ({rows}) GROUP BY {group}"
    return f"SELECT * FROM ({rows}) WHERE id IN ({last})"


def make_states(past: Store) -> int:
    """Writes the missing states, oldest first; gives how many.

    A state holds the last row of every series at the end of its piece. What was deleted is left out.
    """
    made, before = 0, None
    for piece in pieces(past):
        if piece.state is None:
            generation = past.meta("generation")
            state = f"state/{piece.name}.{generation}.parquet"
            rows = f"SELECT {NAMES} FROM ({remaining(past, piece)}) WHERE until_us IS NULL"
            if before:
                rows += f" UNION ALL SELECT {NAMES} FROM read_parquet({past.path(before)})"
            _write(past, state, f"{living(last_of_series(rows))} ORDER BY {SORTED}")
            with past.transaction():
                if past.meta("generation") != generation or not any(p == piece for p in pieces(past)):
                    (past.folder / state).unlink(missing_ok=True)
                    return made  # the pieces changed meanwhile; the next round makes it
                past.db.execute(
                    "UPDATE pieces SET state = $state WHERE name = $name", {"state": state, "name": piece.name}
                )
                past.set_meta("generation", generation + 1)
            made += 1
            before = state
        else:
            before = piece.state
    return made


def last_of_series(rows: str) -> str:
    """SQL: the last row of every series in `rows`."""
    return f"SELECT * FROM ({rows}) QUALIFY {LAST_OF_SERIES}"


def living(last: str, columns: str = NAMES) -> str:
    """SQL: `columns` of the last rows of their series, without what was deleted after it came."""
    return f"""
        WITH last AS ({last}),
            bound AS (SELECT entity, attr, dataset, id FROM last WHERE {BOUND})
        SELECT {columns} FROM last WHERE change <> 2 AND NOT EXISTS (
            SELECT 1 FROM bound WHERE bound.entity = last.entity AND bound.id > last.id
            AND (bound.attr = '' OR (bound.attr = last.attr AND bound.dataset = last.dataset)))"""
