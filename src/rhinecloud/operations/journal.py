"""The log of an incident (Einsatztagebuch): entries are added, never changed; a correction is another entry.

Each entry is chained to the one before it by hash, and each new head goes into the tenant's chain in the same
transaction, whose own heads are noted in a file apart. So a flipped, dropped, swapped or inserted entry is found, and
so is a tail that was cut off. The content lies apart from the entry, which holds a salted commitment to it: personal
content can be erased, and the chain still verifies. `verifier` checks all of that without this program.

One person at a time keeps the log by hand. What operations does itself is entered by itself, with who did it.
"""

# ruff: noqa: S608 — SQL is put together from our own constants; whatever came in is a parameter

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, get_args

import msgspec

from rhinecloud.base.clock import SECOND, iso
from rhinecloud.base.errors import BadRequestData, Conflict, Forbidden, ResourceNotFound

from . import verifier
from .tables import Shelf, Work
from .verifier import Break

EntryKind = Literal[
    "automatic",
    "message",
    "order",
    "measure",
    "assessment",
    "decision",
    "note",
    "request",
    "task",
    "handover",
    "correction",
    "keeper",
    "erasure",
]
BY_HAND: Final = frozenset(("message", "order", "measure", "assessment", "decision", "note"))
LONGEST: Final = 20_000


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as a reader sees it. `content` is None when it was erased, or is not for them; then `header` too."""

    incident: str
    seq: int
    hash: str
    prev: str
    header: dict[str, Any] | None
    salt: str | None = None
    content: dict[str, Any] | None = None
    erased_us: int | None = None
    corrected_by: int = 0


class Keeper(msgspec.Struct, frozen=True):
    who: str
    name: str
    since_us: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What verifying found; `head` is the newest of the tenant's chain, to be noted elsewhere."""

    entries: int
    erased: int
    head: str
    breaks: tuple[Break, ...]


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def add(  # noqa: PLR0913 — the parts of an entry
    work: Work,
    incident: str,
    kind: EntryKind,
    content: Mapping[str, Any],
    *,
    happened_us: int | None = None,
    function: str = "",
    readers: Sequence[str] = (),
    refers_to: int = 0,
    attachments: Sequence[str] = (),
) -> int:
    """Adds an entry in the open transaction; its running number.

    Args:
        content: what it says, with the names of people; the part that can be erased.
        readers: agencies that may read it; (): all that take part.
        attachments: SHA-256 of files that belong to it.
    """
    if readers and work.by.agency and work.by.agency not in readers:
        readers = (*readers, work.by.agency)  # nobody writes what they may not read
    row = work.row("SELECT seq, hash FROM log_head WHERE incident = ?", incident)
    seq, previous = (row[0] + 1, row[1]) if row else (1, "")
    body = _text(content)
    salt = secrets.token_hex(16)
    header = {
        "incident": incident,
        "seq": seq,
        "written_at": iso(work.now),
        "happened_at": iso(work.now if happened_us is None else happened_us),
        "author": work.by.who,
        "agency": work.by.agency,
        "function": function,
        "kind": kind,
        "readers": sorted(readers),
        "refers_to": refers_to,
        "attachments": list(attachments),
        "commitment": verifier.commitment(salt, body),
        "prev": previous,
    }
    head = verifier.digest(header)
    work.run("INSERT INTO log_entry VALUES (?, ?, ?, ?)", incident, seq, verifier.canonical(header), head)
    work.run("INSERT INTO log_payload VALUES (?, ?, ?, ?, NULL)", incident, seq, salt, body)
    work.run(
        "INSERT INTO log_head (incident, seq, hash) VALUES (?, ?, ?)"
        " ON CONFLICT (incident) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
        *(incident, seq, head),
    )
    for sha256 in dict.fromkeys(attachments):
        work.run("INSERT INTO log_file VALUES (?, ?, ?)", incident, seq, sha256)
    _link(work, incident, seq, head)
    return seq


def note(work: Work, incident: str, what: str, **detail: Any) -> int:
    """An automatic entry: something that was done here, told in values and not in a language."""
    return add(work, incident, "automatic", {"what": what, "by": work.by.name or work.by.who, **detail})


def _link(work: Work, incident: str, seq: int, head: str) -> None:
    last = work.row("SELECT number, hash FROM log_chain ORDER BY number DESC LIMIT 1") or (0, "")
    each = {"number": last[0] + 1, "incident": incident, "seq": seq, "head": head, "prev": last[1]}
    made = verifier.link(each)
    work.run("INSERT INTO log_chain VALUES (?, ?, ?, ?, ?, ?)", *each.values(), made)
    work.heads.append((last[0] + 1, made))


