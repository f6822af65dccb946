"""The words that people of an incident give each other are entries of its log: written there, read from there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from rhinecloud.base.errors import BadRequestData
from rhinecloud.operations import journal
from rhinecloud.operations.journal import Entry
from rhinecloud.operations.tables import Shelf, Work

from .declare import File

LONGEST: Final = 10_000
S = TypeVar("S", bound=msgspec.Struct)


def said(text: str, what: str, longest: int = LONGEST) -> str:
    """A text without blanks around it. Raises: BadRequestData: there is none, or too much of it."""
    text = text.strip()
    if not text:
        raise BadRequestData(f"{what} needs a text")
    return short(text, what, longest)


def short(text: str, what: str, longest: int = 500) -> str:
    if len(text.strip()) > longest:
        raise BadRequestData(f"{what} has at most {longest:,} characters; put long texts into a file beside it")
    return text.strip()


def number(work: Work, table: str, incident: str) -> int:
    """The next running number in an incident."""
    row = work.row(f"SELECT coalesce(max(number), 0) + 1 FROM {table} WHERE incident = ?", incident)  # noqa: S608 - ours
    return int(row[0]) if row else 1


def repeated(work: Work, key: str) -> int:
    """What was made when the same was asked for before; 0: nothing. `key` is of who asks."""
    row = work.row("SELECT id FROM said WHERE who = ? AND key = ?", work.by.who, key) if key else None
    return int(row[0]) if row else 0


def remember(work: Work, key: str, made: int) -> None:
    if key:
        work.run("INSERT INTO said VALUES (?, ?, ?, ?)", work.by.who, key[:200], made, work.now)


def readers(entry: Entry) -> tuple[str, ...]:
    return tuple(entry.header["readers"]) if entry.header else ()


def words(entry: Entry) -> dict[str, Any]:
    """What an entry says; empty once it was erased."""
    return dict(entry.content or {})


def files(content: Mapping[str, Any]) -> tuple[File, ...]:
    return tuple(msgspec.convert(content.get("files", ()), tuple[File, ...]))


def about(files: Sequence[File]) -> list[dict[str, Any]]:
    """Files, as an entry names them."""
    return [msgspec.to_builtins(file) for file in files]


def entries(
    asked: Work | Shelf, incident: str, seqs: Iterable[int | None], sees: frozenset[str] | None
) -> dict[int, Entry]:
    """Those of the entries that may be read."""
    return journal.some(asked, incident, (s for s in seqs if s), sees)
