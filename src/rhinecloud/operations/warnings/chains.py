"""Chains of messages as they are kept: drafted, submitted as bytes, looked at by a second person, published once.

Everything takes a `Work`, an open transaction, or a `Shelf` for reading. An approval is of bytes, by their SHA-256:
when a byte is another, there is none. What is published stays as it is, which the database sees to itself.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Conflict, Forbidden, ResourceNotFound
from rhinecloud.operations import incidents, journal
from rhinecloud.operations.tables import Shelf, Work

from . import reading, rules, writing
from .building import Setting, build
from .cap import at_us
from .declare import Chain, Draft, Handover, Kind, Look, Prepared
from .rules import Fault

REVISION: Final = "warnings.public"
"""Rises whenever the public sees something else."""
_encode = msgspec.json.Encoder().encode
_draft = msgspec.json.Decoder(Draft).decode
_CHAIN: Final = "id, number, incident, agency, status, state, made_us, changed_us, expires_us, ended_us, title"
_MESSAGE: Final = (
    "id, warning, place, state, version, draft, saved_us, saved_by, saved_name, identifier, cap, digest, submitted_us,"
    " submitted_by, submitted_name, signed, published_us, published_by, published_name"
)


class NotReady(BadRequestData):
    """A draft cannot be submitted: `faults` says what is missing."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        super().__init__(
            "; ".join(f"{f.where}: {f.text}" for f in self.faults)[:2000], faults=msgspec.to_builtins(self.faults)
        )


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def get(asked: Work | Shelf, name: str, sees: frozenset[str] | None = None) -> Chain:
    """A chain with its messages, by id or number. Raises: ResourceNotFound: it is not there, or not for these."""
    rows = asked.rows(f"SELECT {_CHAIN} FROM warning WHERE id = ? OR number = ?", name, name)  # noqa: S608
    if not rows:
        raise ResourceNotFound(f"Warning {name[:40]} does not exist")
    chain = _chain(asked, rows[0])
    if sees is not None and not visible(asked, chain, sees):
        raise ResourceNotFound(f"Warning {name[:40]} does not exist")
    return chain


def visible(asked: Work | Shelf, chain: Chain, sees: frozenset[str]) -> bool:
    """Need-to-know: what is public is for all; what is prepared for its agency and those of its incident."""
    return (bool(chain.published) and chain.status == "Actual") or concerns(asked, chain, sees)


def concerns(asked: Work | Shelf, chain: Chain, agencies: frozenset[str]) -> bool:
    """Whether one of these agencies may work on it: its own, those of its incident; one of nobody's, all."""
    if chain.agency in agencies:
        return True
    if not chain.incident:
        return not chain.agency
    rows = asked.rows("SELECT agency FROM participant WHERE incident = ?", chain.incident)
    return bool(agencies & {a for (a,) in rows})


def _chain(asked: Work | Shelf, row: tuple[Any, ...]) -> Chain:
    members = dict(zip(_CHAIN.split(", "), row, strict=True))
    found = asked.rows(f"SELECT {_MESSAGE} FROM warning_message WHERE warning = ? ORDER BY place", row[0])  # noqa: S608
    return Chain(**members, messages=tuple(_message(asked, m) for m in found))


def _message(asked: Work | Shelf, row: tuple[Any, ...]) -> Prepared:
    members = dict(zip((n.strip() for n in _MESSAGE.split(",")), row, strict=True))
    members["draft"] = _draft(members["draft"])
    looks = asked.rows(
        "SELECT digest, approves, who, name, at_us, note FROM warning_look WHERE message = ? ORDER BY id", row[0]
    )
    return Prepared(
        **members,
        looks=tuple(Look(digest=d, approves=bool(a), who=w, name=n, at_us=t, note=o) for d, a, w, n, t, o in looks),
    )


