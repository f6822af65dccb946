"""What the pages of an incident share: rows of its log, its files, messages and people, and what their forms send."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import IO, Any, Final
from zoneinfo import ZoneInfo

import msgspec
from litestar.datastructures import UploadFile

from rhinecloud.base.clock import SECOND, parse_us
from rhinecloud.base.errors import BadRequestData
from rhinecloud.operations import collaboration

from .incident_tabs import address
from .language import N_, words
from .log_words import KIND_ICONS, KINDS, code, sentence
from .visits import AnyRequest

LARGEST_FORM: Final = 64 * 1024 * 1024
"""Bytes of a form with its files."""
PRIORITIES: Final = {"routine": N_("Routine"), "immediate": N_("Immediate"), "flash": N_("Flash")}
"""How urgent a message is: Einfach, Sofort, Blitz."""
PRIORITY_STATE: Final = {"routine": 0, "immediate": 3, "flash": 4}
MEANS: Final = {
    "radio": N_("by radio"),
    "telephone": N_("by telephone"),
    "mail": N_("by mail"),
    "spoken": N_("spoken"),
    "runner": N_("by runner"),
    "system": N_("written here"),
}
DUE: Final = {
    "": N_("no time given"),
    "15": N_("in 15 minutes"),
    "30": N_("in 30 minutes"),
    "60": N_("in 1 hour"),
    "120": N_("in 2 hours"),
    "240": N_("in 4 hours"),
    "480": N_("in 8 hours"),
    "1440": N_("tomorrow, same time"),
}


class FileRow(msgspec.Struct, kw_only=True):
    """A file beside an entry."""

    name: str
    href: str
    kb: float
    shown: bool  # a picture that may be shown in the page


class EntryRow(msgspec.Struct, kw_only=True):
    """An entry of the log, as a page shows it."""

    seq: int
    kind: str
    kind_word: str
    icon: str
    written_us: int
    happened_us: int
    later: bool  # written down more than a minute after it happened
    name: str  # who wrote it
    agency: str
    function: str
    text: str
    reasons: str  # of a decision
    sender: str  # of a message
    priority: str  # of a message, in words; "" routine
    priority_state: int
    files: list[FileRow]
    readers: list[str]  # titles; []: all that take part
    hidden: bool  # not for this reader
    erased: bool
    corrected_by: int
    refers_to: int
    by_hand: bool
    hash: str


def entry_row(entry: Any, language: str, titles: Mapping[str, str]) -> EntryRow:
    say, header, content = words(language), entry.header or {}, entry.content or {}
    kind = str(header.get("kind", ""))
    written = parse_us(header["written_at"]) if header else 0
    happened = parse_us(header["happened_at"]) if header else 0
    priority = str(content.get("priority", "routine"))
    return EntryRow(
        seq=entry.seq,
        kind=kind,
        kind_word=say(KINDS.get(kind, kind)),
        icon=KIND_ICONS.get(kind, "file-text"),
        written_us=written,
        happened_us=happened,
        later=written - happened > 60 * SECOND,
        name=str(content.get("name") or content.get("by") or ""),
        agency=titles.get(str(header.get("agency", "")), str(header.get("agency", ""))),
        function=code(str(header.get("function", ""))) if header.get("function") else "",
        text=sentence(kind, content, header, language) if content else "",
        reasons=str(content.get("reasons", "")),
        sender=str(content.get("from", "")) if kind == "message" else "",
        priority=say(PRIORITIES[priority]) if kind == "message" and priority in ("immediate", "flash") else "",
        priority_state=PRIORITY_STATE.get(priority, 0),
        files=file_rows(entry.incident, entry.seq, content.get("files", ())),
        readers=[titles.get(r, r) for r in header.get("readers", ())],
        hidden=entry.header is None,
        erased=bool(header) and entry.content is None,
        corrected_by=entry.corrected_by,
        refers_to=int(header.get("refers_to") or 0),
        by_hand=kind not in ("automatic", "keeper", "erasure"),
        hash=entry.hash,
    )


def file_rows(incident: str, seq: int, files: Iterable[Any]) -> list[FileRow]:
    made = []
    for file in files:
        given = file if isinstance(file, Mapping) else msgspec.to_builtins(file)
        kind = collaboration.FILE_KINDS.get(given["type"])
        made.append(
            FileRow(
                name=given["name"],
                href=address(incident, f"/files/{seq}/{given['sha256']}"),
                kb=given["size"] / 1000,
                shown=bool(kind and kind.shown),
            )
        )
    return made


class MessageRow(msgspec.Struct, kw_only=True):
    """A message, as a page shows it."""

    id: int
    number: int
    seq: int
    out: bool
    priority: str  # in words
    priority_state: int
    flash: bool
    sender: str
    to: str
    text: str
    why: str
    means: str
    at_us: int
    taken_us: int
    overdue: bool  # nobody has distributed it in time
    name: str
    sighted_us: int | None
    sighted_by: str
    copies: list[CopyRow]
    files: list[FileRow]
    readers: list[str]
    erased: bool


class CopyRow(msgspec.Struct, kw_only=True):
    """A function that a message was given to."""

    function: str
    code: str
    action: bool
    seen_us: int | None
    seen_by: str
    mine: bool  # this visitor may say that it was seen


def message_row(
    message: collaboration.Message,
    language: str,
    titles: Mapping[str, str],
    *,
    now: int,
    mine: Iterable[str],
    held: Iterable[str],
) -> MessageRow:
    """`mine`: functions that the visitor has; `held`: those that anybody has."""
    say, own, taken = words(language), set(mine), set(held)
    limits = {"flash": 60, "immediate": 300, "routine": 1800}
    return MessageRow(
        id=message.id,
        number=message.number,
        seq=message.seq,
        out=message.direction == "out",
        priority=say(PRIORITIES[message.priority]),
        priority_state=PRIORITY_STATE[message.priority],
        flash=message.priority == "flash",
        sender=message.sender,
        to=message.to,
        text=message.text,
        why=message.why,
        means=say(MEANS[message.means]),
        at_us=message.at_us,
        taken_us=message.taken_us,
        overdue=message.sighted_us is None and now > message.taken_us + limits[message.priority] * SECOND,
        name=message.name,
        sighted_us=message.sighted_us,
        sighted_by=message.sighted_by,
        copies=[
            CopyRow(
                function=c.function,
                code=code(c.function),
                action=c.action,
                seen_us=c.seen_us,
                seen_by=c.seen_by,
                mine=c.function in own or c.function not in taken,
            )
            for c in message.copies
        ],
        files=file_rows(message.incident, message.seq, message.files),
        readers=[titles.get(r, r) for r in message.readers],
        erased=message.erased,
    )


# ── what forms send ──────────────────────────────────────────────────────────────────────────────────────────────────


def new_key() -> str:
    """Names a form, so that what is sent twice is done once."""
    return secrets.token_hex(12)


async def form_of(request: AnyRequest) -> tuple[dict[str, str], list[tuple[str, IO[bytes]]]]:
    """Fields and files of a form; a field without a file is none."""
    fields: dict[str, str] = {}
    files: list[tuple[str, IO[bytes]]] = []
    for name, value in (await request.form()).multi_items():
        if isinstance(value, UploadFile):
            if value.filename:
                files.append((value.filename, value.file))
        elif isinstance(value, str) and not name.startswith("_"):
            fields[name] = value
    return fields, files


def several(fields: Mapping[str, str], beginning: str) -> list[str]:
    """What was ticked among boxes that are named alike: "reader.fire"."""
    return [name.removeprefix(beginning) for name, value in fields.items() if name.startswith(beginning) and value]


def readers_of(fields: Mapping[str, str], agencies: Sequence[str]) -> tuple[str, ...]:
    """Agencies that may read it; none where all that take part may."""
    if fields.get("for") != "some":
        return ()
    chosen = tuple(a for a in several(fields, "reader.") if a in agencies)
    if not chosen:
        raise BadRequestData("Choose at least one agency that may read it")
    return chosen


def due_of(fields: Mapping[str, str], now: int) -> int | None:
    """The moment that a choice of `DUE` means."""
    minutes = fields.get("due", "")
    return now + int(minutes) * 60 * SECOND if minutes in DUE and minutes else None


def moment_of(text: str, timezone: str, now: int) -> int | None:
    """The last moment at which a clock in that zone showed "14:03"; None: nothing was said.

    Raises: BadRequestData: it is no time of day.
    """
    text = text.strip()
    if not text:
        return None
    match = re.fullmatch(r"([01]?\d|2[0-3])[:.]?([0-5]\d)", text)
    if match is None:
        raise BadRequestData("Write the time of day as 14:03")
    local = datetime.fromtimestamp(now / SECOND, ZoneInfo(timezone))
    then = local.replace(hour=int(match[1]), minute=int(match[2]), second=0, microsecond=0)
    if then > local:
        then -= timedelta(days=1)
    return int(then.timestamp()) * SECOND
