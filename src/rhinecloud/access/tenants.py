"""Tenants (cities, companies, organisations that share the installation) and the agencies within them.

Only their records: `context` makes and deletes a tenant's folder.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from rhinecloud.base.clock import Clock
from rhinecloud.base.errors import AlreadyExists, BadRequestData, NonexistentTenant, ResourceNotFound

from .audit import Trail
from .principal import Principal, system
from .store import Store
from .tables import agency, grant, tenant, token

if TYPE_CHECKING:
    from sqlalchemy import Connection

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")


class Tenant(msgspec.Struct, frozen=True):
    name: str
    title: str
    created_us: int


class Agency(msgspec.Struct, frozen=True):
    tenant: str
    name: str
    title: str


RESERVED = frozenset({"changes", "commands", "dead", "file", "http", "poll", "raw"})
"""First words of the backbone's own subjects, and of the names of raw messages."""


def check_name(name: str) -> str:
    """The name, when it can be one.

    Raises:
        BadRequestData: it cannot; names become folders, schemas and topics.
    """
    if not NAME.match(name):
        raise BadRequestData(f"{name!r} cannot be a name here: lower-case letters, digits, - and _, at most 63")
    if name in RESERVED:
        raise BadRequestData(f"{name!r} is a word of the backbone's subjects; choose another name")
    return name


class Tenants:
    """Blocking, but for `exists`, which answers from memory."""

    def __init__(self, store: Store, trail: Trail, clock: Clock) -> None:
        self._store, self._trail, self._clock = store, trail, clock
        self._names: frozenset[str] | None = None

    def forget(self) -> None:
        """Somebody else changed the table: it is read anew."""
        self._names = None

    def exists(self, name: str) -> bool:
        if self._names is None:
            self._names = frozenset(t.name for t in self.list())
        return name in self._names

    def list(self) -> list[Tenant]:
        with self._store.read() as db:
            return [Tenant(**row) for row in db.execute(select(tenant).order_by(tenant.c.name)).mappings()]

    def add(self, by: Principal, name: str, title: str = "") -> Tenant:
        """A new tenant.

        Raises:
            BadRequestData: the name cannot be one. AlreadyExists: there is such a tenant.
        """
        made = Tenant(check_name(name), title or name, self._clock())
        try:
            with self._trail.act(by, "tenant.add", name, tenant=name, touches="tenants", title=made.title) as db:
                db.execute(insert(tenant).values(**msgspec.structs.asdict(made)))
        except IntegrityError:
            raise AlreadyExists(f"Tenant {name} already exists") from None
        return made

    def ensure(self, name: str, title: str = "") -> None:
        """The tenant is there afterwards: for the default tenant, and for implicit creation in open installations."""
        if not self.exists(name):
            try:
                self.add(system("city"), name, title)
            except AlreadyExists:
                self.forget()

    def rename(self, by: Principal, name: str, title: str) -> None:
        with self._trail.act(by, "tenant.rename", name, tenant=name, touches="tenants", title=title) as db:
            self._demand(db, name)
            db.execute(update(tenant).where(tenant.c.name == name).values(title=title))

    def remove(self, by: Principal, name: str) -> None:
        """Removes the record, its agencies, and every role and token that counted there. Its data are not touched."""
        with self._trail.act(by, "tenant.remove", name, tenant=name, touches="tenants") as db:
            self._demand(db, name)
            now = self._clock()
            db.execute(delete(grant).where(grant.c.tenant == name))
            db.execute(update(token).where(token.c.tenant == name, token.c.revoked_us.is_(None)).values(revoked_us=now))
            db.execute(delete(tenant).where(tenant.c.name == name))

    def agencies(self, name: str | None = None) -> list_[Agency]:
        query = select(agency).order_by(agency.c.tenant, agency.c.name)
        with self._store.read() as db:
            rows = db.execute(query if name is None else query.where(agency.c.tenant == name)).mappings()
            return [Agency(**row) for row in rows]

    def add_agency(self, by: Principal, name: str, agency_name: str, title: str = "") -> Agency:
        """An agency of a tenant: fire service, police, utility, …"""
        made = Agency(name, check_name(agency_name), title or agency_name)
        subject = f"{name}/{agency_name}"
        try:
            with self._trail.act(by, "agency.add", subject, tenant=name, touches="tenants", title=made.title) as db:
                self._demand(db, name)
                db.execute(insert(agency).values(**msgspec.structs.asdict(made)))
        except IntegrityError:
            raise AlreadyExists(f"Agency {agency_name} already exists in tenant {name}") from None
        return made

    def remove_agency(self, by: Principal, name: str, agency_name: str) -> None:
        """Removes an agency, and the roles that people had in it."""
        with self._trail.act(by, "agency.remove", f"{name}/{agency_name}", tenant=name, touches="people") as db:
            here = (agency.c.tenant == name) & (agency.c.name == agency_name)
            if not db.execute(delete(agency).where(here)).rowcount:
                raise ResourceNotFound(f"Agency {agency_name} does not exist in tenant {name}")
            db.execute(delete(grant).where(grant.c.tenant == name, grant.c.agency == agency_name))

    @staticmethod
    def _demand(db: Connection, name: str) -> None:
        if db.execute(select(tenant.c.name).where(tenant.c.name == name)).first() is None:
            raise NonexistentTenant(f"Tenant {name} does not exist")


list_ = list  # the method `list` hides the type within the class
