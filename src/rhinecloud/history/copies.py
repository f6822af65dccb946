"""Copies of the past that leave it: exports for people, snapshots for backups."""

# ruff: noqa: S608 — SQL is put together from our own constants and quoted texts

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final, Literal

from rhinecloud.base.errors import BadRequestData

from .engine import Store
from .pieces import LAST_WORD, pieces, rows_between, told

Format = Literal["csv", "parquet"]
_WRITTEN: Final = {"csv": "FORMAT csv, HEADER true", "parquet": "FORMAT parquet, COMPRESSION zstd"}
_CHUNK: Final = 256 * 1024


def export(
    past: Store,
    form: Format,
    *,
    types: Collection[str] | None = None,
    ids: Collection[str] | None = None,
    attrs: Collection[str] | None = None,
    start_us: int | None = None,
    end_us: int | None = None,
) -> Iterator[bytes]:
    """A file with the observations of [start_us, end_us), in pieces: sorted by type, entity, attribute and time.

    Its columns are type, entity, attribute, dataset, time (UTC), observed (whether the source gave that time),
    received, value (where it is a number), body (JSON of the instance where there is more to it), flags, source.
    Raises:
        BadRequestData: there is no such format.
    """
    if form not in _WRITTEN:
        raise BadRequestData(f"There is no export format {form!r}; there are csv and parquet")
    where = "attr <> '' AND change <> 2"
    if types is not None:
        where += f" AND list_has_any(string_split(type, ' '), [{_texts(types)}]::VARCHAR[])"
    if ids is not None:
        where += f" AND entity IN (SELECT unnest([{_texts(ids)}]::VARCHAR[]))"
    if attrs is not None:
        where += f" AND attr IN (SELECT unnest([{_texts(attrs)}]::VARCHAR[]))"
    sql = f"""SELECT type, entity, attr AS attribute, dataset, {_time("at_us", form)} AS time,
        observed_us IS NOT NULL AS observed, {_time("received_us", form)} AS received, number AS value, body, flags,
        source FROM ({told(rows_between(past, start_us, end_us, where=where))}) WHERE {LAST_WORD}
        ORDER BY type, entity, attr, dataset, at_us, id"""
    handle, name = tempfile.mkstemp(suffix="." + form, dir=past.folder)
    os.close(handle)
    try:
        past.db.execute(f"COPY ({sql}) TO '{_quoted(name)}' ({_WRITTEN[form]})")
        with Path(name).open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    finally:
        Path(name).unlink(missing_ok=True)


def _time(column: str, form: Format) -> str:
    return (
        f"strftime(make_timestamp({column}), '%Y-%m-%dT%H:%M:%S.%fZ')" if form == "csv" else f"make_timestamp({column})"
    )


def _texts(given: Collection[str]) -> str:
    return ", ".join("'" + _quoted(text) + "'" for text in given)


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def snapshot(past: Store, folder: Path) -> int:
    """A whole copy of the past in an empty `folder`, as of one commit, while everything goes on; gives its bytes.

    The caller keeps upkeep from rewriting pieces meanwhile. Pieces are linked where the file system can, since they are
    never altered.
    """
    (folder / "history" / "state").mkdir(parents=True)
    target = folder / "history.duckdb"
    alias = past.tenant + " snapshot"
    past.db.execute(f"ATTACH '{_quoted(str(target))}' AS \"{alias}\"")
    try:
        past.db.execute("BEGIN")
        held = pieces(past)
        past.db.execute(f'COPY FROM DATABASE "{past.tenant}" TO "{alias}"')
        past.db.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(Exception):
            past.db.execute("ROLLBACK")
        raise
    finally:
        past.db.execute(f'DETACH "{alias}"')
    size = target.stat().st_size
    for name in [piece.file for piece in held] + [piece.state for piece in held if piece.state]:
        _link(past.folder / name, folder / "history" / name)
        size += (folder / "history" / name).stat().st_size
    return size


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)
