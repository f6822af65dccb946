"""Sessions of people who signed in: kept on the server, the cookie is an opaque random value of which we keep the hash.

A session ends after `IDLE` without a request, after `ABSOLUTE` in any case, when it is ended, and when its person is
disabled or sets another password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update

from rhinecloud.base.clock import SECOND, Clock
from rhinecloud.base.errors import ResourceNotFound

from . import keys
from .audit import Trail
from .people import People, find
from .principal import Principal
from .store import Store
from .tables import person, session

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

IDLE: Final = 8 * 3600 * SECOND
"""A shift in the command centre: whoever leaves in the evening signs in again in the morning."""
ABSOLUTE: Final = 24 * 3600 * SECOND


class Session(msgspec.Struct, frozen=True, kw_only=True):
    id: str  # names it in lists; not the cookie
    principal: Principal
    person: str
    name: str
    title: str
    language: str
    created_us: int
    seen_us: int
    address: str
    agent: str


class Sessions:
    """Blocking, but for `get`, which answers from memory once it has seen a cookie."""

    def __init__(self, store: Store, trail: Trail, people: People, clock: Clock) -> None:
        self._store, self._trail, self._people, self._clock = store, trail, people, clock
        self._known: dict[str, Session] = {}
        self._seen: dict[str, int] = {}  # not yet written

    def forget(self) -> None:
        """Somebody else changed people or sessions: they are read anew."""
        self._known = {}

    def get(self, cookie: str) -> Session | None:
        """The session of a cookie, and the note that it was used; None where there is none or it is over."""
        now, key = self._clock(), keys.digest(cookie)
        found = self._known.get(key)
        if found is None:
            with self._store.read() as db:
                row = db.execute(select(session).where(session.c.hash == key)).mappings().first()
                if row is None:
                    return None
                who = find(db, row["person"])
            if who.disabled_us is not None:
                return None
            found = Session(
                principal=who.principal(),
                name=who.name,
                title=who.title,
                language=who.language,
                **{k: row[k] for k in ("id", "person", "created_us", "seen_us", "address", "agent")},
            )
            if len(self._known) > 10_000:
                self._known = {}
            self._known[key] = found
        seen = max(found.seen_us, self._seen.get(key, 0))
        if now - seen > IDLE or now - found.created_us > ABSOLUTE:
            return None
        self._seen[key] = now
        return found

    def open(self, db: Connection, who: str, *, address: str, agent: str) -> str:
        """A new session within the transaction of its sign-in; the value of its cookie."""
        cookie, now = keys.secret(bits=240), self._clock()
        db.execute(
            insert(session).values(
                hash=keys.digest(cookie),
                id=keys.short_id("s_"),
                person=who,
                created_us=now,
                seen_us=now,
                address=address[:100],
                agent=agent.replace("\x00", "")[:200],
            )
        )
        db.execute(update(person).where(person.c.id == who).values(signed_in_us=now))
        return cookie

    def list(self, who: str | None = None) -> list[Session]:
        """Sessions that are not over, of a person (by id) or of all; the newest first."""
        self.flush()
        now = self._clock()
        alive = select(session).where(session.c.seen_us > now - IDLE, session.c.created_us > now - ABSOLUTE)
        query = alive.order_by(session.c.created_us.desc())
        with self._store.read() as db:
            rows = db.execute(query if who is None else query.where(session.c.person == who)).mappings().all()
            people = {name: find(db, name) for name in {row["person"] for row in rows}}
        return [
            Session(
                principal=people[row["person"]].principal(),
                name=people[row["person"]].name,
                title=people[row["person"]].title,
                language=people[row["person"]].language,
                **{k: row[k] for k in ("id", "person", "created_us", "seen_us", "address", "agent")},
            )
            for row in rows
        ]

    def end(self, by: Principal, cookie: str) -> None:
        """Signs out."""
        self._end(by, session.c.hash == keys.digest(cookie), "sign-out", by.name)

    def end_one(self, by: Principal, session_id: str) -> None:
        """Ends a session by its id: another device of one's own, or somebody else's.

        Raises:
            ResourceNotFound: it does not exist or is over. Forbidden.
        """
        with self._store.read() as db:
            who = db.execute(select(session.c.person).where(session.c.id == session_id)).scalar()
        if who is None:
            raise ResourceNotFound(f"Session {session_id} does not exist")
        self._people.demand(by, who)
        self._end(by, session.c.id == session_id, "session.end", session_id)

    def end_all(self, by: Principal, who: str) -> None:
        """Ends every session of a person (by id).

        Raises:
            ResourceNotFound: there is no such person. Forbidden.
        """
        self._people.demand(by, who)
        self._end(by, session.c.person == who, "session.end", who)

    def flush(self) -> None:
        """Writes when sessions were last used, all in one statement, and forgets those that are over."""
        seen, self._seen = self._seen, {}
        seen = dict(seen)  # in one step: `get` in another thread may still hold the old one
        if not seen:
            return
        now = self._clock()
        with self._store.write() as db:
            db.execute(
                update(session).where(session.c.hash == bindparam("key")).values(seen_us=bindparam("now")),
                [{"key": key, "now": us} for key, us in seen.items()],
            )
            db.execute(
                delete(session).where((session.c.seen_us < now - IDLE) | (session.c.created_us < now - ABSOLUTE))
            )
        self._known = {k: msgspec.structs.replace(s, seen_us=seen.get(k, s.seen_us)) for k, s in self._known.items()}

    def _end(self, by: Principal, which: ColumnElement[bool], action: str, subject: str) -> None:
        with self._trail.act(by, action, subject, touches="sessions") as db:
            db.execute(delete(session).where(which))
