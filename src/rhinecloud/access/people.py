"""People and the roles they have. A person without a role sees open data only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from rhinecloud.base.clock import Clock
from rhinecloud.base.errors import AlreadyExists, BadRequestData, Conflict, NonexistentTenant, ResourceNotFound

from . import keys
from .audit import Trail
from .policy import ROLES, Policy, actions
from .principal import Grant, Principal, of_person
from .store import Store
from .tables import agency, grant, link, person, session, tenant

if TYPE_CHECKING:
    from sqlalchemy import Connection

NAME: Final = re.compile(r"[^\s/@\x00-\x1f\x7f]([^\x00-\x1f\x7f/@]{0,98}[^\s/@\x00-\x1f\x7f])?(@[\w.-]{1,60})?\Z")


class Person(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    title: str
    email: str
    language: str
    created_us: int
    disabled_us: int | None
    signed_in_us: int | None
    has_password: bool
    grants: tuple[Grant, ...] = ()

    def principal(self) -> Principal:
        return of_person(self.id, self.title or self.name, self.grants)


def parse_grant(text: str) -> Grant:
    """A grant from `role`, `role@tenant` or `role@tenant/agency`."""
    role, _, where = text.partition("@")
    name, _, of = where.partition("/")
    if role not in ROLES:
        raise BadRequestData(f"Role {role!r} does not exist; there are {', '.join(sorted(ROLES))}")
    return Grant(role, name, of)


class People:
    """Blocking. Who changes a person's roles needs people.manage wherever those roles count."""

    def __init__(self, store: Store, trail: Trail, policy: Policy, clock: Clock) -> None:
        self._store, self._trail, self._policy, self._clock = store, trail, policy, clock

    def list(self) -> list[Person]:
        with self._store.read() as db:
            grants: dict[str, list_[Grant]] = {}
            for row in db.execute(select(grant).order_by(grant.c.tenant, grant.c.role)):
                grants.setdefault(row.person, []).append(Grant(row.role, row.tenant, row.agency))
            people = db.execute(select(person).order_by(person.c.name)).mappings()
            return [_person(row, grants.get(row["id"], ())) for row in people]

    def get(self, name_or_id: str) -> Person:
        """Raises: ResourceNotFound."""
        with self._store.read() as db:
            return find(db, name_or_id)

    def add(
        self,
        by: Principal,
        name: str,
        *,
        title: str = "",
        email: str = "",
        language: str = "",
        grants: Iterable[Grant] = (),
    ) -> Person:
        """A new person, without a password: they set one through a sign-in link.

        Raises:
            BadRequestData: the name cannot be one, or a role does not exist. AlreadyExists. Forbidden.
        """
        login = name.casefold()
        if not NAME.match(login):
            raise BadRequestData(f"{name!r} cannot be a name to sign in with")
        given = sorted(set(grants))
        self._demand(by, given)
        made = keys.short_id("p_")
        shown: dict[str, Any] = {"roles": [str(g) for g in given]}
        try:
            with self._trail.act(by, "person.add", login, touches="people", id=made, **shown) as db:
                insert_person(db, made, login, title or name, email, language, self._clock())
                _grant(db, made, given, "local")
        except IntegrityError:
            raise AlreadyExists(f"Person {login} already exists") from None
        return self.get(made)

    def set_roles(self, by: Principal, name: str, *, add: Iterable[Grant] = (), remove: Iterable[Grant] = ()) -> Person:
        """Gives and takes roles.

        Raises:
            Forbidden: `by` may not manage people where these roles count.
            Conflict: nobody would be left who may manage people everywhere.
        """
        more, less = set(add), set(remove)
        self._demand(by, more | less)
        changes: dict[str, Any] = {"add": sorted(map(str, more)), "remove": sorted(map(str, less))}
        with self._trail.act(by, "person.roles", name.casefold(), touches="people", **changes) as db:
            who = find(db, name)
            for g in less:
                db.execute(
                    delete(grant).where(
                        grant.c.person == who.id,
                        grant.c.role == g.role,
                        grant.c.tenant == g.tenant,
                        grant.c.agency == g.agency,
                    )
                )
            _grant(db, who.id, sorted(more - set(who.grants)), "local")
            _keep_an_administrator(db, who)
        return self.get(name)

    def disable(self, by: Principal, name: str, *, disabled: bool = True) -> Person:
        """Locks a person out (their sessions and links end at once), or lets them in again."""
        self.demand(by, name)
        action = "person.disable" if disabled else "person.enable"
        with self._trail.act(by, action, name.casefold(), touches="people") as db:
            who = find(db, name)
            when = self._clock() if disabled else None
            db.execute(update(person).where(person.c.id == who.id).values(disabled_us=when))
            if disabled:
                db.execute(delete(session).where(session.c.person == who.id))
                db.execute(delete(link).where(link.c.person == who.id))
                _keep_an_administrator(db, who)
        return self.get(name)

    def change(
        self,
        by: Principal,
        name: str,
        *,
        title: str | None = None,
        email: str | None = None,
        language: str | None = None,
    ) -> Person:
        """Changes what others read of a person; they may do it themselves."""
        self.demand(by, name)
        who = self.get(name)
        given = {k: v for k, v in (("title", title), ("email", email), ("language", language)) if v is not None}
        if given:
            with self._trail.act(by, "person.change", who.name, touches="people", **given) as db:
                db.execute(update(person).where(person.c.id == who.id).values(**given))
        return self.get(name)

    def demand(self, by: Principal, name: str) -> None:
        """Returns when `by` may act on this person: on themselves, or with people.manage wherever they have a role.

        So who runs one tenant cannot take over somebody with more power.

        Raises:
            ResourceNotFound: there is no such person. Forbidden.
        """
        who = self.get(name)
        if by.kind != "person" or by.id != who.id:
            self._demand(by, who.grants)

    def _demand(self, by: Principal, grants: Iterable[Grant]) -> None:
        places = sorted({g.tenant for g in grants})
        for place in places:
            self._policy.allow(by, "people.manage", place)
        if not places and not any("people.manage" in actions(by, place) for place in _places(by)):
            self._policy.allow(by, "people.manage", by.tenant)  # says why not


