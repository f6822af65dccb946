"""One-time sign-in links: how a person gets in who has no password yet, or lost it. A link sets a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select

from rhinecloud.base.clock import SECOND, Clock
from rhinecloud.base.errors import Conflict, Unauthorized
from rhinecloud.base.settings import Settings

from . import keys
from .audit import Trail
from .people import People, Person, find, insert_person
from .principal import Principal, system
from .store import Store
from .tables import grant, identity, link, person

if TYPE_CHECKING:
    from sqlalchemy import Connection

VALID: Final = 24 * 3600 * SECOND
PATH: Final = "/sign-in/link/"
"""Where the web room answers to a link; the secret follows."""
FIRST: Final = "admin"
"""Whom the first start's link signs in."""


def address(settings: Settings, secret: str) -> str:
    """The whole address of a link, as it is printed or sent."""
    return (settings.public_url.rstrip("/") or f"http://localhost:{settings.port}") + PATH + secret


class Links:
    """Blocking."""

    def __init__(self, store: Store, trail: Trail, people: People, clock: Clock) -> None:
        self._store, self._trail, self._people, self._clock = store, trail, people, clock

    def new(self, by: Principal, name: str) -> str:
        """A new link's secret for a person; older links of theirs no longer work.

        Raises:
            ResourceNotFound: there is no such person. Forbidden. Conflict: they are disabled.
        """
        self._people.demand(by, name)
        with self._trail.act(by, "link.new", name.casefold()) as db:
            who = find(db, name)
            if who.disabled_us is not None:
                raise Conflict(f"{who.name} is disabled; let them in again first")
            return self._replace(db, who.id)

    def first(self) -> str | None:
        """The link that `rhinecloud up` prints, as long as nobody can sign in: it makes the first administrator.

        Each start gives another one, and the one before no longer works. None: somebody can sign in.
        """
        with self._store.read() as db:
            if self._somebody(db):
                return None
        with self._trail.act(system("city"), "link.first", FIRST, touches="people") as db:
            row = db.execute(select(person.c.id).where(person.c.name == FIRST)).first()
            if row is not None:
                return self._replace(db, row.id)
            made = keys.short_id("p_")
            insert_person(db, made, FIRST, "Administrator", "", "", self._clock())
            db.execute(insert(grant).values(person=made, role="administrator", tenant="", agency="", source="local"))
            return self._replace(db, made)

    def peek(self, secret: str) -> Person:
        """Whom a link signs in, without using it up: mail programs open links before people do.

        Raises:
            Unauthorized: the link does not exist, is used up or has expired.
        """
        with self._store.read() as db:
            return find(db, self._holder(db, secret))

    def take(self, db: Connection, secret: str) -> Person:
        """Uses a link up within the caller's transaction."""
        who = find(db, self._holder(db, secret))
        db.execute(delete(link).where(link.c.person == who.id))
        return who

    def _holder(self, db: Connection, secret: str) -> str:
        row = db.execute(select(link).where(link.c.hash == keys.digest(secret))).first()
        if row is None or row.expires_us <= self._clock():
            raise Unauthorized("This sign-in link is not valid: it works once and for 24 hours; ask for a new one")
        return str(row.person)

    def _replace(self, db: Connection, who: str) -> str:
        db.execute(delete(link).where((link.c.person == who) | (link.c.expires_us < self._clock())))
        secret = keys.secret(bits=240)
        expires = self._clock() + VALID
        db.execute(insert(link).values(hash=keys.digest(secret), person=who, expires_us=expires))
        return secret

    @staticmethod
    def _somebody(db: Connection) -> bool:
        by_password = select(person.c.id).where(person.c.password.is_not(None), person.c.disabled_us.is_(None))
        by_provider = select(identity.c.person)
        return (
            db.execute(by_password.limit(1)).first() is not None or db.execute(by_provider.limit(1)).first() is not None
        )