def _text(content: Mapping[str, Any]) -> str:
    """Raises: BadRequestData: too long, or not text that can be kept."""
    try:
        body = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
        body.encode()
    except (TypeError, ValueError) as error:
        raise BadRequestData(f"An entry cannot hold this: {error}") from error
    if len(body) > LONGEST:
        raise BadRequestData(f"An entry has at most {LONGEST} characters; put long texts into a file beside it")
    return body


def write(
    work: Work,
    incident: str,
    kind: str,
    text: str,
    *,
    happened_us: int | None = None,
    function: str = "",
    readers: Sequence[str] = (),
    files: Sequence[Mapping[str, Any]] = (),
) -> int:
    """An entry by hand, by the one who keeps the log.

    Args:
        files: sha256, name, type and size of each that lies beside it.
    Raises:
        Forbidden: somebody else keeps it, or nobody yet. BadRequestData: there is no text, or no such kind.
    """
    if kind not in BY_HAND:
        raise BadRequestData(f"Entries by hand are {', '.join(sorted(BY_HAND))}, not {kind[:40]!r}")
    _demand_keeper(work, incident)
    if happened_us is not None and happened_us > work.now + 60 * SECOND:
        raise BadRequestData("An entry cannot tell of the future")
    content: dict[str, Any] = {"text": _said(text), "name": work.by.name} | ({"files": list(files)} if files else {})
    seq = add(
        work,
        incident,
        next(k for k in get_args(EntryKind) if k == kind),
        content,
        happened_us=happened_us,
        function=function,
        readers=readers,
        attachments=[str(file["sha256"]) for file in files],
    )
    work.tell("log.written", str(seq), incident)
    return seq


def correct(work: Work, incident: str, seq: int, text: str, *, function: str = "") -> int:
    """A correction of an entry: a new one that points back; the old one stays.

    Raises:
        ResourceNotFound: there is no such entry. Forbidden. BadRequestData: there is no text.
    """
    _demand_keeper(work, incident)
    old = _header(work, incident, seq)
    content = {"text": _said(text), "name": work.by.name}
    made = add(work, incident, "correction", content, readers=old["readers"], refers_to=seq, function=function)
    work.tell("log.corrected", str(made), incident, corrects=seq)
    return made


def take_over(work: Work, incident: str, expected: str) -> Keeper:
    """Who acts keeps the log from now on; the change is an entry.

    Args:
        expected: who kept it, as the one who takes over believes; "": nobody.
    Raises:
        Conflict: by now somebody else does.
    """
    row = work.row("SELECT keeper, keeper_name FROM log_head WHERE incident = ?", incident)
    if row is None:
        raise ResourceNotFound(f"Incident {incident[:40]} does not exist")
    if row[0] != expected:
        raise Conflict(f"{row[1] or row[0] or 'Nobody'} keeps this log by now", keeper=row[0], name=row[1])
    add(work, incident, "keeper", {"from": row[1] or row[0], "to": work.by.name or work.by.who})
    work.run(
        "UPDATE log_head SET keeper = ?, keeper_name = ?, kept_us = ? WHERE incident = ?",
        *(work.by.who, work.by.name, work.now, incident),
    )
    work.tell("log.keeper", work.by.who, incident)
    return Keeper(work.by.who, work.by.name, work.now)


def erase(work: Work, incident: str, seq: int, reason: str) -> int:
    """Takes the content of an entry away for good; that it was done, by whom and why, is an entry.

    Raises:
        ResourceNotFound: there is no such entry. Conflict: it was erased. BadRequestData: there is no reason.
    """
    said = _said(reason)
    _header(work, incident, seq)
    done = work.db.execute(
        "UPDATE log_payload SET salt = NULL, body = NULL, erased_us = ?"
        " WHERE incident = ? AND seq = ? AND body IS NOT NULL",
        (work.now, incident, seq),
    )
    if not done.rowcount:
        raise Conflict(f"The content of entry {seq} was erased already")
    _let_files_go(work, incident, seq)
    made = add(work, incident, "erasure", {"reason": said, "name": work.by.name}, refers_to=seq)
    work.tell("log.erased", str(seq), incident)
    return made