def find(db: Connection, name_or_id: str) -> Person:
    """A person by what they sign in with, or by id.

    Raises:
        ResourceNotFound: there is none.
    """
    key = name_or_id.casefold()
    row = db.execute(select(person).where((person.c.name == key) | (person.c.id == key))).mappings().first()
    if row is None:
        raise ResourceNotFound(f"Person {name_or_id} does not exist")
    grants = db.execute(select(grant).where(grant.c.person == row["id"]).order_by(grant.c.tenant, grant.c.role))
    return _person(row, [Grant(g.role, g.tenant, g.agency) for g in grants])


def insert_person(db: Connection, made: str, name: str, title: str, email: str, language: str, now_us: int) -> None:
    db.execute(
        insert(person).values(id=made, name=name, title=title, email=email, language=language, created_us=now_us)
    )


def renew_grants(db: Connection, who: str, grants: Iterable[Grant]) -> None:
    """Makes `grants` the ones that the identity provider vouches for."""
    db.execute(delete(grant).where(grant.c.person == who, grant.c.source == "oidc"))
    _grant(db, who, sorted(set(grants)), "oidc")


def _grant(db: Connection, who: str, grants: Iterable[Grant], source: str) -> None:
    for g in grants:
        if g.role not in ROLES:
            raise BadRequestData(f"Role {g.role!r} does not exist; there are {', '.join(sorted(ROLES))}")
        if g.tenant and db.execute(select(tenant.c.name).where(tenant.c.name == g.tenant)).first() is None:
            raise NonexistentTenant(f"Tenant {g.tenant} does not exist")
        there = (agency.c.tenant == g.tenant) & (agency.c.name == g.agency)
        if g.agency and db.execute(select(agency.c.name).where(there)).first() is None:
            raise ResourceNotFound(f"Agency {g.agency} does not exist in tenant {g.tenant}")
        db.execute(insert(grant).values(person=who, role=g.role, tenant=g.tenant, agency=g.agency, source=source))


def _places(by: Principal) -> set[str]:
    return {by.tenant, *(g.tenant for g in by.grants)}


def _keep_an_administrator(db: Connection, before: Person) -> None:
    """Nobody may lock everyone out: checked only when this person was one, so that a fresh city can have none."""
    if not any(g.role == "administrator" and not g.tenant for g in before.grants):
        return
    left = select(grant.c.person).join(person, person.c.id == grant.c.person)
    active = left.where(grant.c.role == "administrator", grant.c.tenant == "", person.c.disabled_us.is_(None))
    if db.execute(active.limit(1)).first() is None:
        raise Conflict(f"{before.name} is the last administrator; make somebody else one first")


def _person(row: Any, grants: Iterable[Grant]) -> Person:
    members = {
        k: row[k] for k in ("id", "name", "title", "email", "language", "created_us", "disabled_us", "signed_in_us")
    }
    return Person(**members, has_password=row["password"] is not None, grants=tuple(dict.fromkeys(grants)))


list_ = list  # the method `list` hides the type within the class
