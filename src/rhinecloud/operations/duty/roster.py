"""Who is on duty when: entries of the roster, who is there now, and the gaps."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rhinecloud.base.clock import DAY
from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound
from rhinecloud.operations import things, versions
from rhinecloud.operations.posts import Duty, Post
from rhinecloud.operations.tables import Shelf, Work

LONGEST_US = 31 * DAY
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Duty).decode


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch in which nobody is on a post that has to be manned."""

    post: str
    start_us: int
    end_us: int


def save(work: Work, given: Duty) -> Duty:
    """Keeps an entry: a new one (`id` 0), or the next version of a known one.

    Raises:
        BadRequestData: it cannot be so. ResourceNotFound: there is no such post. Conflict: it was changed meanwhile.
    """
    post = things.get(work, Post, given.post)
    if not given.name.strip():
        raise BadRequestData("Somebody on duty has a name")
    if not given.start_us < given.end_us <= given.start_us + LONGEST_US:
        raise BadRequestData("A duty ends after it begins, and lasts 31 days at most")
    if given.id:
        before = get(work, given.id)
        if before.version != given.version:
            raise Conflict(f"This duty is of version {before.version} by now", version=before.version)
        kept = msgspec.structs.replace(given, agency=post.agency, version=before.version + 1)
        work.run(
            "UPDATE duty SET post = ?, agency = ?, start_us = ?, end_us = ?, version = ?, body = ? WHERE id = ?",
            *(kept.post, kept.agency, kept.start_us, kept.end_us, kept.version, _encode(kept), kept.id),
        )
    else:
        number = work.run(
            "INSERT INTO duty (post, agency, start_us, end_us, version, body) VALUES (?, ?, ?, ?, 1, '')",
            *(given.post, post.agency, given.start_us, given.end_us),
        )
        kept = msgspec.structs.replace(given, id=number, agency=post.agency, version=1)
        work.run("UPDATE duty SET body = ? WHERE id = ?", _encode(kept), number)
    versions.keep(work, "duty", str(kept.id), kept.version, _encode(kept))
    work.tell("duty.saved", str(kept.id), agencies=(kept.agency,), post=kept.post)
    return kept


def remove(work: Work, duty_id: int, version: int) -> None:
    found = get(work, duty_id)
    if found.version != version:
        raise Conflict(f"This duty is of version {found.version} by now", version=found.version)
    work.run("DELETE FROM duty WHERE id = ?", duty_id)
    versions.keep(work, "duty", str(duty_id), version + 1, None)
    work.tell("duty.removed", str(duty_id), agencies=(found.agency,), post=found.post)


def get(asked: Work | Shelf, duty_id: int) -> Duty:
    """Raises: ResourceNotFound."""
    rows = asked.rows("SELECT body FROM duty WHERE id = ?", duty_id)
    if not rows:
        raise ResourceNotFound(f"Duty {duty_id} does not exist")
    return _decode(rows[0][0])


def between(asked: Work | Shelf, start_us: int, end_us: int) -> list[Duty]:
    """Entries that touch a stretch of time, by when they begin."""
    rows = asked.rows(
        "SELECT body FROM duty WHERE end_us > ? AND start_us < ? ORDER BY start_us, id LIMIT 5000", start_us, end_us
    )
    return [_decode(body) for (body,) in rows]


def now(asked: Work | Shelf, at_us: int) -> list[Duty]:
    return between(asked, at_us, at_us + 1)


def gaps(posts: Sequence[Post], entries: Sequence[Duty], start_us: int, end_us: int) -> list[Gap]:
    """Where a post that has to be manned is not, within a stretch of time."""
    found = []
    for post in posts:
        if not post.needed:
            continue
        at = start_us
        for entry in sorted((e for e in entries if e.post == post.id), key=lambda e: e.start_us):
            if entry.start_us > at:
                found.append(Gap(post=post.id, start_us=at, end_us=min(entry.start_us, end_us)))
            at = max(at, entry.end_us)
        if at < end_us:
            found.append(Gap(post=post.id, start_us=at, end_us=end_us))
    return [g for g in found if g.end_us > g.start_us]


def to_be_told(asked: Work | Shelf, agencies: Sequence[str], at_us: int) -> list[Duty]:
    """Who is on a post that is told of alarms without an answer, in the order of telling; of these agencies."""
    posts = {p.id: p for p in things.every(asked, Post).values() if p.calls > 0 and p.agency in agencies}
    there = [d for d in now(asked, at_us) if d.post in posts]
    return sorted(there, key=lambda d: (posts[d.post].calls, d.start_us, d.id))


def recipients(work: Work, post: str) -> tuple[str, ...]:
    """Who is on a post now, as `telling` names recipients: accounts, else mail addresses. For ``duty:<post>``."""
    found = []
    for duty in (d for d in now(work, work.now) if d.post == post):
        mails = [f"mailto:{reach}" for reach in duty.reach if "@" in reach]
        found += [duty.person] if duty.person.startswith("person:") else mails
    return tuple(found)