def _let_files_go(work: Work, incident: str, seq: int) -> None:
    """Files of an erased entry go as well, but for those that another entry has too."""
    for (sha256,) in work.rows("SELECT sha256 FROM log_file WHERE incident = ? AND seq = ?", incident, seq):
        work.run("DELETE FROM log_file WHERE incident = ? AND seq = ? AND sha256 = ?", incident, seq, sha256)
        if work.row("SELECT 1 FROM log_file WHERE sha256 = ?", sha256) is None:
            work.run("INSERT OR IGNORE INTO file_gone VALUES (?)", sha256)


def _said(text: str) -> str:
    if not text.strip():
        raise BadRequestData("An entry needs a text")
    return text.strip()


def _header(work: Work, incident: str, seq: int) -> dict[str, Any]:
    row = work.row("SELECT header FROM log_entry WHERE incident = ? AND seq = ?", incident, seq)
    if row is None:
        raise ResourceNotFound(f"Entry {seq} does not exist")
    header: dict[str, Any] = json.loads(row[0])
    return header


def _demand_keeper(work: Work, incident: str) -> None:
    row = work.row("SELECT keeper, keeper_name FROM log_head WHERE incident = ?", incident)
    if row is None:
        raise ResourceNotFound(f"Incident {incident[:40]} does not exist")
    if row[0] != work.by.who:
        who = f"{row[1] or row[0]} keeps this log" if row[0] else "Nobody keeps this log yet"
        raise Forbidden(f"{who}; take it over to write in it", keeper=row[0])


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def keeper(shelf: Shelf, incident: str) -> Keeper | None:
    rows = shelf.rows("SELECT keeper, keeper_name, kept_us FROM log_head WHERE incident = ? AND keeper <> ''", incident)
    return Keeper(*rows[0]) if rows else None


def read(
    shelf: Shelf, incident: str, sees: frozenset[str] | None = None, *, after: int = 0, limit: int = 10_000
) -> list[Entry]:
    """Entries in order. Of those that the agencies in `sees` may not read (None: all may), number and hash alone."""
    rows = shelf.rows(f"{_ENTRIES} AND e.seq > ? ORDER BY e.seq LIMIT ?", incident, after, limit)
    return _entries(shelf, incident, rows, sees)


def latest(
    asked: Work | Shelf,
    incident: str,
    sees: frozenset[str] | None = None,
    *,
    before: int = 2**53,
    limit: int = 50,
    kinds: Sequence[str] = (),
    agency: str = "",
) -> list[Entry]:
    """As `read`, the newest first: a page of those before an entry.

    Args:
        kinds, agency: only entries of these; what may not be read is then left out, since it would say of which it is.
    """
    where, values = "", [incident, before]  # type: tuple[str, list[object]]
    if kinds:
        where += " AND json_extract(e.header, '$.kind') IN (SELECT value FROM json_each(?))"
        values.append(json.dumps(list(kinds)))
    if agency:
        where += " AND json_extract(e.header, '$.agency') = ?"
        values.append(agency)
    if where and sees is not None:
        where += (
            " AND (json_array_length(e.header, '$.readers') = 0 OR EXISTS (SELECT 1"
            " FROM json_each(e.header, '$.readers') r WHERE r.value IN (SELECT value FROM json_each(?))))"
        )
        values.append(json.dumps(sorted(sees)))
    rows = asked.rows(f"{_ENTRIES} AND e.seq < ?{where} ORDER BY e.seq DESC LIMIT ?", *values, limit)
    return _entries(asked, incident, rows, sees)


def some(
    asked: Work | Shelf, incident: str, seqs: Iterable[int], sees: frozenset[str] | None = None
) -> dict[int, Entry]:
    """Those entries that may be read, by number; an erased one has no content."""
    numbers = json.dumps(sorted(set(seqs)))
    rows = asked.rows(f"{_ENTRIES} AND e.seq IN (SELECT value FROM json_each(?)) ORDER BY e.seq", incident, numbers)
    return {e.seq: e for e in _entries(asked, incident, rows, sees) if e.header is not None}


_ENTRIES: Final = (
    "SELECT e.seq, e.header, e.hash, p.salt, p.body, p.erased_us,"
    " coalesce((SELECT b.hash FROM log_entry b WHERE b.incident = e.incident AND b.seq = e.seq - 1), '')"
    " FROM log_entry e LEFT JOIN log_payload p USING (incident, seq) WHERE e.incident = ?"
)