def every(
    shelf: Shelf, sees: frozenset[str] | None, *, states: tuple[str, ...] = (), incident: str = "", limit: int = 200
) -> list[Chain]:
    """Chains, the newest first."""
    rows = shelf.rows(
        f"SELECT {_CHAIN} FROM warning WHERE (? = '' OR incident = ?) ORDER BY made_us DESC, id DESC LIMIT ?",  # noqa: S608
        *(incident, incident, min(limit, 1000) * (1 if sees is None else 3)),
    )
    found = [_chain(shelf, row) for row in rows]
    return [c for c in found if (not states or c.state in states) and (sees is None or visible(shelf, c, sees))][:limit]


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def begin(work: Work, draft: Draft, *, incident: str = "", status: str = "Actual") -> Chain:
    """A new warning, with its alert as a draft. In a drill it is an exercise, whatever was asked for.

    Raises:
        ResourceNotFound: there is no such incident. BadRequestData.
    """
    agencies: tuple[str, ...] = ()
    if incident:
        of = incidents.get(work, incident)
        incident, agencies = of.id, of.agencies
        status = "Exercise" if of.exercise else status
    if work.is_for_drills():
        status = "Exercise"
    if status not in ("Actual", "Exercise", "Test"):
        raise BadRequestData("A warning is Actual, an Exercise or a Test")
    made = incidents.new_id(work.now)
    work.run(
        f"INSERT INTO warning ({_CHAIN}) VALUES (?, ?, ?, ?, ?, 'prepared', ?, ?, NULL, NULL, ?)",  # noqa: S608
        *(made, _number(work, status), incident, work.by.agency, status, work.now, work.now, title(draft)),
    )
    _add(work, made, 1, draft)
    if incident:
        journal.note(work, incident, "warning-begun", warning=get(work, made).number, title=title(draft))
    work.tell("warning.begun", made, incident, agencies or _own(work))
    return get(work, made)


def _own(work: Work) -> tuple[str, ...]:
    return (work.by.agency,) if work.by.agency else ()


def _number(work: Work, status: str) -> str:
    """The next number for people, by year; what is no real warning has a series of its own."""
    year = datetime.fromtimestamp(work.now / SECOND, UTC).year
    key = {"Actual": f"{year}", "Exercise": f"uebung-{year}", "Test": f"test-{year}"}[status]
    row = work.row("SELECT value FROM meta WHERE key = ?", f"warning.{key}")
    number = (row[0] if row else 0) + 1
    work.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", f"warning.{key}", number)
    return f"{key}-{number:04d}"


def title(draft: Draft) -> str:
    return next((w.headline for w in draft.texts if w.headline), "")[:300]


def _add(work: Work, chain: str, place: int, draft: Draft) -> int:
    return work.run(
        "INSERT INTO warning_message (warning, place, state, version, draft, saved_us, saved_by, saved_name)"
        " VALUES (?, ?, 'draft', 1, ?, ?, ?, ?)",
        *(chain, place, _encode(draft), work.now, work.by.who, work.by.name),
    )


def follow(work: Work, chain: Chain, draft: Draft) -> Chain:
    """A further message of a chain, as a draft.

    Raises:
        Conflict: one is being worked on; or nothing was published, or it is lifted already.
    """
    if chain.open is not None:
        raise Conflict(f"{chain.open.saved_name or 'Somebody'} is at work on a message of {chain.number} already")
    if not chain.published or chain.state != "in-force":
        raise Conflict(f"Warning {chain.number} is not in force", state=chain.state)
    _add(work, chain.id, max(m.place for m in chain.messages) + 1, draft)
    _touch(work, chain, "warning.drafted", kind=draft.kind)
    return get(work, chain.id)


def save(work: Work, chain: Chain, version: int, draft: Draft) -> Chain:
    """Keeps a draft. What was submitted is a draft again then: its bytes and any approval are gone.

    Raises:
        Conflict: somebody saved it in between, or nothing is open.
    """
    opened = _open(chain)
    _demand(opened, version)
    kind: Kind = opened.draft.kind
    kept = msgspec.structs.replace(draft, kind=kind)
    work.run(
        "UPDATE warning_message SET state = 'draft', version = version + 1, draft = ?, saved_us = ?, saved_by = ?,"
        " saved_name = ?, identifier = NULL, cap = NULL, digest = NULL, submitted_us = NULL, submitted_by = NULL,"
        " submitted_name = NULL WHERE id = ?",
        *(_encode(kept), work.now, work.by.who, work.by.name, opened.id),
    )
    if not chain.published:
        work.run("UPDATE warning SET title = ? WHERE id = ?", title(kept), chain.id)
    _touch(work, chain, "warning.saved", back=opened.state == "submitted")
    return get(work, chain.id)


