"""Signing in: with a password, with a one-time link, or vouched for by an identity provider. Each ends in a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import delete, insert, select, update

from rhinecloud.base.clock import Clock
from rhinecloud.base.errors import Forbidden, ResourceNotFound, Unauthorized

from . import keys, passwords
from .attempts import Attempts
from .audit import Trail
from .links import Links
from .people import People, Person, find, insert_person, renew_grants
from .principal import Grant, Principal
from .sessions import Sessions
from .store import Store
from .tables import identity, person, session

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Vouched(msgspec.Struct, frozen=True, kw_only=True):
    """Whom an identity provider vouches for, and the roles that its claims stand for."""

    issuer: str
    subject: str
    name: str
    title: str = ""
    email: str = ""
    grants: tuple[Grant, ...] = ()


class SignIn:
    """Blocking, and slow on purpose: call it in a thread. Every method returns the value of the session's cookie."""

    def __init__(
        self, store: Store, trail: Trail, people: People, links: Links, sessions: Sessions, clock: Clock
    ) -> None:
        self._store, self._trail, self._people, self._clock = store, trail, people, clock
        self._links, self._sessions = links, sessions
        self._attempts = Attempts(store, clock)

    def password(self, name: str, password: str, *, address: str, agent: str = "") -> str:
        """Signs in with name and password.

        Raises:
            Unauthorized: not this name with this password; it does not say which was wrong.
            TooManyRequests: too many failures; see `attempts`.
        """
        name = name[:100].replace("\x00", "")
        self._attempts.take(name, address)
        with self._store.read() as db:
            row = db.execute(select(person).where(person.c.name == name.casefold())).first()
        kept = row.password if row is not None else None
        if not passwords.verify(kept, password) or row is None or row.disabled_us is not None:
            stranger = Principal(kind="anonymous", id="anonymous", name=name)
            self._trail.write([(stranger, "sign-in", name, "", "refused", {"address": address, "means": "password"})])
            raise Unauthorized("Name or password is wrong")
        self._attempts.clear(name, address)
        renewed = passwords.encode(password) if passwords.outdated(row.password) else row.password
        who = Principal(kind="person", id=row.id, name=row.name)
        with self._trail.act(who, "sign-in", row.name, address=address, means="password") as db:
            db.execute(update(person).where(person.c.id == row.id).values(password=renewed))
            return self._sessions.open(db, row.id, address=address, agent=agent)

    def link(self, secret: str, password: str, *, address: str, agent: str = "") -> str:
        """Uses a one-time link up: sets the person's password, ends their other sessions, signs them in.

        Raises:
            Unauthorized: the link is not valid. BadRequestData: the password is too easy to guess.
        """
        who = self._links.peek(secret)
        passwords.check(password, who.name)
        kept = passwords.encode(password)
        by = Principal(kind="person", id=who.id, name=who.name)
        with self._trail.act(by, "sign-in", who.name, touches="sessions", address=address, means="one-time link") as db:
            self._links.take(db, secret)  # looks again: of two at once, one gets in
            db.execute(delete(session).where(session.c.person == who.id))
            db.execute(update(person).where(person.c.id == who.id).values(password=kept))
            return self._sessions.open(db, who.id, address=address, agent=agent)

    def set_password(self, by: Principal, name: str, password: str) -> None:
        """Sets a password; every session of that person ends.

        Raises:
            ResourceNotFound: there is no such person. Forbidden. BadRequestData: too easy to guess.
        """
        self._people.demand(by, name)
        passwords.check(password, name)
        kept = passwords.encode(password)
        with self._trail.act(by, "person.password", name.casefold(), touches="sessions") as db:
            who = find(db, name)
            db.execute(update(person).where(person.c.id == who.id).values(password=kept))
            db.execute(delete(session).where(session.c.person == who.id))

    def change_password(self, who: Person, old: str, new: str, *, address: str) -> None:
        """A person changes their own, which takes the old one.

        Raises:
            Unauthorized: the old one is wrong. TooManyRequests. BadRequestData.
        """
        self._attempts.take(who.name, address)
        with self._store.read() as db:
            kept = db.execute(select(person.c.password).where(person.c.id == who.id)).scalar()
        if not passwords.verify(kept, old):
            raise Unauthorized("The old password is wrong")
        self._attempts.clear(who.name, address)
        self.set_password(who.principal(), who.name, new)

    def vouched(self, claim: Vouched, *, address: str, agent: str = "") -> str:
        """Signs in whom an identity provider vouches for: made on the first visit, roles by it renewed at each.

        They are known by (issuer, subject) alone: a name or an e-mail that somebody here has already gives no access to
        that account.

        Raises:
            Forbidden: the person is disabled.
        """
        with self._store.read() as db:
            here = (identity.c.issuer == claim.issuer) & (identity.c.subject == claim.subject)
            known = db.execute(select(identity.c.person).where(here)).scalar()
        name, given = claim.name, sorted(set(claim.grants))
        made = known or keys.short_id("p_")
        by = Principal(kind="person", id=made, name=name)
        shown: dict[str, Any] = {
            "address": address,
            "means": "oidc",
            "issuer": claim.issuer,
            "roles": [str(g) for g in given],
        }
        with self._trail.act(by, "sign-in", name, touches="people", **shown) as db:
            if known is None:
                insert_person(db, made, _free_name(db, name), claim.title, claim.email, "", self._clock())
                db.execute(insert(identity).values(issuer=claim.issuer, subject=claim.subject, person=made))
            if find(db, made).disabled_us is not None:
                raise Forbidden(f"{name} is disabled here")
            renew_grants(db, made, given)
            return self._sessions.open(db, made, address=address, agent=agent)


def _free_name(db: Connection, name: str) -> str:
    base = name.casefold()[:90] or "person"
    for number in range(1, 10_000):
        candidate = base if number == 1 else f"{base}-{number}"
        try:
            find(db, candidate)
        except ResourceNotFound:
            return candidate
    raise Forbidden(f"There are too many people called {base}")