def _entries(
    asked: Work | Shelf, incident: str, rows: Iterable[tuple[Any, ...]], sees: frozenset[str] | None
) -> list[Entry]:
    made = []
    for seq, text, entry_hash, salt, body, erased_us, before in rows:
        header = json.loads(text)
        if sees is not None and header["readers"] and not sees & set(header["readers"]):
            made.append(Entry(incident=incident, seq=seq, hash=entry_hash, prev=before, header=None))
            continue
        made.append(
            Entry(
                incident=incident,
                seq=seq,
                hash=entry_hash,
                prev=header["prev"],
                header=header,
                salt=salt,
                content=None if body is None else json.loads(body),
                erased_us=erased_us,
            )
        )
    corrected = dict(asked.rows(_CORRECTIONS, incident)) if made else {}
    return [msgspec.structs.replace(e, corrected_by=corrected[e.seq]) if e.seq in corrected else e for e in made]


_CORRECTIONS: Final = (
    "SELECT json_extract(header, '$.refers_to'), max(seq) FROM log_entry INDEXED BY log_correction"
    " WHERE incident = ? AND iif(json_valid(header), json_extract(header, '$.kind'), '') = 'correction' GROUP BY 1"
)


def export(shelf: Shelf, incident: str, sees: frozenset[str] | None = None) -> Iterator[bytes]:
    """The log as lines of JSON that `verifier` reads."""
    about: dict[str, Any] = {"record": "log", "incident": incident, "tenant": shelf.folder.name}
    for number, exercise in shelf.rows("SELECT number, exercise FROM incident WHERE id = ?", incident):
        about |= {"number": number} | ({"exercise": True, "note": "ÜBUNG / EXERCISE"} if exercise else {})
    yield _line(about)
    for entry in read(shelf, incident, sees, limit=2**31):
        given: dict[str, Any] = {"record": "entry", "seq": entry.seq, "hash": entry.hash, "prev": entry.prev}
        if entry.header is not None:
            given["header"] = entry.header
        if entry.content is not None:
            given |= {"salt": entry.salt, "content": _text(entry.content)}
        yield _line(given)
    for anchor in _anchors(shelf, "WHERE incident = ?", incident):
        yield _line({"record": "anchor", **anchor})


def verifier_source() -> bytes:
    """The file that checks an export, to be given along with it."""
    return Path(verifier.__file__).read_bytes()


def _line(value: Mapping[str, Any]) -> bytes:
    return verifier.canonical(value).encode() + b"\n"


def _anchors(shelf: Shelf, where: str = "", *parameters: object) -> Iterable[dict[str, Any]]:
    names = ("number", "incident", "seq", "head", "prev", "hash")
    rows = shelf.rows(f"SELECT {', '.join(names)} FROM log_chain {where} ORDER BY number", *parameters)
    return [dict(zip(names, row, strict=True)) for row in rows]


def verify(shelf: Shelf, incident: str) -> Verdict:
    """Reads one log, what is anchored of it and the tenant's chain, and says everything that does not fit."""
    found = _verify(shelf, incident)
    breaks, head = _verify_chain(shelf)
    return msgspec.structs.replace(found, breaks=(*found.breaks, *breaks), head=head)


def _verify(shelf: Shelf, incident: str) -> Verdict:
    entries, erased = [], 0
    rows = shelf.rows(
        "SELECT e.seq, e.header, e.hash, p.salt, p.body, p.erased_us FROM log_entry e"
        " LEFT JOIN log_payload p USING (incident, seq) WHERE e.incident = ? ORDER BY e.seq",
        incident,
    )
    told = {e for (e,) in shelf.rows(_ERASURES, incident)}
    breaks = []
    for seq, text, entry_hash, salt, body, erased_us in rows:
        header = _loaded(text)
        entries.append(
            {"seq": seq, "prev": header.get("prev", ""), "hash": entry_hash, "header": header}
            | ({} if body is None else {"salt": salt, "content": body})
        )
        if body is None:
            erased += 1
            if erased_us is None or seq not in told:
                breaks.append(Break(seq, "the content is gone, and no entry says that it was erased"))
    breaks = verifier.verify(entries, _anchors(shelf, "WHERE incident = ?", incident)) + breaks
    return Verdict(entries=len(entries), erased=erased, head="", breaks=tuple(breaks))


_ERASURES: Final = (
    "SELECT json_extract(header, '$.refers_to') FROM log_entry"
    " WHERE incident = ? AND json_valid(header) AND json_extract(header, '$.kind') = 'erasure'"
)


def _loaded(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _verify_chain(shelf: Shelf) -> tuple[list[Break], str]:
    links = list(_anchors(shelf))
    return verifier.verify_chain(links, shelf.noted()), str(links[-1]["hash"]) if links else ""