def submit(work: Work, chain: Chain, version: int, setting: Setting) -> Chain:
    """The draft becomes bytes, to be looked at by a second person.

    Raises:
        NotReady: what is missing. Conflict.
    """
    opened = _open(chain)
    _demand(opened, version)
    if opened.state != "draft":
        raise Conflict(f"It has been submitted by {opened.submitted_name}", state=opened.state)
    identifier = f"{setting.profile.sender}.{chain.number}.{opened.place}.{secrets.token_hex(4)}"
    message = build(chain, opened, setting, identifier, work.now)
    if faults := rules.errors(check(message, setting, work.now)):
        raise NotReady(faults)
    data = writing.write(message)
    if wrong := reading.schema_fault(data):
        raise BadRequestData(f"The schema of CAP 1.2 says: {wrong}")
    work.run(
        "UPDATE warning_message SET state = 'submitted', version = version + 1, identifier = ?, cap = ?, digest = ?,"
        " submitted_us = ?, submitted_by = ?, submitted_name = ? WHERE id = ?",
        *(identifier, data, digest(data), work.now, work.by.who, work.by.name, opened.id),
    )
    _log(work, chain, "warning-submitted", digest=digest(data))
    _touch(work, chain, "warning.submitted", digest=digest(data))
    return get(work, chain.id)


def check(message: Any, setting: Setting, now_us: int) -> list[Fault]:
    """All that is wrong with a message of our own."""
    return rules.ours(message, setting.box, now_us, corners=setting.profile.corners + 1)


def look(work: Work, chain: Chain, seen: str, *, approves: bool, note: str = "") -> Chain:
    """A second person approves the bytes that they saw, or sends them back with a reason.

    Args:
        seen: SHA-256 of what they saw.
    Raises:
        Conflict: it is something else by now. Forbidden: it is their own. BadRequestData: a refusal has no reason.
    """
    opened = _open(chain)
    if opened.state != "submitted" or opened.cap is None:
        raise Conflict(f"A message of {chain.number} is not submitted; there is nothing to approve")
    if digest(opened.cap) != seen or opened.digest != seen:
        raise Conflict("It has been changed since you looked at it; look again", digest=opened.digest)
    if work.by.who in (opened.submitted_by, opened.saved_by):
        raise Forbidden("Four eyes: somebody else than who wrote or submitted it approves it")
    if not approves and not note.strip():
        raise BadRequestData("Who sends a warning back says why")
    work.run(
        "INSERT INTO warning_look (message, digest, approves, who, name, at_us, note) VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(opened.id, seen, approves, work.by.who, work.by.name, work.now, note.strip()),
    )
    if not approves:
        work.run(
            "UPDATE warning_message SET state = 'draft', version = version + 1, identifier = NULL, cap = NULL,"
            " digest = NULL, submitted_us = NULL, submitted_by = NULL, submitted_name = NULL WHERE id = ?",
            opened.id,
        )
    what = "approved" if approves else "sent-back"
    _log(work, chain, f"warning-{what}", digest=seen, note=note.strip())
    _touch(work, chain, f"warning.{what}", digest=seen)
    return get(work, chain.id)


def publishable(chain: Chain, now_us: int) -> Prepared:
    """The message that may be published.

    Raises:
        Conflict: nobody else approved these very bytes, or they have run out while they waited.
    """
    opened = _open(chain)
    if opened.state != "submitted" or opened.cap is None:
        raise Conflict(f"A message of {chain.number} is not submitted yet")
    approval = opened.approved
    if approval is None or digest(opened.cap) != approval.digest:
        raise Conflict("Nobody has approved it as it is", digest=opened.digest)
    if approval.who in (opened.submitted_by, opened.saved_by):
        raise Conflict("Four eyes: it was approved by who wrote it")
    end = reading.read(opened.cap).expires_us
    if end is not None and end <= now_us:
        raise Conflict("Its end has passed while it waited; set another one and submit it again")
    return opened


def publish(work: Work, chain: Chain, signed: bytes) -> Chain:
    """Makes the approved message public, once.

    Args:
        signed: the approved bytes with the city's signature.
    Raises: Conflict, as `publishable`.
    """
    from .signing import bare

    opened = publishable(chain, work.now)
    assert opened.cap is not None
    if bare(signed) != bare(opened.cap):
        raise Conflict("What was signed is not what was approved")
    message = reading.read(opened.cap)
    over = message.msg_type == "Cancel"
    work.run(
        "UPDATE warning_message SET state = 'published', signed = ?, published_us = ?, published_by = ?,"
        " published_name = ? WHERE id = ?",
        *(signed, work.now, work.by.who, work.by.name, opened.id),
    )
    work.run(
        "UPDATE warning SET state = ?, expires_us = ?, ended_us = ?, title = ? WHERE id = ?",
        "lifted" if over else "in-force",
        message.expires_us,
        work.now if over else None,
        chain.title if over else title(opened.draft),
        chain.id,
    )
    revise(work)
    _log(work, chain, "warning-published", identifier=message.identifier, digest=opened.digest, type=message.msg_type)
    _touch(work, chain, "warning.published", identifier=message.identifier, type=message.msg_type, status=chain.status)
    return get(work, chain.id)


def drop(work: Work, chain: Chain, version: int, reason: str) -> Chain:
    """Gives up an open message; where nothing was published, the whole warning. It is kept all the same."""
    opened = _open(chain)
    _demand(opened, version)
    work.run("UPDATE warning_message SET state = 'dropped', version = version + 1 WHERE id = ?", opened.id)
    if not chain.published:
        work.run("UPDATE warning SET state = 'dropped', ended_us = ? WHERE id = ?", work.now, chain.id)
    _log(work, chain, "warning-dropped", note=reason.strip())
    _touch(work, chain, "warning.dropped")
    return get(work, chain.id)


def hand_over(work: Work, chain: Chain, given: Handover) -> int:
    """Records that a warning was given on by hand. Raises: Conflict: none is published. BadRequestData."""
    newest = chain.newest
    if newest is None:
        raise Conflict(f"Warning {chain.number} is not published yet; only what was approved is handed over")
    if not given.receiver.strip():
        raise BadRequestData("Say to whom it was handed over")
    made = work.run(
        "INSERT INTO warning_handover (warning, message, system, at_us, who, name, receiver, outcome, reference, note,"
        " fields) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(chain.id, newest.id, given.system, work.now, work.by.who, work.by.name, given.receiver.strip()),
        *(given.outcome, given.reference.strip(), given.note.strip(), _encode(given.fields)),
    )
    more = {"system": given.system, "receiver": given.receiver.strip(), "outcome": given.outcome}
    _log(work, chain, "warning-handed-over", **more, reference=given.reference.strip())
    _touch(work, chain, "warning.handed-over", system=given.system, outcome=given.outcome)
    return made


def handovers(asked: Work | Shelf, chain: Chain) -> list[Handover]:
    rows = asked.rows(
        "SELECT id, message, system, at_us, who, name, receiver, outcome, reference, note, fields FROM warning_handover"
        " WHERE warning = ? ORDER BY id",
        chain.id,
    )
    names = Handover.__struct_fields__
    return [Handover(**(dict(zip(names, r, strict=True)) | {"fields": msgspec.json.decode(r[-1])})) for r in rows]


def expire(work: Work) -> int:
    """Notes which warnings have run out; how many."""
    rows = work.rows("SELECT id FROM warning WHERE state = 'in-force' AND expires_us <= ?", work.now)
    for (found,) in rows:
        chain = get(work, found)
        work.run("UPDATE warning SET state = 'expired', ended_us = expires_us WHERE id = ?", found)
        _log(work, chain, "warning-expired")
        _touch(work, chain, "warning.expired", status=chain.status)
    if rows:
        revise(work)
    return len(rows)


def revise(work: Work) -> None:
    work.run("INSERT INTO meta VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET value = value + 1", REVISION)


def end_us(chain: Chain) -> int | None:
    """When the newest message says that it ends."""
    newest = chain.newest
    if newest is None or newest.cap is None:
        return None
    message = reading.read(newest.cap)
    return message.expires_us or at_us(message.sent)


def _open(chain: Chain) -> Prepared:
    if chain.open is None:
        raise Conflict(f"No message of {chain.number} is open")
    return chain.open


def _demand(opened: Prepared, version: int) -> None:
    if opened.version != version:
        raise Conflict(
            f"{opened.submitted_name or opened.saved_name or opened.saved_by} changed it in the meantime",
            version=opened.version,
            draft=msgspec.to_builtins(opened.draft),
        )


def _log(work: Work, chain: Chain, what: str, **detail: Any) -> None:
    if chain.incident:
        journal.note(work, chain.incident, what, warning=chain.number, title=chain.title, **detail)


def _touch(work: Work, chain: Chain, what: str, **detail: Any) -> None:
    work.run("UPDATE warning SET changed_us = ? WHERE id = ?", work.now, chain.id)
    agencies: tuple[str, ...] = (chain.agency,) if chain.agency and not chain.incident else ()
    work.tell(what, chain.id, chain.incident, agencies, number=chain.number, **detail)
